using RadLab.Compute;
using RadLab.Models;
using RadLab.Radiology;
using RadLab.Training;

namespace RadLab.Tests.Training;

/// <summary>A model folder and a prepared data folder as a user has them, made once for all tests.</summary>
internal static class PreparedTiny
{
    private static readonly Lazy<string> s_folder = new(Make);

    /// <summary>Weights, config and tokenizer.</summary>
    public static string Model => Path.Combine(s_folder.Value, "model");

    /// <summary>60 generated reports, split.</summary>
    public static string Data => Path.Combine(s_folder.Value, "data");

    /// <summary>40 generated notes with protocols, split.</summary>
    public static string Protocols => Path.Combine(s_folder.Value, "protocols");

    /// <summary>A run of 6 steps on them.</summary>
    public static Recipe Recipe => TinyTraining.Recipe with
    {
        Name = "tiny", Model = Model, Data = Data, Steps = 6, Lora = new Lora { Rank = 4, Alpha = 8, Targets = LlamaWeights.LinearNames },
        Batch = new BatchSettings { MicroBatch = 2, SequenceLength = 1024 }, Run = new RunSchedule { SaveEvery = 2, EvaluateEvery = 3, EvaluateTexts = 4, Samples = 0 },
    };

    private static string Make()
    {
        string folder = Directory.CreateTempSubdirectory("radlab-tiny-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        using (var engine = new Engine(new EngineOptions { Threads = 1 }))
        using (var model = TinyTraining.Base.Load(engine, new LlamaStorage()))
            model.Save(Path.Combine(folder, "model"));
        ((ByteLevelBpe)TinyTraining.Tokenizer).Save(Path.Combine(folder, "model", "tokenizer.json"));
        foreach (var (set, name, count) in ((string, string, int)[])[("synthetic-reports", "data", 60), ("synthetic-protocols", "protocols", 40)])
            DataSets.Prepare(new PrepareRequest { Manifest = ManifestCatalog.Find(set), Out = Path.Combine(folder, name), Folders = DataFolders.Default(), Count = count });
        return folder;
    }
}
