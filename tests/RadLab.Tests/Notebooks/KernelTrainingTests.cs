using System.Text.Json;
using Xunit.Abstractions;

namespace RadLab.Tests;

/// <summary>An interrupt request of a client while a cell trains: it stops soon, nothing is half done, and training goes on with the same bits.</summary>
public sealed class KernelTrainingTests(ITestOutputHelper output) : IDisposable
{
    // A model of some thousand numbers and texts of random tokens: a step takes milliseconds, the run that is interrupted would take days.
    private const string Setup = """
        using System.IO;
        using System.Runtime.InteropServices;
        using System.Security.Cryptography;
        const long Endless = 10_000_000;
        var config = new LlamaConfig
        {
            VocabularySize = 4096, HiddenSize = 64, IntermediateSize = 128, Layers = 2, Heads = 4, KeyValueHeads = 2, HeadWidth = 16, RmsNormEps = 1e-5f, MaxPositions = 256,
        };
        var recipe = new Recipe
        {
            Name = "interrupted", Model = "random", Data = "none",
            Storage = new LlamaStorage { Linears = WeightFormat.Nf4, DoubleQuantization = true },
            Lora = new Lora { Rank = 4, Alpha = 8, Targets = LlamaWeights.LinearNames, Dropout = 0.1f },
            LearningRate = 1e-3, Schedule = new LearningRateSchedule { Kind = LearningRateKind.Constant },
            Batch = new BatchSettings { MicroBatch = 2, Accumulate = 2, SequenceLength = 128 },
            Steps = (int)Endless, Run = new RunSchedule { SaveEvery = (int)Endless, EvaluateEvery = (int)Endless, Samples = 0 },
        };
        var source = new RandomModel("random", config, RadLabTiny.LoadTokenizer(), seed: 5);
        var texts = Enumerable.Range(0, 40).Select(i =>
        {
            int[] ids = Enumerable.Range(0, 100).Select(t => (i * 131 + t * t * 17 + t) % 4096).ToArray();
            return new TokenizedText($"{i}", ids, ids, 0);
        }).ToList();
        string Hash(TrainingSubject s)
        {
            using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var p in s.Groups.SelectMany(g => g.Parameters)) all.AppendData(MemoryMarshal.AsBytes<float>(p.Value.ToFloats()));
            return Convert.ToHexString(all.GetHashAndReset());
        }
        """;

    private const string Whole = "the cell was interrupted; what earlier cells made is whole.";

    private readonly RunningKernel _running = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _running.Dispose();
        _folder.Dispose();
    }

    private string Value(string code)
    {
        var (reply, published) = _running.Client.Run(code);
        Assert.True((string)reply["status"]! == "ok", reply.ToJsonString());
        return (string)published[^1].Content["data"]!["text/plain"]!;
    }

    private void Run(string code)
    {
        var reply = _running.Client.Run(code).Reply;
        Assert.True((string)reply["status"]! == "ok", reply.ToJsonString());
    }

    [Fact]
    public void An_interrupted_loop_leaves_the_weights_of_its_last_whole_step_and_goes_on()
    {
        Run(Setup);
        Run("""
            sealed class Training : IDisposable
            {
                private readonly Engine _engine = new(new EngineOptions { Threads = 2 });
                private readonly Optimizer _optimizer;
                private readonly TrainingLoop _loop;
                public Training(Recipe recipe, IBaseModel source, IReadOnlyList<TokenizedText> texts)
                {
                    Subject = TrainingSubject.Create(_engine, recipe, source);
                    _optimizer = Optimizer.Create(_engine, Subject.Groups, recipe.Optimizer);
                    _loop = new TrainingLoop(Subject, new BatchPlan(texts, recipe.Batch, recipe.Seed), _optimizer, recipe.Batch.Accumulate);
                }
                public TrainingSubject Subject { get; }
                public long Done { get; private set; }
                public void Step() { _loop.Step(Done, 1e-3); Done++; }
                public void Dispose() { _loop.Dispose(); _optimizer.Dispose(); Subject.Dispose(); _engine.Dispose(); }
            }
            var one = new Training(recipe, source, texts);
            """);
        var (reply, seconds) = _running.Interrupted("while (one.Done < Endless)\n{\n    one.Step();\n    if (one.Done == 3) Console.WriteLine(\"go\");\n}");
        output.WriteLine($"the cell had ended {seconds * 1000:F0} ms after the interrupt");
        Assert.Equal(("error", "Interrupted", Whole), ((string)reply["status"]!, (string)reply["ename"]!, (string)reply["evalue"]!));
        Assert.InRange(seconds, 0, 1.9);   // 0.02 s on a free machine; less than an abort in any case

        Run("var two = new Training(recipe, source, texts);\nwhile (two.Done < one.Done) two.Step();");
        Assert.Equal("True", Value("one.Done >= 3 && Hash(one.Subject) == Hash(two.Subject)"));
        Assert.Equal("True", Value("one.Step();\ntwo.Step();\nHash(one.Subject) == Hash(two.Subject)"));
    }

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public void An_interrupted_run_has_saved_its_last_whole_step_and_is_resumed_to_the_same_bits()
    {
        LongTests.SkipUnlessAsked();
        Run(Setup);
        Run($$"""
            string root = {{JsonSerializer.Serialize(_folder.Path)}};
            sealed class Told(Action<TrainingProgress> act) : IProgress<TrainingProgress> { public void Report(TrainingProgress p) => act(p); }
            RunState Train(string name, int steps, Action<TrainingProgress> told = null)
            {
                using var engine = new Engine(new EngineOptions { Threads = 2 });
                var input = new TrainingInput(recipe with { Steps = steps }, source, texts, [], "identity");
                string folder = Directory.CreateDirectory(Path.Combine(root, name)).FullName;
                return new TrainingRun(engine, input, folder).Train(new Told(told ?? (_ => { }))).State;
            }
            string Adapter(string name) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(root, name, "adapter", "adapter_model.safetensors"))));
            """);
        var (reply, seconds) = _running.Interrupted("Train(\"run\", (int)Endless, p => { if (p.Step == 3) Console.WriteLine(\"go\"); })");
        output.WriteLine($"the cell had ended {seconds * 1000:F0} ms after the interrupt, its checkpoint written");
        Assert.Equal(("error", "Interrupted", Whole), ((string)reply["status"]!, (string)reply["ename"]!, (string)reply["evalue"]!));

        // no checkpoint was due: the one that is there is the interrupt's
        string checkpoint = Assert.Single(Directory.GetDirectories(Path.Combine(_folder.Path, "run", "checkpoints")));
        int saved = int.Parse(Path.GetFileName(checkpoint)["step-".Length..], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(saved, 3, int.MaxValue);
        Assert.Equal($"{saved + 2}", Value($"Train(\"run\", {saved + 2}).Step"));
        Assert.Equal($"{saved + 2}", Value($"Train(\"undisturbed\", {saved + 2}).Step"));
        Assert.Equal("True", Value("Adapter(\"run\") == Adapter(\"undisturbed\")"));
    }
}
