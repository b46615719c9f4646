using System.Globalization;
using RadLab.Compute;
using RadLab.Models;
using RadLab.Radiology;
using RadLab.Training;

namespace RadLab.Tests.Training;

/// <summary>A model folder, an adapter of it and records, written once for all tests of prediction.</summary>
internal static class PredictionFixture
{
    private static readonly Lazy<string> s_folder = new(Make);

    public static string Model => Path.Combine(s_folder.Value, "model");

    public static string Adapter => Path.Combine(s_folder.Value, "adapter");

    public static string[] Labels { get; } = ["CT Chest", "CT Chest with Contrast", "MRI Brain", "XR Chest"];

    public static string Csv(int records) => "id,input\n" + string.Concat(TinyTraining.Examples(records).Select(e => string.Create(CultureInfo.InvariantCulture, $"n{e.Id},\"{e.Input}\"\n")));

    private static string Make()
    {
        string folder = Directory.CreateTempSubdirectory("radlab-predict-base-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        string path = Path.Combine(folder, "model");
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        using var model = TinyTraining.Base.Load(engine, new LlamaStorage());
        model.Save(path);
        ((ByteLevelBpe)TinyTraining.Tokenizer).Save(Path.Combine(path, "tokenizer.json"));
        var adapters = new Lora { Rank = 4, Alpha = 8, Targets = LlamaWeights.LinearNames }.Attach(model, seed: 1);
        int seed = 1;
        foreach (var p in adapters.Parameters) p.Value.CopyFrom(Make_(p.Value.Count, seed++));
        PeftFolder.Save(adapters, Path.Combine(folder, "adapter"), BaseIdentity.OfFolder(path));
        AdapterProvenance.Write(Path.Combine(folder, "adapter"), FinishedRun.Record("synthetic-reports").Data);
        return folder;

        static float[] Make_(long count, int seed) => Tests.Make.Values((int)count, seed, -0.2, 0.2);
    }

    public static DataProvenance Synthetic { get; } = DataProvenance.Of(ManifestCatalog.Find("synthetic-protocols"), []);
}
