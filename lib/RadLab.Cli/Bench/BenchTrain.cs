using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using RadLab.Compute;
using RadLab.Models;
using RadLab.Training;

namespace RadLab.Cli;

/// <summary><c>radlab bench train</c>: tokens per second of whole optimizer steps, and the memory that they take.</summary>
internal static class BenchTrain
{
    private const int Gemm = 1024;

    private sealed record Request(LlamaConfig Config, string Base, int Sequence, int Batch, int Rank, int Steps);

    public static Command Create()
    {
        var hidden = BenchVerb.Size("--hidden", "Model width.", 768, 32768);
        var layers = BenchVerb.Size("--layers", "Blocks.", 12, 256);
        var heads = BenchVerb.Size("--heads", "Query heads.", 12, 1024);
        var keyValueHeads = BenchVerb.Size("--kv-heads", "Key-value heads.", 12, 1024);
        var feedForward = BenchVerb.Size("--ffn", "Feed-forward width.", 2048, 131072);
        var vocabulary = BenchVerb.Size("--vocab", "Tokens of the vocabulary.", 32000, 1 << 20);
        var sequence = BenchVerb.Size("--seq", "Tokens of a row.", 512, 1 << 17);
        var batch = BenchVerb.Size("--batch", "Rows of a step.", 1, 4096);
        var rank = BenchVerb.Size("--rank", "Of the adapter on all linear layers.", 8, 4096);
        var steps = BenchVerb.Size("--steps", "Steps measured after one that warms up.", 3, 1_000_000);
        var kind = new Option<string>("--base") { Description = "Frozen base in nf4 (double quantized), bf16 or f32 with an adapter; full trains all weights in F32.", DefaultValueFactory = _ => "nf4" };
        kind.AcceptOnlyFromAmong("nf4", "bf16", "f32", "full");
        var threads = BenchVerb.ThreadsOption();
        var json = BenchVerb.JsonOption();
        var command = new Command("train", "Tokens per second and memory of training steps.") { hidden, layers, heads, keyValueHeads, feedForward, vocabulary, sequence, batch, rank, steps, kind, threads, json };
        command.SetAction(parsed =>
        {
            int c = parsed.GetValue(hidden), h = parsed.GetValue(heads), k = parsed.GetValue(keyValueHeads);
            if (h % k != 0) throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--kv-heads must divide --heads {h}, got {k}"));
            if (c % h != 0 || c / h % 2 != 0 || c / h > 256) throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--heads must cut --hidden {c} into heads of an even width up to 256, got {h}"));
            var config = new LlamaConfig
            {
                VocabularySize = parsed.GetValue(vocabulary), HiddenSize = c, IntermediateSize = parsed.GetValue(feedForward), Layers = parsed.GetValue(layers),
                Heads = h, KeyValueHeads = k, HeadWidth = c / h, RmsNormEps = 1e-5f, MaxPositions = parsed.GetValue(sequence),
            };
            using var engine = new Engine(new EngineOptions { Threads = parsed.GetValue(threads) });
            var request = new Request(config, parsed.GetValue(kind)!, parsed.GetValue(sequence), parsed.GetValue(batch), parsed.GetValue(rank), parsed.GetValue(steps));
            return BenchVerb.Print(Run(engine, request), parsed.GetValue(json), engine);
        });
        return command;
    }

