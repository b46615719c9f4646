using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using RadLab.Compute;

namespace RadLab.Cli;

/// <summary><c>radlab bench ops</c>: the ops that are bound by memory, forward and with backward, beside the speed of reading and writing.</summary>
internal static class BenchOps
{
    /// <param name="Passes">Tensors of the shape of x that forward reads and writes.</param>
    /// <param name="BackwardPasses">Those that backward reads and writes.</param>
    private sealed record Case(string Name, int Passes, int BackwardPasses, Func<Tape, Tensor, Tensor, Tensor> Op);

    public static Command Create()
    {
        var rows = BenchVerb.Size("--rows", "Rows (tokens).", 4096, 65536);
        var columns = BenchVerb.Size("--cols", "Columns (model width).", 2048, 65536);
        var threads = BenchVerb.ThreadsOption();
        var json = BenchVerb.JsonOption();
        var command = new Command("ops", "GB/s of the elementwise and row-wise ops.") { rows, columns, threads, json };
        command.SetAction(parsed =>
        {
            using var engine = new Engine(new EngineOptions { Threads = parsed.GetValue(threads) });
            var result = Run(engine, parsed.GetValue(rows), parsed.GetValue(columns));
            if (parsed.GetValue(json)) return BenchVerb.Print(result, json: true, engine);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  memory: read {(double)result["read_gb_s"]!:0.0} GB/s, write {(double)result["write_gb_s"]!:0.0} GB/s"));
            foreach (var op in result["ops"]!.AsArray())
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {(string)op!["op"]!,-12} forward {(double)op["forward_gb_s"]!,6:0.0} GB/s   backward {(double)op["backward_gb_s"]!,6:0.0} GB/s"));
            return ExitCodes.Done;
        });
        return command;
    }

    private static JsonObject Run(Engine engine, int rows, int columns)
    {
        using var weight = BenchInput.Random(engine, [columns], seed: 3);
        using var bias = BenchInput.Random(engine, [columns], seed: 4);
        Case[] cases =
        [
            new("Add", 3, 2, (t, x, y) => t.Add(x, y)),
            new("Mul", 3, 5, (t, x, y) => t.Mul(x, y)),
            new("Scale", 2, 2, (t, x, _) => t.Scale(x, 0.5f)),
            new("Silu", 2, 3, (t, x, _) => t.Silu(x)),
            new("Gelu", 2, 3, (t, x, _) => t.Gelu(x)),
            new("SwiGlu", 3, 5, (t, x, y) => t.SwiGlu(x, y)),
            new("RmsNorm", 2, 3, (t, x, _) => t.RmsNorm(x, weight)),
            new("LayerNorm", 2, 3, (t, x, _) => t.LayerNorm(x, weight, bias)),
            new("Dropout", 2, 2, (t, x, _) => t.Dropout(x, 0.1f, new RandomKey(1, 2, 3))),
            new("Transpose", 2, 2, (t, x, _) => t.Transpose(x)),
        ];

        using var a = BenchInput.Random(engine, [rows, columns], seed: 1);
        using var b = BenchInput.Random(engine, [rows, columns], seed: 2);
        var ops = new JsonArray();
        foreach (var c in cases) ops.Add(Measure(engine, c, a, b));
        return new JsonObject
        {
            ["shape"] = $"{rows} x {columns} F32",
            ["read_gb_s"] = MachineRates.ReadGigabytes(engine, 4 * a.SizeBytes),
            ["write_gb_s"] = MachineRates.WriteGigabytes(engine, 4 * a.SizeBytes),
            ["ops"] = ops,
        };
    }

    private static JsonObject Measure(Engine engine, Case c, Tensor a, Tensor b)
    {
        using var silent = engine.Tape(recording: false);
        using var tape = engine.Tape();
        (a.RequiresGrad, b.RequiresGrad) = (true, true);
        double forward = Stopclock.Best(() =>
        {
            c.Op(silent, a, b);
            silent.Reset();
        }, seconds: 0.5);
        using var dy = BenchInput.Random(engine, c.Op(silent, a, b).Shape, seed: 5);
        silent.Reset();

        double both = Stopclock.Best(() =>
        {
            tape.Backward(c.Op(tape, a, b), dy);
            tape.Reset();
            a.ClearGradient();
            b.ClearGradient();
        }, seconds: 0.5);
        // the seed of the backward pass copies dy: two more passes that are not the op's
        return new JsonObject
        {
            ["op"] = c.Name,
            ["forward_gb_s"] = c.Passes * a.SizeBytes / forward / 1e9,
            ["backward_gb_s"] = (c.BackwardPasses + 2) * a.SizeBytes / Math.Max(both - forward, 1e-9) / 1e9,
        };
    }
}
