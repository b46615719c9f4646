using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>Finds the data of a recipe: a folder that <c>data prepare</c> has written, or a data set, which is then prepared with the defaults of that command.</summary>
public static class TrainingData
{
    /// <param name="data">A prepared folder, or the id of a manifest; see <see cref="DataSpec"/>.</param>
    /// <param name="note">Told what is prepared and where.</param>
    /// <exception cref="DataFormatException">There is no such data, or its files are not those of its card.</exception>
    /// <exception cref="DataRefusedException">Its terms or its PHI class ask for more than a recipe can say: prepare it by hand.</exception>
    /// <exception cref="RecipeException">Several sets are joined, or a setting cannot be read.</exception>
    public static PreparedFolder Open(string data, Action<string>? note = null, CancellationToken cancellation = default)
    {
        var all = OpenAll(data, note, cancellation);
        return all.Count == 1 ? all[0] : throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"data {data}: must be one data set here, but is {all.Count}."));
    }

    /// <summary>Every set of a recipe that joins several with <c>+</c>.</summary>
    /// <inheritdoc cref="Open" path="/exception"/>
    public static IReadOnlyList<PreparedFolder> OpenAll(string data, Action<string>? note = null, CancellationToken cancellation = default) => [.. DataSpec.Parse(data).Select(d => One(d, note, cancellation))];

    /// <summary>The set of a recipe that its task is about: the only one that is no list of problems beside protocols.</summary>
    /// <inheritdoc cref="Open" path="/exception"/>
    public static PreparedFolder OpenAsked(Recipe recipe, Action<string>? note = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        return OneAsked(recipe, OpenAll(recipe.Data, note));
    }

    /// <summary>As <see cref="OpenAsked"/>, of data that is open.</summary>
    internal static PreparedFolder OneAsked(Recipe recipe, IReadOnlyList<PreparedFolder> data)
    {
        var asked = Asked(recipe, data);
        return asked.Count == 1 ? asked[0] : throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"data {recipe.Data}: must hold one data set of the task {TaskName(recipe.Task)} here, but holds {asked.Count}."));
    }

    /// <summary>The sets that a recipe's task is about.</summary>
    internal static IReadOnlyList<PreparedFolder> Asked(Recipe recipe, IReadOnlyList<PreparedFolder> data) =>
        recipe.ThroughProblems ? [.. data.Where(d => d.Card.Task == ProtocolPrompts.Task)] : data;

    /// <summary>As <see cref="Asked"/>, of data that must fit the recipe.</summary>
    /// <exception cref="RecipeException">A set was prepared for another task, or there are only lists of problems.</exception>
    internal static IReadOnlyList<PreparedFolder> AskedOrRefused(Recipe recipe, IReadOnlyList<PreparedFolder> data)
    {
        if (recipe.Task != TrainingTask.Text && data.FirstOrDefault(d => d.Card.Task != TaskName(recipe.Task) && !(recipe.ThroughProblems && d.Card.Task == ProblemListPrompts.Task)) is { } other)
            throw new RecipeException($"data {recipe.Data}: {other.Provenance.DataSet} was prepared for the task {other.Card.Task}, but the recipe's task is {TaskName(recipe.Task)}; choose another data set, recipe or task.");
        var asked = Asked(recipe, data);
        return asked.Count > 0 ? asked : throw new RecipeException($"data {recipe.Data}: holds lists of problems and no notes with protocols; join a set of them with +.");
    }

    /// <summary>What prepared data of a task is called; pretraining reads whatever there is.</summary>
    internal static string TaskName(TrainingTask task) => task == TrainingTask.Protocol ? ProtocolPrompts.Task : ImpressionPrompts.Task;

    /// <summary>As <see cref="OpenAll"/> where every set lies here prepared; null where one does not: nothing is prepared now.</summary>
    internal static IReadOnlyList<PreparedFolder>? OpenPrepared(string data)
    {
        var sets = DataSpec.Parse(data);
        return sets.All(d => d.IsFolder || File.Exists(Path.Combine(FolderOf(ManifestCatalog.Find(d.Data), DataFolders.Default(), d), DataCard.JsonName))) ? OpenAll(data) : null;
    }

    // beside the store and not in the working folder: restricted texts must not come to lie in a git work tree
    private static string FolderOf(DataManifest manifest, DataFolders folders, DataSpec data) =>
        Path.Combine(Path.GetDirectoryName(folders.Store)!, "prepared", $"{manifest.Id}-{KeyOf(manifest, folders, data.Settings)}");

    private static PreparedFolder One(DataSpec data, Action<string>? note, CancellationToken cancellation)
    {
        if (data.IsFolder) return PreparedFolder.Open(data.Data);
        var manifest = ManifestCatalog.Find(data.Data);
        if (manifest.Generator is null && data.Settings.Length > 0) throw new RecipeException($"data {data.Data}: is not generated, so it has no count, seed, part or radiologist; name it alone.");
        var folders = DataFolders.Default();
        string folder = FolderOf(manifest, folders, data);
        if (File.Exists(Path.Combine(folder, DataCard.JsonName))) return PreparedFolder.Open(folder);
        note?.Invoke($"preparing {manifest.Id} in {folder}");
        var request = new PrepareRequest { Manifest = manifest, Out = folder, Folders = folders, Count = data.Count, Seed = data.Seed, Part = data.Part, Radiologist = data.Radiologist, Replace = true };
        var card = DataSets.Prepare(request, cancellation: cancellation);
        note?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{manifest.Id}: {card.Read} read, {card.Kept} kept, {card.Dropped} dropped, {card.Rejected} rejected; see {Path.Combine(folder, DataCard.HtmlName)}"));
        return PreparedFolder.Open(folder);
    }

    // prepared once for each version of the program and of the files
    private static string KeyOf(DataManifest manifest, DataFolders folders, string settings)
    {
        var text = new StringBuilder(typeof(DataSets).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion).Append(settings);
        foreach (var file in manifest.Files)
        {
            if (folders.Find(file) is not { } path) continue;
            var info = new FileInfo(path);
            text.Append(CultureInfo.InvariantCulture, $"\n{path}\0{(info.Exists ? info.Length : 0)}\0{File.GetLastWriteTimeUtc(path).Ticks}");
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..12];
    }
}