    private static JsonObject Run(Engine engine, Request request)
    {
        var storage = new LlamaStorage { Linears = request.Base switch { "nf4" => WeightFormat.Nf4, "bf16" => WeightFormat.BF16, _ => WeightFormat.F32 }, Activations = DType.F32 };
        using var model = LlamaModel.Random(engine, request.Config, seed: 1, storage);
        bool full = request.Base == "full";
        IReadOnlyList<Parameter> trained;
        if (full)
        {
            model.Unfreeze();
            trained = model.Parameters;
        }
        else
        {
            trained = new Lora { Rank = request.Rank, Alpha = request.Rank, Targets = LlamaWeights.LinearNames }.Attach(model, seed: 2).Parameters;
        }
        using var optimizer = Optimizer.Create(engine, [new ParameterGroup("all", trained)], new OptimizerSettings());
        int[] ids = new int[request.Batch * request.Sequence];
        for (int i = 0; i < ids.Length; i++) ids[i] = new RandomKey(3, 0, 0).Below((ulong)i, request.Config.VocabularySize);
        using var tokens = engine.From(ids, [request.Batch, request.Sequence]);

        // after the model is made, before the steps: what loading took at most is not what training takes
        engine.Trim();
        engine.ResetPeak();
        double seconds = double.PositiveInfinity, loss = 0;
        using var tape = engine.Tape();
        for (int step = 0; step <= request.Steps; step++)
        {
            long start = Stopwatch.GetTimestamp();
            var mean = model.Loss(tape, tokens, tokens);
            loss = mean.Item();
            tape.Backward(mean);
            optimizer.Step(1e-4);
            tape.Reset();
            if (step > 0) seconds = Math.Min(seconds, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        double gemm = GemmGflops(engine), flops = Flops(request, full);
        return new JsonObject
        {
            ["shape"] = string.Create(CultureInfo.InvariantCulture, $"{request.Config.Layers} blocks of {request.Config.HiddenSize}, feed-forward {request.Config.IntermediateSize}, vocabulary {request.Config.VocabularySize}, {request.Batch} x {request.Sequence} tokens"),
            ["base"] = request.Base,
            ["rank"] = full ? 0 : request.Rank,
            ["loss"] = loss,
            ["step_s"] = seconds,
            ["tokens_per_s"] = ids.Length / seconds,
            ["engine_peak_mb"] = engine.Memory.PeakBytes / 1e6,
            ["peak_mb"] = PeakResidentMegabytes(),
            ["gemm_gflops"] = gemm,
            ["step_gflops"] = flops / seconds / 1e9,
            ["fraction_of_gemm"] = flops / seconds / 1e9 / gemm,
        };
    }

    // Only products that must be done: forward and dx of each weight, dW where it trains; the causal half of attention, backward 2.5 times as much as forward.
    private static double Flops(Request request, bool full)
    {
        var c = request.Config;
        double attention = (double)c.HiddenSize * (c.Heads + 2 * c.KeyValueHeads) * c.HeadWidth + (double)c.Heads * c.HeadWidth * c.HiddenSize;
        double linears = c.Layers * (attention + 3.0 * c.HiddenSize * c.IntermediateSize), head = (double)c.VocabularySize * c.HiddenSize;
        double tokens = (double)request.Batch * request.Sequence;
        double weights = (full ? 6 : 4) * (linears + head) * tokens;
        double scores = 3.5 * 2 * c.Layers * tokens * request.Sequence * c.Heads * c.HeadWidth;
        return weights + scores;
    }

    private static double GemmGflops(Engine engine)
    {
        using var a = BenchInput.Random(engine, [Gemm, Gemm], seed: 1);
        using var b = BenchInput.Random(engine, [Gemm, Gemm], seed: 2);
        using var c = engine.Empty([Gemm, Gemm]);
        return 2.0 * Gemm * Gemm * Gemm / Stopclock.Best(() => MatMulKernels.Multiply(a, false, b, true, c, accumulate: false)) / 1e9;
    }

    /// <summary>The process's largest resident size: VmHWM where the system tells it.</summary>
    internal static double PeakResidentMegabytes()
    {
        const string status = "/proc/self/status", name = "VmHWM:";
        if (File.Exists(status) && File.ReadLines(status).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal)) is { } line)
            return long.Parse(line.AsSpan(name.Length).Trim().TrimEnd("kB ").ToString(), CultureInfo.InvariantCulture) / 1e3 * 1.024;
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 / 1e6;
    }
}
