using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>What was trained as artifacts of a run: an adapter, or after full fine-tuning the whole model; the <c>MLmodel</c> file that lets MLflow show the folder as a model, and the tag by which it lists a run's models.</summary>
public static class AdapterArtifact
{
    public const string FileName = "MLmodel", Path = AdapterProvenance.AdapterFolder, ModelPath = AdapterProvenance.ModelFolder;

    /// <summary>Lies beside the spool: the weights' own folder, and so its hash, does not depend on whether the run was tracked.</summary>
    internal const string SpooledFile = TrackingSpool.FolderName + "/" + FileName;

    /// <summary>Stands for the run's id in a tag and in MLmodel; whoever sends them knows it.</summary>
    internal const string RunIdMark = "{run_id}";

    /// <summary>Tells a tracker of what a finished run has trained: its files, MLmodel beside them, and the tag that lists it.</summary>
    /// <exception cref="RecipeException">The run has neither adapter nor model.</exception>
    public static void Log(RunTracker tracker, RunRecord record, string runFolder)
    {
        ArgumentNullException.ThrowIfNull(tracker);
        string weights = AdapterProvenance.WeightsOf(runFolder) ?? throw new RecipeException($"{runFolder}: has neither adapter nor model: the run is not finished; go on with 'radlab train --resume {runFolder}'.");
        string path = System.IO.Path.GetFileName(weights);
        foreach (string file in Directory.EnumerateFiles(weights, "*", SearchOption.AllDirectories).Select(f => System.IO.Path.GetRelativePath(weights, f).Replace('\\', '/')).Order(StringComparer.Ordinal))
            tracker.LogArtifact(path + "/" + file, path + "/" + file);
        string history = Write(System.IO.Path.Combine(runFolder, SpooledFile), path, record);
        tracker.LogArtifact(SpooledFile, path + "/" + FileName);
        tracker.SetTags(new Dictionary<string, string> { [MlflowTags.Models] = history });
    }

    private static string Write(string file, string path, RunRecord record)
    {
        string created = DateTimeOffset.Parse(record.StartedUtc, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
        string input = record.Recipe.Task switch { TrainingTask.Protocol => "note", TrainingTask.Impression => "findings", _ => "text" };
        string output = record.Recipe.Task switch { TrainingTask.Protocol => "protocol", TrainingTask.Impression => "impression", _ => "text" };
        var flavor = new JsonObject
        {
            [path == Path ? "adapter_format" : "model_format"] = path == Path ? "peft" : "huggingface", ["base_model"] = record.Recipe.Model, ["base_weights_sha256"] = record.Base.WeightsSha256, ["data"] = ".", ["mode"] = record.Recipe.Mode.ToString().ToLowerInvariant(),
            ["recipe"] = record.Recipe.Name,
        };
        var signature = new JsonObject { ["inputs"] = Column(input), ["outputs"] = Column(output) };
        var yaml = new StringBuilder();
        yaml.Append(CultureInfo.InvariantCulture, $"artifact_path: {path}\nflavors:\n  radlab:\n");
        foreach (var (key, value) in flavor) yaml.Append(CultureInfo.InvariantCulture, $"    {key}: {(value is null ? "null" : Quoted((string)value!))}\n");
        yaml.Append(CultureInfo.InvariantCulture, $"model_uuid: {Quoted(record.Identity()[..32])}\nrun_id: {Quoted(RunIdMark)}\nsignature:\n");
        foreach (var (key, value) in signature) yaml.Append(CultureInfo.InvariantCulture, $"  {key}: {Quoted((string)value!)}\n");
        yaml.Append(CultureInfo.InvariantCulture, $"utc_time_created: {Quoted(created)}\n");
        WholeFile.Write(file, Encoding.UTF8.GetBytes(yaml.ToString()));
        return new JsonArray(new JsonObject
        {
            ["run_id"] = RunIdMark, ["artifact_path"] = path, ["utc_time_created"] = created, ["model_uuid"] = record.Identity()[..32], ["flavors"] = new JsonObject { ["radlab"] = flavor }, ["signature"] = signature,
        }).ToJsonString();
    }

    private static string Column(string name) => new JsonArray(new JsonObject { ["type"] = "string", ["name"] = name, ["required"] = true }).ToJsonString();

    // JSON's quotes are YAML's double ones
    private static string Quoted(string text) => JsonSerializer.Serialize(text, s_plain);

    private static readonly JsonSerializerOptions s_plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
