using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>The <c>MLmodel</c> file that lets MLflow show a folder of artifacts as a model, and the tag by which it lists a run's models.</summary>
public static class AdapterArtifact
{
    public const string FileName = "MLmodel", Path = "adapter";

    /// <summary>Stands for the run's id in a tag; whoever sends the tag knows it.</summary>
    internal const string RunIdMark = "{run_id}";

    /// <summary>Tells a tracker of an adapter: its files, MLmodel beside them, and the tag that lists it.</summary>
    public static void Log(RunTracker tracker, RunRecord record, string runFolder)
    {
        ArgumentNullException.ThrowIfNull(tracker);
        string adapter = System.IO.Path.Combine(runFolder, AdapterProvenance.AdapterFolder);
        foreach (string file in Directory.EnumerateFiles(adapter).Select(f => System.IO.Path.GetFileName(f)).Order(StringComparer.Ordinal)) tracker.LogArtifact(AdapterProvenance.AdapterFolder + "/" + file, Path + "/" + file);
        // beside the spool: the adapter's own folder, and so its hash, does not depend on whether the run was tracked
        string history = Write(System.IO.Path.Combine(runFolder, TrackingSpool.FolderName), record, tracker.RunId);
        tracker.LogArtifact(TrackingSpool.FolderName + "/" + FileName, Path + "/" + FileName);
        tracker.SetTags(new Dictionary<string, string> { [MlflowTags.Models] = history });
    }

    private static string Write(string folder, RunRecord record, string? runId)
    {
        string created = DateTimeOffset.Parse(record.StartedUtc, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
        string input = record.Recipe.Task switch { TrainingTask.Protocol => "note", TrainingTask.Impression => "findings", _ => "text" };
        string output = record.Recipe.Task switch { TrainingTask.Protocol => "protocol", TrainingTask.Impression => "impression", _ => "text" };
        var flavor = new JsonObject
        {
            ["adapter_format"] = "peft", ["base_model"] = record.Recipe.Model, ["base_weights_sha256"] = record.Base.WeightsSha256, ["data"] = ".", ["mode"] = record.Recipe.Mode.ToString().ToLowerInvariant(),
            ["recipe"] = record.Recipe.Name,
        };
        var signature = new JsonObject { ["inputs"] = Column(input), ["outputs"] = Column(output) };
        var yaml = new StringBuilder();
        yaml.Append(CultureInfo.InvariantCulture, $"artifact_path: {Path}\nflavors:\n  radlab:\n");
        foreach (var (key, value) in flavor) yaml.Append(CultureInfo.InvariantCulture, $"    {key}: {(value is null ? "null" : Quoted((string)value!))}\n");
        yaml.Append(CultureInfo.InvariantCulture, $"model_uuid: {Quoted(record.Identity()[..32])}\n{(runId is null ? "" : $"run_id: {Quoted(runId)}\n")}signature:\n");
        foreach (var (key, value) in signature) yaml.Append(CultureInfo.InvariantCulture, $"  {key}: {Quoted((string)value!)}\n");
        yaml.Append(CultureInfo.InvariantCulture, $"utc_time_created: {Quoted(created)}\n");
        WholeFile.Write(System.IO.Path.Combine(folder, FileName), Encoding.UTF8.GetBytes(yaml.ToString()));
        return new JsonArray(new JsonObject
        {
            ["run_id"] = RunIdMark, ["artifact_path"] = Path, ["utc_time_created"] = created, ["model_uuid"] = record.Identity()[..32], ["flavors"] = new JsonObject { ["radlab"] = flavor }, ["signature"] = signature,
        }).ToJsonString();
    }

    private static string Column(string name) => new JsonArray(new JsonObject { ["type"] = "string", ["name"] = name, ["required"] = true }).ToJsonString();

    // JSON's quotes are YAML's double ones
    private static string Quoted(string text) => JsonSerializer.Serialize(text, s_plain);

    private static readonly JsonSerializerOptions s_plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
