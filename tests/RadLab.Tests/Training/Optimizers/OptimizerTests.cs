using RadLab.Compute;
using RadLab.Models;
using RadLab.Training;

namespace RadLab.Tests;

public sealed class OptimizerTests
{
    private const long SmallestBudget = 1 << 20;

    public static TheoryData<OptimizerKind, DType> Kinds => Make.Rows([OptimizerKind.AdamW, OptimizerKind.AdamW8Bit], [DType.F32, DType.BF16]);

    private static OptimizerSettings Settings(OptimizerKind kind, long? budget = null) => new() { Kind = kind, Beta2 = 0.95, MaxGradientNorm = 0.5, StateBudgetBytes = budget };

    [Theory, MemberData(nameof(Kinds))]
    public void Paged_and_unpaged_train_the_same_bits(OptimizerKind kind, DType dtype)
    {
        // a state of more than 2 MB on the smallest budget
        int[][] shapes = kind == OptimizerKind.AdamW ? OptimizerFixture.Shapes : [.. OptimizerFixture.Shapes, [1500, 600]];
        using var plain = new OptimizerFixture(dtype, threads: 2, shapes);
        using var paging = new OptimizerFixture(dtype, threads: 3, shapes);
        using var unpaged = plain.New(Settings(kind));
        using var paged = paging.New(Settings(kind, SmallestBudget));
        Assert.Null(unpaged.Pages);
        Assert.True(paged.Pages!.TotalBytes > 2 * SmallestBudget);
        plain.Steps(unpaged, 0, 4);
        paging.Steps(paged, 0, 4);
        Assert.Equal(plain.Values, paging.Values);
        Assert.Equal(OptimizerFixture.StateOf(unpaged), OptimizerFixture.StateOf(paged));
        Assert.InRange(paged.Pages.PeakMappedBytes, 1, SmallestBudget);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void A_run_resumed_in_the_middle_goes_on_with_the_same_bits_paged_or_not(OptimizerKind kind, DType dtype)
    {
        using var straight = new OptimizerFixture(dtype);
        using var optimizer = straight.New(Settings(kind));
        straight.Steps(optimizer, 0, 3);
        string file = Path.Combine(straight.Folder, "state.safetensors");
        optimizer.Save(file);
        float[][] saved = straight.Values;
        straight.Steps(optimizer, 3, 3);

        foreach (long? budget in new long?[] { null, SmallestBudget })
        {
            using var resumed = new OptimizerFixture(dtype);
            using var other = resumed.New(Settings(kind, budget));
            resumed.Steps(other, 7, 2);   // what it has done before must not show
            for (int i = 0; i < saved.Length; i++) resumed.Parameters[i].Value.CopyFrom(saved[i]);
            other.Load(file);
            Assert.Equal(3, other.Steps);
            string again = Path.Combine(resumed.Folder, "again.safetensors");
            other.Save(again);
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(again));
            resumed.Steps(other, 3, 3);
            Assert.Equal(straight.Values, resumed.Values);
            Assert.Equal(OptimizerFixture.StateOf(optimizer), OptimizerFixture.StateOf(other));
            Assert.Equal(["again.safetensors"], Directory.GetFiles(resumed.Folder).Select(Path.GetFileName));
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void The_predicted_bytes_are_those_that_are_taken(OptimizerKind kind, DType dtype)
    {
        using var fixture = new OptimizerFixture(dtype);
        long before = fixture.Engine.Memory.LiveBytes;
        using var optimizer = fixture.New(Settings(kind));
        var sizes = fixture.Parameters.Select(p => (p.Name, p.Shape.Count)).ToList();
        long predicted = Settings(kind).StateBytes(sizes, masters: dtype == DType.BF16);
        Assert.Equal(predicted, optimizer.StateBytes);
        // the engine counts whole cache lines
        Assert.InRange(fixture.Engine.Memory.LiveBytes - before, predicted, predicted + 64 * 5 * sizes.Count);
        Assert.Equal(predicted, optimizer.State().Sum(s => s.Value.SizeBytes));
        Assert.Equal(SmallestBudget, Settings(kind, SmallestBudget).ResidentStateBytes([("large", 100_000_000)]));
    }

    [Fact]
    public void Eight_bit_states_take_about_a_quarter_of_32_bit_ones_and_small_tensors_stay()
    {
        Assert.Equal(8 * 4095, Settings(OptimizerKind.AdamW8Bit).StateBytes([("p", 4095)]));
        Assert.Equal(2 * 4096 + 2 * 16 * 4, Settings(OptimizerKind.AdamW8Bit).StateBytes([("p", 4096)]));
        Assert.Equal(2 * 4097 + 2 * 17 * 4 + 4 * 4097, Settings(OptimizerKind.AdamW8Bit).StateBytes([("p", 4097)], masters: true));
        Assert.Equal(8 * 5000 + 8 * 10, Settings(OptimizerKind.AdamW).StateBytes([("p", 5000), ("q", 10)]));
    }

    // each group against an optimizer of its own with the group's numbers; clipping off, since it takes all groups together
    [Fact]
    public void Groups_have_their_learning_rate_and_weight_decay()
    {
        using var fixture = new OptimizerFixture();
        using var first = new OptimizerFixture();
        using var second = new OptimizerFixture();
        var settings = new OptimizerSettings { MaxGradientNorm = 0 };
        using var both = fixture.New(settings);
        using var a = Optimizer.Create(first.Engine, [new("all", first.Parameters)], settings with { WeightDecay = 0.2 });
        using var b = Optimizer.Create(second.Engine, [new("all", second.Parameters)], settings);
        for (int step = 0; step < 3; step++)
        {
            foreach (var f in new[] { fixture, first, second }) f.Backward(step);
            both.Step(0.01);
            a.Step(0.01);
            b.Step(0.01 * 3);
        }
        Assert.Equal(first.Values[..2], fixture.Values[..2]);
        Assert.Equal(second.Values[2..], fixture.Values[2..]);
    }

    [Fact]
    public void Clipping_takes_the_gradients_of_all_groups_together()
    {
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        using var p = new Parameter("p", engine.From([3f], [1]), trainable: true);
        using var q = new Parameter("q", engine.From([4f], [1]), trainable: true);
        using var optimizer = Optimizer.Create(engine, [new("a", [p]), new("b", [q])], new OptimizerSettings { MaxGradientNorm = 1 });
        using var tape = engine.Tape();
        tape.Backward(tape.Add(tape.Sum(tape.Mul(p.Value, p.Value)), tape.Sum(tape.Mul(q.Value, q.Value))));
        Assert.Equal(10, optimizer.Step(0.1), 6);
        var adamW = Assert.IsType<AdamW>(optimizer);
        Tolerances.Close([0.06, 0.08], [adamW.Mean(0).Item(), adamW.Mean(1).Item()], 1e-5);   // 0.1 of the clipped gradients 0.6 and 0.8
    }

    [Fact]
    public void LoRA_plus_makes_B_faster()
    {
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        using var model = LlamaModel.Random(engine, TinyLlama.Config, seed: 3, TinyLlama.Nf4);
        var adapters = (TinyLlama.AllLinear with { UseDora = true }).Attach(model, seed: 1);
        var groups = ParameterGroup.LoraPlus(adapters, 16);
        Assert.Equal([1, 16], groups.Select(g => g.LearningRateFactor));
        Assert.Equal(adapters.Layers.Select(l => l.B.Name), groups[1].Parameters.Select(p => p.Name));
        Assert.Equal(adapters.Parameters.Select(p => p.Name).Order(), groups.SelectMany(g => g.Parameters).Select(p => p.Name).Order());
        Assert.Same(adapters.Parameters, Assert.Single(ParameterGroup.LoraPlus(adapters, 1)).Parameters);
        adapters.Detach();
    }

    // a regression with a known solution: 8192 weights, so that the states are in 8 bits
    [Fact]
    public void Eight_bits_learn_as_well_as_32()
    {
        double[] losses = [.. new[] { OptimizerKind.AdamW, OptimizerKind.AdamW8Bit }.Select(kind =>
        {
            using var engine = new Engine(new EngineOptions { Threads = 2 });
            using var x = Make.Random(engine, [96, 128], seed: 1);
            using var truth = Make.Random(engine, [64, 128], seed: 2);
            using var w = new Parameter("w", engine.Zeros([64, 128]), trainable: true);
            using var optimizer = Optimizer.Create(engine, [new("w", [w])], new OptimizerSettings { Kind = kind, WeightDecay = 0, MaxGradientNorm = 0 });
            using var tape = engine.Tape();
            using var target = engine.From(tape.Linear(x, truth).ToFloats(), [96, 64]);
            tape.Reset();
            var schedule = new LearningRateSchedule { Kind = LearningRateKind.Cosine, WarmupSteps = 5 };
            double first = 0, loss = 0;
            for (int step = 0; step < 120; step++)
            {
                var d = tape.Add(tape.Linear(x, w.Value), tape.Scale(target, -1));
                var mean = tape.Mean(tape.Mul(d, d));
                loss = mean.Item();
                if (step == 0) first = loss;
                tape.Backward(mean);
                optimizer.Step(schedule.At(0.03, step, 120));
                tape.Reset();
            }
            Assert.True(loss < first / 100, $"{kind}: loss went from {first} to {loss}");
            return loss / first;
        })];
        // 8-bit states add noise, not a bias: within a thousandth of the loss at the start
        Assert.InRange(losses[1] - losses[0], -1e-3, 1e-3);
    }

    [Theory, InlineData(OptimizerKind.AdamW), InlineData(OptimizerKind.AdamW8Bit)]
    public void A_gradient_that_is_not_finite_changes_nothing_paged_or_not(OptimizerKind kind)
    {
        foreach (long? budget in new long?[] { null, SmallestBudget })
        {
            using var fixture = new OptimizerFixture();
            using var optimizer = fixture.New(Settings(kind, budget));
            fixture.Steps(optimizer, 0, 2);
            var (values, state) = (fixture.Values, OptimizerFixture.StateOf(optimizer));
            fixture.Backward(2);
            fixture.Parameters[3].Gradient!.Value.AsSpan<float>()[100] = float.NaN;
            fixture.Parameters[4].Gradient!.Value.AsSpan<float>()[0] = float.PositiveInfinity;
            var e = Assert.Throws<ArithmeticException>(() => { optimizer.Step(0.1); });
            Assert.StartsWith("AdamW: the gradient of p3 holds a NaN or an infinity; nothing was changed", e.Message, StringComparison.Ordinal);
            Assert.Equal(values, fixture.Values);
            Assert.Equal(state, OptimizerFixture.StateOf(optimizer));
            Assert.Equal(2, optimizer.Steps);
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void A_warm_step_allocates_next_to_nothing_paged_or_not(OptimizerKind kind, DType dtype)
    {
        foreach (long? budget in new long?[] { null, SmallestBudget })
        {
            using var fixture = new OptimizerFixture(dtype, shapes: [.. OptimizerFixture.Shapes, [1500, 600]]);
            using var optimizer = fixture.New(Settings(kind, budget));
            long least = long.MaxValue;
            for (int step = 0; step < 4; step++)
            {
                fixture.Backward(step);
                long before = GC.GetAllocatedBytesForCurrentThread();
                optimizer.Step(0.01);
                least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            }
            Assert.InRange(least, 0, 1024);
        }
    }

    [Fact]
    public void Files_of_another_optimizer_are_refused_and_change_nothing()
    {
        using var fixture = new OptimizerFixture();
        using var optimizer = fixture.New(Settings(OptimizerKind.AdamW));
        fixture.Steps(optimizer, 0, 1);
        string file = Path.Combine(fixture.Folder, "state");
        optimizer.Save(file);

        using var other = new OptimizerFixture(shapes: [[7], [4095], [4096], [257, 33], [600, 513]]);
        using var longer = new OptimizerFixture(shapes: [.. OptimizerFixture.Shapes, [3]]);
        using var shorter = new OptimizerFixture(shapes: OptimizerFixture.Shapes[..4]);
        using var half = new OptimizerFixture(DType.BF16);
        Assert.Equal($"{file}: metadata, kind: must be AdamW8Bit, got 'AdamW'; go on with the optimizer that the run was begun with.", Message(fixture, OptimizerKind.AdamW8Bit, file));
        Assert.Equal($"{file}: tensor 'p3.mean': must be F32 (257, 33), got F32 (33, 257); load the optimizer of the same recipe.", Message(other, OptimizerKind.AdamW, file));
        Assert.Equal($"{file}: tensor 'p5.mean': is missing, but its parameter is trained here; load the optimizer of the same recipe.", Message(longer, OptimizerKind.AdamW, file));
        Assert.Equal($"{file}: tensor 'p4.mean': belongs to no parameter that is trained here; load the optimizer of the same recipe.", Message(shorter, OptimizerKind.AdamW, file));
        Assert.Equal($"{file}: tensor 'p0.master': is missing, but its parameter is trained here; load the optimizer of the same recipe.", Message(half, OptimizerKind.AdamW, file));

        string plain = Path.Combine(fixture.Folder, "plain");
        using (var writer = SafeTensorsWriter.Create(plain, [])) writer.Commit();
        Assert.Equal($"{plain}: metadata, format: must be radlab.optimizer.v1, got 'nothing'; give a file that Optimizer.Save has written.", Message(fixture, OptimizerKind.AdamW, plain));
        using (var writer = SafeTensorsWriter.Create(plain, [], new Dictionary<string, string> { ["format"] = "radlab.optimizer.v1", ["kind"] = "AdamW", ["steps"] = "-1" })) writer.Commit();
        Assert.Equal($"{plain}: metadata, steps: must be a number; the file is damaged: take an earlier checkpoint.", Message(fixture, OptimizerKind.AdamW, plain));

        static string Message(OptimizerFixture fixture, OptimizerKind kind, string file)
        {
            using var optimizer = fixture.New(Settings(kind));
            fixture.Steps(optimizer, 0, 1);
            var before = OptimizerFixture.StateOf(optimizer);
            string message = Assert.Throws<CheckpointFormatException>(() => optimizer.Load(file)).Message;
            Assert.Equal(before, OptimizerFixture.StateOf(optimizer));
            Assert.Equal(1, optimizer.Steps);
            return message;
        }
    }

    [Fact]
    public void A_load_that_breaks_off_leaves_an_optimizer_that_refuses_to_go_on()
    {
        using var fixture = new OptimizerFixture();
        using var optimizer = fixture.New(Settings(OptimizerKind.AdamW));
        string file = Path.Combine(fixture.Folder, "state");
        optimizer.Save(file);
        fixture.Backward(0);
        optimizer.State().First().Value.Dispose();   // memory that is gone in the middle of a step
        Assert.Throws<TensorFreedException>(() => { optimizer.Step(0.1); });
        const string message = "AdamW: a step or a load was broken off half-way, so parameters and state do not belong together; go on from the last checkpoint.";
        Assert.Equal(message, Assert.Throws<InvalidOperationException>(() => { optimizer.Step(0.1); }).Message);
        Assert.Equal(message, Assert.Throws<InvalidOperationException>(() => optimizer.Save(file)).Message);
    }

    [Fact]
    public void Wrong_arguments_are_reported()
    {
        using var fixture = new OptimizerFixture();
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        var p = fixture.Parameters[0];
        var settings = new OptimizerSettings();
        Assert.Equal("AdamW: parameters must not be empty; unfreeze the model or attach an adapter.", Message([], settings));
        Assert.Equal("AdamW: p0 must occur once in all groups, got it twice.", Message([new("a", [p]), new("b", [p])], settings));
        Assert.Equal("AdamW: LearningRateFactor of group 'a' must be finite and 0 or more, got -1.", Message([new("a", [p]) { LearningRateFactor = -1 }], settings));
        Assert.Equal("AdamW: WeightDecay of group 'a' must be finite and 0 or more, got -1.", Message([new("a", [p]) { WeightDecay = -1 }], settings));
        Assert.Equal("AdamW: MaxGradientNorm must be 0 (no clipping) or more, got -1.", Message([new("a", [p])], settings with { MaxGradientNorm = -1 }));
        Assert.Equal("AdamW: Kind must be AdamW or AdamW8Bit, got 9.", Message([new("a", [p])], settings with { Kind = (OptimizerKind)9 }));
        Assert.Equal("AdamW: StateBudgetBytes must be 1048576 or more, or null for a state in memory, got 5.", Message([new("a", [p])], settings with { StateBudgetBytes = 5 }));
        Assert.Equal("AdamW: p0 belongs to another engine; make model and optimizer with one.", Assert.Throws<ArgumentException>(() => Optimizer.Create(engine, [new("a", [p])], settings)).Message);
        Assert.Equal("AdamW: a state larger than StateBudgetBytes needs a folder for its pages; name one (pageFolder).", Message(fixture.Groups, settings with { StateBudgetBytes = SmallestBudget }));
        using var optimizer = fixture.New(settings with { Kind = OptimizerKind.AdamW8Bit });
        Assert.Equal("AdamW: learningRate must be finite and 0 or more, got NaN.", Assert.Throws<ArgumentException>(() => { optimizer.Step(double.NaN); }).Message);
        Assert.Equal("AdamW: the mean of p4 is kept in 8 bits or paged; save the optimizer and read the file.", Assert.Throws<InvalidOperationException>(() => ((AdamW)optimizer).Mean(4)).Message);

        string Message(IReadOnlyList<ParameterGroup> groups, OptimizerSettings s) => Assert.Throws<ArgumentException>(() => Optimizer.Create(fixture.Engine, groups, s)).Message;
    }
}
