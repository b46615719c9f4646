using System.Globalization;

namespace RadLab.Training;

/// <summary>Registered models as MLflow keeps them in a folder: <c>models/NAME/{meta.yaml, aliases/ALIAS, version-N/{meta.yaml, tags/KEY}}</c>; an alias' file holds the version's number.</summary>
/// <param name="root">Of the whole store.</param>
internal sealed class MlflowModels(string root)
{
    private const string Version = "version-";

    /// <summary>Makes artifacts of a run the next version; a second call finds the first one's.</summary>
    /// <param name="source">URI of the artifacts.</param>
    public void Register(TrackedId run, string source, TrackingRegistration version)
    {
        string model = version.Model, folder = FolderOf(model);
        long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        Directory.CreateDirectory(folder);
        var meta = MlflowYaml.Load(folder) ?? new MlflowYaml().Raw("aliases", "{}").Number("creation_timestamp", now).Raw("description", "null").Number("last_updated_timestamp", now).Text("name", model);
        meta.Number("last_updated_timestamp", now).Save(folder);
        int number = Find(folder, run, version.Version, source) ?? Add(folder, run, model, source, version.Tags, now);
        Point(folder, number, version.Alias, version.Stage);
    }

    /// <returns>Whether our version is registered.</returns>
    public bool Change(TrackedId run, TrackingVersionChange change)
    {
        string folder = FolderOf(change.Model);
        if (!Directory.Exists(folder) || Find(folder, run, change.Version, null) is not { } number) return false;
        Point(folder, number, change.Alias, change.Stage);
        return true;
    }

    private static void Point(string folder, int number, string? alias, string? stage)
    {
        // no temporary names: MLflow would take one that a crash leaves behind for an alias or a tag
        if (alias is not null)
        {
            Directory.CreateDirectory(Path.Combine(folder, "aliases"));
            File.WriteAllText(Path.Combine(folder, "aliases", alias), number.ToString(CultureInfo.InvariantCulture));
        }
        string own = FolderOf(folder, number);
        if (stage is null || MlflowYaml.Load(own) is not { } meta) return;
        WriteTag(own, MlflowTags.Stage, stage);
        meta.Text("current_stage", stage).Number("last_updated_timestamp", DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()).Save(own);
    }

    // by our own number, since one run may be registered more than once; where nobody said a number, by the artifacts
    private static int? Find(string folder, TrackedId run, int? ours, string? source)
    {
        foreach (int number in Versions(folder))
            if (MlflowYaml.Load(FolderOf(folder, number)) is { } meta && meta["run_id"] == run.RunId && meta["current_stage"] != "Deleted_Internal"
                && (ours is { } version ? Tag(FolderOf(folder, number), MlflowTags.Version) == version.ToString(CultureInfo.InvariantCulture) : meta["source"] == source)) return number;
        return null;
    }

    private static string? Tag(string own, string key)
    {
        string file = Path.Combine(own, "tags", key);
        return File.Exists(file) ? File.ReadAllText(file) : null;
    }

    private static void WriteTag(string own, string key, string value)
    {
        string file = Path.Combine([own, "tags", .. TrackingLimits.Key(key).Split('/')]);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, TrackingLimits.Tag(value));
    }

    private static int Add(string folder, TrackedId run, string model, string source, IReadOnlyDictionary<string, string> tags, long now)
    {
        int version = Versions(folder).DefaultIfEmpty(0).Max() + 1;
        string own = FolderOf(folder, version), staged = Path.Combine(folder, $".{Version}{version.ToString(CultureInfo.InvariantCulture)}.partial");
        if (Directory.Exists(staged)) Directory.Delete(staged, recursive: true);
        Directory.CreateDirectory(Path.Combine(staged, "tags"));
        foreach (var (key, value) in tags) WriteTag(staged, key, value);
        new MlflowYaml().Raw("aliases", "[]").Number("creation_timestamp", now).Text("current_stage", "None").Raw("description", "null").Number("last_updated_timestamp", now).Text("name", model).Text("run_id", run.RunId)
            .Raw("run_link", "null").Text("source", source).Text("status", "READY").Raw("status_message", "null").Text("storage_location", source).Text("user_id", Environment.UserName).Number("version", version).Save(staged);
        // MLflow fails on a version without meta.yaml: it appears whole, and not over one that another process has made meanwhile
        Directory.Move(staged, own);
        return version;
    }

    private static IEnumerable<int> Versions(string folder) => Directory.EnumerateDirectories(folder, Version + "*").Select(f => Path.GetFileName(f)[Version.Length..])
        .Select(n => int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out int version) ? version : 0).Where(v => v > 0).Order();

    private string FolderOf(string model) => Path.Combine(root, "models", model);

    private static string FolderOf(string folder, int version) => Path.Combine(folder, Version + version.ToString(CultureInfo.InvariantCulture));
}
