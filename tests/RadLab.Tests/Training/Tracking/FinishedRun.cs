using System.Text.Json.Nodes;
using RadLab.Models;
using RadLab.Radiology;
using RadLab.Training;

namespace RadLab.Tests.Training;

/// <summary>A run's folder as training leaves it, without having trained.</summary>
internal static class FinishedRun
{
    public const string BaseHash = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    public static RunRecord Record(string dataSet = "synthetic-reports", Recipe? recipe = null) => new(
        recipe ?? TinyTraining.Recipe, new BaseIdentity(BaseHash, new string('c', 64), new string('d', 64)),
        new RunData(new Dictionary<string, string> { ["train.jsonl"] = new string('e', 64), ["validation.jsonl"] = new string('f', 64) }, DataProvenance.Of(ManifestCatalog.Find(dataSet), [])),
        "2026-03-04T05:06:07Z");

    /// <param name="base">Base that the adapter says it belongs to.</param>
    public static RunRecord Write(string folder, string dataSet = "synthetic-reports", string @base = BaseHash)
    {
        var record = Record(dataSet);
        Directory.CreateDirectory(Path.Combine(folder, "adapter"));
        record.Save(folder);
        File.WriteAllText(Path.Combine(folder, "adapter", "adapter_model.safetensors"), "weights");
        File.WriteAllText(Path.Combine(folder, "adapter", "adapter_config.json"), "{}");
        File.WriteAllText(Path.Combine(folder, "adapter", "radlab.json"), new JsonObject { ["base"] = new JsonObject { ["weights_sha256"] = @base }, ["version"] = 1 }.ToJsonString());
        File.WriteAllText(Path.Combine(folder, "metrics.jsonl"), "{\"step\":4,\"kind\":\"train\",\"loss\":2}\n{\"step\":4,\"kind\":\"validation\",\"loss\":1.25,\"texts\":6}\n{\"step\":5,\"ki");
        return record;
    }

    public static TrainingProgress Progress(long step, double? validation = null) => new(step, 100, 4.0 / step, 1e-3, 0.5, 1000, 2000, 3000, TimeSpan.Zero, validation);
}
