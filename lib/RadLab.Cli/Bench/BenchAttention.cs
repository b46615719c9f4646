using System.CommandLine;
using System.Text.Json.Nodes;
using RadLab.Compute;

namespace RadLab.Cli;

/// <summary><c>radlab bench attention</c>: causal self-attention, counting only the half of the scores that exists; backward counts 2.5 × forward.</summary>
internal static class BenchAttention
{
    public static Command Create()
    {
        var seq = BenchVerb.Size("--seq", "Tokens.", 1024, 65536);
        var heads = BenchVerb.Size("--heads", "Query and key heads.", 12, 256);
        var width = BenchVerb.Size("--head-dim", "Width of a head.", 64, 256);
        var threads = BenchVerb.ThreadsOption();
        var json = BenchVerb.JsonOption();
        var command = new Command("attention", "GFLOP/s of causal attention, forward and backward.") { seq, heads, width, threads, json };
        command.SetAction(parsed =>
        {
            using var engine = new Engine(new EngineOptions { Threads = parsed.GetValue(threads) });
            return BenchVerb.Print(Run(engine, parsed.GetValue(seq), parsed.GetValue(heads), parsed.GetValue(width)), parsed.GetValue(json), engine);
        });
        return command;
    }

    private static JsonObject Run(Engine engine, int T, int H, int D)
    {
        Shape shape = [1, T, H, D];
        using var q = BenchInput.Random(engine, shape, seed: 1);
        using var k = BenchInput.Random(engine, shape, seed: 2);
        using var v = BenchInput.Random(engine, shape, seed: 3);
        using var dy = BenchInput.Random(engine, shape, seed: 4);
        var options = new AttentionOptions { Causal = true };
        double flop = 2.0 * 2 * T * T * D * H / 2;

        using var silent = engine.Tape(recording: false);
        double forward = Stopclock.Best(() =>
        {
            silent.Attention(q, k, v, options);
            silent.Reset();
        });

        Span<Tensor> leaves = [q, k, v];
        foreach (ref var leaf in leaves) leaf.RequiresGrad = true;
        using var tape = engine.Tape();
        double both = Stopclock.Best(() =>
        {
            tape.Backward(tape.Attention(q, k, v, options), dy);
            tape.Reset();
            q.ClearGradient();
            k.ClearGradient();
            v.ClearGradient();
        });

        // the product that attention is held against: in the same process, on the same threads
        using var a = BenchInput.Random(engine, [1024, 1024], seed: 5);
        using var c = engine.Empty([1024, 1024]);
        double gemm = 2.0 * 1024 * 1024 * 1024 / Stopclock.Best(() => MatMulKernels.Multiply(a, false, a, true, c, accumulate: false)) / 1e9;
        double total = 3.5 * flop / both / 1e9;
        return new JsonObject
        {
            ["shape"] = $"{T} tokens, {H} heads of {D}, causal",
            ["forward_gflops"] = flop / forward / 1e9,
            ["backward_gflops"] = 2.5 * flop / Math.Max(both - forward, 1e-9) / 1e9,
            ["forward_backward_gflops"] = total,
            ["gemm_gflops"] = gemm,
            ["fraction_of_gemm"] = total / gemm,
        };
    }
}
