using System.Globalization;

namespace RadLab.Training;

/// <summary>Registered models as MLflow keeps them in a folder: <c>models/NAME/{meta.yaml, aliases/ALIAS, version-N/{meta.yaml, tags/KEY}}</c>; an alias' file holds the version's number.</summary>
/// <param name="root">Of the whole store.</param>
internal sealed class MlflowModels(string root)
{
    private const string Version = "version-";

    /// <summary>Makes artifacts of a run the next version; a second call finds the first one's.</summary>
    /// <param name="source">URI of the artifacts.</param>
    public void Register(TrackedId run, string model, string source, string? alias, IReadOnlyDictionary<string, string> tags)
    {
        string folder = Path.Combine(root, "models", model);
        long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        Directory.CreateDirectory(folder);
        var meta = MlflowYaml.Load(folder) ?? new MlflowYaml().Raw("aliases", "{}").Number("creation_timestamp", now).Raw("description", "null").Number("last_updated_timestamp", now).Text("name", model);
        meta.Number("last_updated_timestamp", now).Save(folder);
        int version = Find(folder, run, source) ?? Add(folder, run, model, source, tags, now);
        if (alias is null) return;
        // no temporary names: MLflow would take one that a crash leaves behind for an alias
        Directory.CreateDirectory(Path.Combine(folder, "aliases"));
        File.WriteAllText(Path.Combine(folder, "aliases", alias), version.ToString(CultureInfo.InvariantCulture));
    }

    private static int? Find(string folder, TrackedId run, string source)
    {
        foreach (int version in Versions(folder))
            if (MlflowYaml.Load(FolderOf(folder, version)) is { } meta && meta["run_id"] == run.RunId && meta["source"] == source && meta["current_stage"] != "Deleted_Internal") return version;
        return null;
    }

    private static int Add(string folder, TrackedId run, string model, string source, IReadOnlyDictionary<string, string> tags, long now)
    {
        int version = Versions(folder).DefaultIfEmpty(0).Max() + 1;
        string own = FolderOf(folder, version), staged = Path.Combine(folder, $".{Version}{version.ToString(CultureInfo.InvariantCulture)}.partial");
        if (Directory.Exists(staged)) Directory.Delete(staged, recursive: true);
        Directory.CreateDirectory(Path.Combine(staged, "tags"));
        foreach (var (key, value) in tags) File.WriteAllText(Path.Combine(staged, "tags", TrackingLimits.Key(key)), TrackingLimits.Tag(value));
        new MlflowYaml().Raw("aliases", "[]").Number("creation_timestamp", now).Text("current_stage", "None").Raw("description", "null").Number("last_updated_timestamp", now).Text("name", model).Text("run_id", run.RunId)
            .Raw("run_link", "null").Text("source", source).Text("status", "READY").Raw("status_message", "null").Text("storage_location", source).Text("user_id", Environment.UserName).Number("version", version).Save(staged);
        // MLflow fails on a version without meta.yaml: it appears whole, and not over one that another process has made meanwhile
        Directory.Move(staged, own);
        return version;
    }

    private static IEnumerable<int> Versions(string folder) => Directory.EnumerateDirectories(folder, Version + "*").Select(f => Path.GetFileName(f)[Version.Length..])
        .Select(n => int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out int version) ? version : 0).Where(v => v > 0).Order();

    private static string FolderOf(string folder, int version) => Path.Combine(folder, Version + version.ToString(CultureInfo.InvariantCulture));
}
