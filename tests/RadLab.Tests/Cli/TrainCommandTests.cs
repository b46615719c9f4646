using System.Security.Cryptography;
using System.Text.Json;
using RadLab.Compute;
using RadLab.Models;
using RadLab.Tests.Training;
using RadLab.Training;

namespace RadLab.Tests;

/// <summary>What tests of <c>radlab train</c> share: a small base and data in a folder of their own, and what a run there left behind.</summary>
public abstract class TrainCommandTests : IDisposable
{
    // a base and data, made once for all tests
    private static readonly Lazy<Task<string>> s_prepared = new(MakeAsync);

    protected string Folder { get; } = Directory.CreateTempSubdirectory("radlab-train-").FullName;
    protected Dictionary<string, string> Variables { get; }

    protected TrainCommandTests() => Variables = new() { ["XDG_DATA_HOME"] = Path.Combine(Folder, "home"), ["RADLAB_THREADS"] = "1" };

    public void Dispose()
    {
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected async Task<string> PrepareAsync(string optimizer, int steps = 12)
    {
        string prepared = await s_prepared.Value;
        foreach (string file in Directory.EnumerateFiles(prepared, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(Folder, Path.GetRelativePath(prepared, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        var recipe = TinyTraining.Recipe with
        {
            Name = "torture", Model = "model", Data = "data", Steps = steps, Storage = new LlamaStorage { Linears = WeightFormat.Nf4 },
            Lora = TinyTraining.Recipe.Lora with { Rank = 64 },
            Batch = new BatchSettings { MicroBatch = 2, SequenceLength = 768 }, Run = new RunSchedule { SaveEvery = 2, EvaluateEvery = 4, EvaluateTexts = 4, Samples = 1 },
            Optimizer = optimizer == "paged" ? new OptimizerSettings { StateBudgetBytes = 1 << 20 } : new OptimizerSettings { Kind = Enum.Parse<OptimizerKind>(optimizer) },
        };
        string path = Path.Combine(Folder, "recipe.json");
        await File.WriteAllTextAsync(path, RecipeJson.Write(recipe));
        return "recipe.json";
    }

    private static async Task<string> MakeAsync()
    {
        string folder = Directory.CreateTempSubdirectory("radlab-train-base-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        using (var engine = new Engine())
        using (var model = TinyTraining.Base.Load(engine, new LlamaStorage()))
            model.Save(Path.Combine(folder, "model"));
        ((ByteLevelBpe)TinyTraining.Tokenizer).Save(Path.Combine(folder, "model", "tokenizer.json"));
        var result = await Cli.RunAsync(folder, ["data", "prepare", "synthetic-reports", "--count", "80", "--out", "data"]);
        Assert.True(result.ExitCode == 0, result.Error);
        return folder;
    }

    private protected async Task<CliResult> Expect(int exitCode, params string[] arguments)
    {
        var result = await Cli.RunAsync(Folder, arguments, Variables);
        Assert.True(result.ExitCode == exitCode, $"{string.Join(' ', arguments)}: {result.ExitCode}\n{result.Output}\n{result.Error}");
        return result;
    }

    protected string? RunOf(string runs)
    {
        string folder = Path.Combine(Folder, runs);
        return Directory.Exists(folder) ? Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).FirstOrDefault(d => File.Exists(Path.Combine(d, "run.json"))) : null;
    }

    protected string AdapterHash(string runs) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(RunOf(runs)!, "adapter", "adapter_model.safetensors"))));

    protected (long, string, double)[] Losses(string runs) => [.. File.ReadLines(Path.Combine(RunOf(runs)!, "metrics.jsonl")).Select(l => JsonDocument.Parse(l).RootElement)
        .Select(r => (r.GetProperty("step").GetInt64(), r.GetProperty("kind").GetString()!, r.GetProperty("loss").GetDouble()))];
}
