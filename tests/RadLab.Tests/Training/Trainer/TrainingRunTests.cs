using System.Security.Cryptography;
using System.Text.Json;
using RadLab.Compute;
using RadLab.Models;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

public sealed class TrainingRunTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-runs-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string> Kinds => new() { "f32 adapter", "nf4 adapter", "bf16 adapter", "full", "full bf16", "packed", "checkpointed", "bf16 activations" };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_run_that_is_stopped_and_resumed_ends_with_the_same_bits(string kind)
    {
        var recipe = Variant(kind);
        var whole = Run(recipe, "whole", threads: 1);
        var first = Run(recipe, "parts", threads: 2, stopAfter: 3);
        Assert.Equal((RunEnd.Interrupted, 3L), (first.End, first.State.Step));
        var second = Run(recipe, "parts", threads: 2);
        Assert.Equal(RunEnd.Finished, whole.End);
        Assert.Equal(whole.State, second.State);
        Assert.Equal(Weights("whole"), Weights("parts"));
        Assert.Equal(Losses("whole"), Losses("parts"));
    }

    [Fact]
    public void Training_lowers_the_loss_and_leaves_the_base_alone()
    {
        var result = Run(TinyTraining.Recipe with { Steps = 60, Storage = new LlamaStorage { Linears = WeightFormat.Nf4 } }, "learn", threads: 2);
        double[] losses = Losses("learn").Select(l => l.Loss).ToArray();
        Assert.True(result.State.BestLoss < losses[0] - 0.4, $"first {losses[0]}, best {result.State.BestLoss}");
    }

    [Theory]
    [InlineData(WeightFormat.F32)]
    [InlineData(WeightFormat.Nf4)]
    public void A_packed_row_has_the_loss_and_gradient_of_its_texts_alone(WeightFormat format)
    {
        using var engine = new Engine();
        using var model = TinyTraining.Base.Load(engine, new LlamaStorage { Linears = format });
        var adapters = Plain.Attach(model, 7);
        foreach (var layer in adapters.Layers) layer.B.Value.CopyFrom(Make.Values(layer.B.Shape.Count, layer.Layer.Module.Length, -0.1, 0.1));
        var texts = TinyTraining.Texts(5);
        var (packedLoss, packed) = LossAndGradients(Batch.Packed(engine, [[texts[0], texts[1]], [texts[2], texts[3], texts[4]]], 256));
        var (paddedLoss, padded) = LossAndGradients(Batch.Padded(engine, texts));
        Assert.Equal(paddedLoss, packedLoss, 5e-6);
        foreach (var (p, q) in packed.Zip(padded)) Assert.True(Distance(p, q) < 2e-5, $"{Distance(p, q)}");

        (double, float[][]) LossAndGradients(Batch batch)
        {
            using var tape = engine.Tape();
            var loss = model.Loss(tape, batch.Tokens, batch.Labels, batch.Layout);
            double value = loss.Item();
            tape.Backward(loss);
            float[][] gradients = [.. adapters.Parameters.Select(p => p.Gradient!.Value.ToFloats())];
            foreach (var p in adapters.Parameters) p.ClearGradient();
            batch.Dispose();
            return (value, gradients);
        }
    }

    [Fact]
    public void A_damaged_checkpoint_is_passed_over_and_the_run_ends_with_the_same_bits()
    {
        Run(TinyTraining.Recipe, "whole", threads: 2);
        Run(TinyTraining.Recipe, "parts", threads: 2, stopAfter: 5);
        string last = Directory.EnumerateDirectories(Path.Combine(_folder, "parts", "checkpoints")).Order(StringComparer.Ordinal).Last();
        File.Delete(Path.Combine(last, "optimizer.safetensors"));
        var notes = new List<string>();
        Run(TinyTraining.Recipe, "parts", threads: 2, note: notes.Add);
        Assert.Equal(["step-00000005: without optimizer.safetensors, ignored."], notes);
        Assert.Equal(Weights("whole"), Weights("parts"));
        Assert.Equal(Losses("whole"), Losses("parts"));
    }

    [Fact]
    public void Interrupted_before_the_step_of_a_damaged_checkpoint_the_run_keeps_what_it_has_just_written()
    {
        var recipe = TinyTraining.Recipe with { Run = new RunSchedule { SaveEvery = 2, KeepCheckpoints = 2, Samples = 0 } };
        Run(recipe, "parts", threads: 2, stopAfter: 6);
        File.Delete(Path.Combine(_folder, "parts", "checkpoints", "step-00000006", "optimizer.safetensors"));
        recipe = recipe with { Run = recipe.Run with { KeepCheckpoints = 1 } };
        Run(recipe, "parts", threads: 2, stopAfter: 5);
        Assert.Equal(["step-00000005"], Directory.EnumerateDirectories(Path.Combine(_folder, "parts", "checkpoints")).Select(Path.GetFileName));
        var notes = new List<string>();
        Assert.Equal((RunEnd.Finished, 8L), (Run(recipe, "parts", threads: 2, note: notes.Add).End, 8L));
        Assert.Empty(notes);
        Run(recipe, "whole", threads: 2);
        Assert.Equal(Weights("whole"), Weights("parts"));
    }

    [Fact]
    public void The_result_is_there_as_a_whole_or_not_at_all()
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, "result")).FullName;
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        var broken = new TrainingRun(engine, TinyTraining.Input(), folder)
        {
            AfterSave = place =>
            {
                if (place.Contains("checkpoints", StringComparison.Ordinal)) return;
                Assert.True(TrainingSubject.HasResult(place));
                throw new InvalidOperationException("no number");
            },
        };
        Assert.Throws<InvalidOperationException>(() => broken.Train());
        Assert.False(TrainingSubject.HasResult(folder));
        Assert.Equal(["checkpoints"], Directory.EnumerateDirectories(folder).Select(Path.GetFileName));

        bool before = true;
        new TrainingRun(engine, TinyTraining.Input(), folder)
        {
            AfterSave = place =>
            {
                before = TrainingSubject.HasResult(folder);
                File.WriteAllText(Path.Combine(place, "adapter", "beside.json"), "{}");
            },
        }.Train();
        Assert.False(before);
        Assert.True(TrainingSubject.HasResult(folder) && File.Exists(Path.Combine(folder, "adapter", "beside.json")));
        Assert.Equal(["adapter", "checkpoints"], Directory.EnumerateDirectories(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Two_runs_in_one_folder_are_one_too_many()
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, "twice")).FullName;
        using Engine engine = new(new EngineOptions { Threads = 1 }), other = new(new EngineOptions { Threads = 1 });
        var second = new TrainingRun(other, TinyTraining.Input(), folder);
        string? message = null;
        new TrainingRun(engine, TinyTraining.Input(), folder).Train(new Direct(p =>
        {
            if (p.Step != 3) return;
            var before = Files();
            message = Assert.Throws<RecipeException>(() => second.Train()).Message;
            Assert.Throws<RecipeException>(() => second.Claim());
            Assert.Equal(before, Files());
        }));
        Assert.Equal($"{folder}: another process trains this run; wait for it, or stop it first.", message);
        using (second.Claim())
            Assert.Equal(RunEnd.Finished, second.Train().End);
        Assert.Equal(RunEnd.Finished, new TrainingRun(other, TinyTraining.Input(), folder).Train().End);   // nothing is left locked

        List<(string, long, DateTime)> Files() => [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(f => (f, new FileInfo(f).Length, File.GetLastWriteTimeUtc(f)))];
    }

    [Fact]
    public void Activations_in_BF16_are_what_the_recipe_says_and_round()
    {
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        using var subject = TrainingSubject.Create(engine, Variant("bf16 activations"), TinyTraining.Base);
        Assert.Equal((DType.BF16, DType.F32), (subject.Model.Activations, subject.Model.Embedding.Value.DType));
        double rounded = Run(Variant("bf16 activations") with { Steps = 1 }, "rounded", threads: 1).Loss, exact = Run(TinyTraining.Recipe with { Steps = 1 }, "exact", threads: 1).Loss;
        Assert.InRange(Math.Abs(rounded - exact), 1e-9, 1e-2);
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Blocks_run_twice_where_memory_is_short_and_the_user_is_told(bool isShort)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, "memory")).FullName;
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        var notes = new List<string>();
        bool? twice = null;
        var run = new TrainingRun(engine, TinyTraining.Input(), folder) { Note = notes.Add, AvailableBytes = isShort ? 1 << 20 : 1L << 40, AfterEvaluation = (subject, _) => twice = subject.Model.GradientCheckpointing };
        run.Train();
        Assert.Equal(isShort, twice);
        Assert.Equal(isShort ? ["gradient checkpointing is on: without it the run would not fit into the memory that is free; a step takes about a third longer"] : (string[])[], notes);
    }

    [Fact]
    public void Memory_is_planned_for_the_texts_that_there_are_and_not_for_the_longest_that_could_be()
    {
        var input = TinyTraining.Input();
        var plain = TinyTraining.Recipe with { GradientCheckpointing = Checkpointing.Off };
        long texts = MemoryPlan.Of(plain, TinyTraining.Config, savedIn16Bits: false, PlannedTexts.Of(input.Train, plain)).Total, longest = MemoryPlan.Of(plain, TinyTraining.Config, savedIn16Bits: false).Total;
        Assert.True(texts < 0.9 * longest, $"{texts} {longest}");
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        // four fifths of what is free may be used
        bool Twice(double available, IReadOnlyList<TokenizedText>? train)
        {
            using var subject = TrainingSubject.Create(engine, TinyTraining.Recipe, TinyTraining.Base, availableBytes: (long)(available / 0.8), texts: train);
            return subject.Model.GradientCheckpointing;
        }
        Assert.Equal([false, true, true, false], new[] { Twice(1.01 * texts, input.Train), Twice(0.99 * texts, input.Train), Twice(0.99 * longest, null), Twice(1.01 * longest, null) });
    }

    [Theory, InlineData("f32 adapter"), InlineData("full")]
    public void The_result_is_the_best_checkpoint_where_the_recipe_says_so(string kind)
    {
        // so high a rate that the loss goes up and down
        var recipe = Variant(kind) with { LearningRate = 0.5, Steps = 15, Run = new RunSchedule { EvaluateEvery = 1, ResultIsBest = true, Samples = 0 } };
        var result = Run(recipe, "best", threads: 1);
        Assert.True(result.State.BestStep < result.State.Step, $"best {result.State.BestStep}");
        string best = Path.Combine(_folder, "best", "checkpoints", $"step-{result.State.BestStep:D8}"), part = kind == "full" ? "model/model.safetensors" : "adapter/adapter_model.safetensors";
        Assert.Equal(File.ReadAllBytes(Path.Combine(best, part)), File.ReadAllBytes(Path.Combine(_folder, "best", part)));
    }

    [Fact]
    public void Patience_ends_the_run_and_keeps_the_best()
    {
        var recipe = TinyTraining.Recipe with { Steps = 400, LearningRate = 0.05, Run = new RunSchedule { EvaluateEvery = 2, SaveEvery = 0, KeepCheckpoints = 1, Patience = 3 } };
        var notes = new List<string>();
        var result = Run(recipe, "patient", threads: 2, note: notes.Add);
        Assert.Equal(RunEnd.StoppedEarly, result.End);
        Assert.Contains($"step-{result.State.BestStep:D8}", Directory.EnumerateDirectories(Path.Combine(_folder, "patient", "checkpoints")).Select(Path.GetFileName));
        Assert.Equal(result.State.BestStep + 6, result.State.Step);
        Assert.Equal([$"the result is step {result.State.Step}, not the best step {result.State.BestStep} (run.result_is_best=true keeps that)"], notes);
    }

    private static Lora Plain => new() { Rank = 4, Alpha = 8, Targets = LlamaWeights.LinearNames };

    private static Recipe Variant(string kind) => kind switch
    {
        "nf4 adapter" => TinyTraining.Recipe with { Storage = new LlamaStorage { Linears = WeightFormat.Nf4 } },
        "bf16 adapter" => TinyTraining.Recipe with { Storage = new LlamaStorage { Linears = WeightFormat.BF16 } },
        "full" => TinyTraining.Recipe with { Mode = TrainingMode.Full },
        "full bf16" => TinyTraining.Recipe with { Mode = TrainingMode.Full, Storage = new LlamaStorage { Linears = WeightFormat.BF16 } },
        "bf16 activations" => TinyTraining.Recipe with { Storage = new LlamaStorage { Activations = DType.BF16 } },
        "packed" => TinyTraining.Recipe with { Batch = new BatchSettings { MicroBatch = 1, Accumulate = 2, SequenceLength = 128, Packing = true } },
        "checkpointed" => TinyTraining.Recipe with { GradientCheckpointing = Checkpointing.On, LoraPlusRatio = 4 },
        _ => TinyTraining.Recipe,
    };

    private TrainingResult Run(Recipe recipe, string name, int threads, long stopAfter = long.MaxValue, Action<string>? note = null)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
        using var engine = new Engine(new EngineOptions { Threads = threads });
        var run = new TrainingRun(engine, TinyTraining.Input(recipe), folder) { Note = note };
        return run.Train(new Direct(p => { if (p.Step == stopAfter) run.Stop(); }));
    }

    private (long Step, string Kind, double Loss)[] Losses(string name) =>
        [.. File.ReadLines(Path.Combine(_folder, name, "metrics.jsonl")).Select(l => JsonDocument.Parse(l).RootElement).Select(r => (r.GetProperty("step").GetInt64(), r.GetProperty("kind").GetString()!, r.GetProperty("loss").GetDouble()))];

    private string Weights(string name) => string.Join('\n', ((string[])["adapter", "model"]).Select(f => Path.Combine(_folder, name, f)).Where(Directory.Exists)
        .SelectMany(f => Directory.EnumerateFiles(f, "*.safetensors")).Order(StringComparer.Ordinal).Select(f => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f)))));

    private static double Distance(float[] a, float[] b)
    {
        double largest = b.Max(v => Math.Abs((double)v)), difference = a.Zip(b, (x, y) => Math.Abs((double)x - y)).Max();
        return difference / Math.Max(largest, 1e-12);
    }

    private sealed class Direct(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
