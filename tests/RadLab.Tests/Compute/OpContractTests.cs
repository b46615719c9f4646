using System.Reflection;
using RadLab.Benchmarks;
using RadLab.Compute;

namespace RadLab.Tests;

/// <summary>What holds for every op alike, over the table of <see cref="OpCases"/>.</summary>
public sealed class OpContractTests
{
    public static TheoryData<string> Cases => [.. OpCases.All.Select(c => c.ToString())];

    private static OpCase Case(string name) => OpCases.All.Single(c => c.ToString() == name);

    [Fact]
    public void Every_op_is_in_the_table()
    {
        var listed = OpCases.All.Select(c => c.Op).ToHashSet();
        var ops = typeof(Ops).GetMethods(BindingFlags.Public | BindingFlags.Static).Select(m => m.Name).Distinct().ToList();
        Assert.NotEmpty(ops);
        string[] missing = [.. ops.Where(op => !listed.Contains(op))];
        Assert.True(missing.Length == 0, $"give these ops cases in tests/RadLab.Benchmarks, as SiluCases.cs does: {string.Join(", ", missing)}");
        Assert.Equal(OpCases.All.Count(), OpCases.All.Select(c => c.ToString()).Distinct().Count());
    }

    [Theory, MemberData(nameof(Cases))]
    public void An_op_reads_only_under_leases_and_keeps_no_pointer(string name)
    {
        var call = Case(name);
        using var engine = new Engine(new EngineOptions { Threads = 2 });
        using var inputs = new OpInputs(engine, call);
        var expected = call.Fingerprint(engine, inputs);
        foreach (var t in inputs.Tensors) t.ClearGradient();

        // a second run over the same inputs, whose memory is now away outside leases and poisoned where it was
        var paged = inputs.Tensors.Select(t => new PagedMemory(t)).ToList();
        var actual = call.Fingerprint(engine, inputs);
        Assert.Equal(expected, actual);
        Assert.All(paged.Take(1), p => Assert.True(p.Acquired > 0, "the op never asked for its first input"));
        foreach (var p in paged) p.Dispose();
    }

    [Theory, MemberData(nameof(Cases))]
    public void An_op_gives_the_same_bits_for_any_number_of_threads(string name)
    {
        var call = Case(name);
        List<string>? expected = null;
        foreach (int threads in new[] { 1, 2, 3, 4 })
        {
            using var engine = new Engine(new EngineOptions { Threads = threads });
            using var inputs = new OpInputs(engine, call);
            var actual = call.Fingerprint(engine, inputs);
            Assert.Equal(expected ??= actual, actual);
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void An_op_leaves_its_inputs_alone_and_no_memory_behind(string name)
    {
        var call = Case(name);
        using var engine = new Engine(new EngineOptions { Threads = 2 });
        using (var inputs = new OpInputs(engine, call))
        {
            byte[][] before = [.. inputs.Tensors.Select(Bytes)];
            call.Fingerprint(engine, inputs);
            Assert.Equal(before, inputs.Tensors.Take(before.Length).Select(Bytes));
        }
        Assert.Equal(0, engine.Memory.LiveBytes);
    }

    private static unsafe byte[] Bytes(Tensor t)
    {
        using var lease = t.Acquire();
        return new ReadOnlySpan<byte>(lease.Pointer, (int)t.SizeBytes).ToArray();
    }

    [Theory, MemberData(nameof(Cases))]
    public void An_op_adds_to_gradients_that_are_there_and_serves_a_checkpoint(string name)
    {
        var call = Case(name);
        using var engine = new Engine(new EngineOptions { Threads = 2 });
        using var inputs = new OpInputs(engine, call);
        if (call.Inputs.All(i => !i.Trains)) return;

        // 1. plain, from zero; 2. in a checkpointed block, from zero: the same bits
        var first = call.Fingerprint(engine, inputs);
        foreach (var t in inputs.Tensors) t.ClearGradient();
        using var unit = engine.From([1f], [1]);
        var inCheckpoint = call with { Call = (t, x) => t.Checkpoint((inner, _) => call.Call(inner, x), unit) };
        Assert.Equal(first, inCheckpoint.Fingerprint(engine, inputs));

        // 3. once more on top: every gradient has changed, none was overwritten with the same
        var second = call.Fingerprint(engine, inputs);
        Assert.Equal(first[0], second[0]);
        for (int i = 1; i < first.Count; i++) Assert.NotEqual(first[i], second[i]);
    }

    [Theory, MemberData(nameof(Cases))]
    public void A_warm_op_allocates_no_managed_memory(string name)
    {
        var call = Case(name);
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        using var inputs = new OpInputs(engine, call);
        using var tape = engine.Tape();
        Tensor dy = default;
        long least = long.MaxValue;
        for (int pass = 0; pass < 8; pass++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            var y = call.Call(tape, inputs);
            if (pass == 0) dy = OpInputs.Make(engine, new OpInput(y.Shape, y.DType), seed: 99);
            if (y.RequiresGrad) tape.Backward(y, dy);
            tape.Reset();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        dy.Dispose();
        Assert.True(least == 0, $"{least} bytes in a warm forward and backward pass");
    }
}
