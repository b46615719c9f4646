using System.CommandLine;
using System.Text.Json.Nodes;
using RadLab.Compute;

namespace RadLab.Cli;

/// <summary><c>radlab bench gemm</c>: GFLOP/s of one matrix product, and its share of the machine's peak.</summary>
internal static class BenchGemm
{
    public static Command Create()
    {
        var m = BenchVerb.Size("--m", "Rows of the result.", 1024, 65536);
        var n = BenchVerb.Size("--n", "Columns of the result.", 1024, 65536);
        var k = BenchVerb.Size("--k", "Length of the sums.", 1024, 65536);
        var layout = new Option<string>("--layout") { Description = "NN, NT (as in a linear layer) or TN.", DefaultValueFactory = _ => "NN" };
        layout.AcceptOnlyFromAmong("NN", "NT", "TN");
        var dtype = new Option<string>("--dtype") { Description = "f32 or bf16 operands.", DefaultValueFactory = _ => "f32" };
        dtype.AcceptOnlyFromAmong("f32", "bf16");
        var threads = BenchVerb.ThreadsOption();
        var json = BenchVerb.JsonOption();
        var command = new Command("gemm", "GFLOP/s of a matrix product.") { m, n, k, layout, dtype, threads, json };
        command.SetAction(parsed =>
        {
            using var engine = new Engine(new EngineOptions { Threads = parsed.GetValue(threads) });
            var result = Run(engine, parsed.GetValue(m), parsed.GetValue(n), parsed.GetValue(k), parsed.GetValue(layout)!, parsed.GetValue(dtype) == "bf16" ? DType.BF16 : DType.F32);
            return BenchVerb.Print(result, parsed.GetValue(json), engine);
        });
        return command;
    }

    private static JsonObject Run(Engine engine, int M, int N, int K, string layout, DType dtype)
    {
        bool ta = layout[0] == 'T', tb = layout[1] == 'T';
        using var a = BenchInput.Random(engine, ta ? [K, M] : [M, K], seed: 1, dtype);
        using var b = BenchInput.Random(engine, tb ? [N, K] : [K, N], seed: 2, dtype);
        using var c = engine.Empty([M, N]);

        // the peak before and after: a machine that slows down under load must not flatter the product
        double peak = MachineRates.PeakFmaGflops(engine);
        double seconds = Stopclock.Best(() => MatMulKernels.Multiply(a, ta, b, tb, c, accumulate: false));
        double gflops = 2.0 * M * N * K / seconds / 1e9;
        peak = Math.Max(gflops, Math.Max(peak, MachineRates.PeakFmaGflops(engine)));

        // what the product cannot beat: its arithmetic at the peak, or reading its operands once where they lie (cache or memory)
        long bytes = a.SizeBytes + b.SizeBytes + c.SizeBytes;
        double read = MachineRates.ReadGigabytes(engine, Math.Max(bytes, 1 << 20));
        double bound = Math.Max(2.0 * M * N * K / peak, bytes / read) / 1e9;
        return new JsonObject
        {
            ["shape"] = $"{layout} {M} x {N} x {K} {dtype}",
            ["gflops"] = gflops,
            ["peak_fma_gflops"] = peak,
            ["fraction_of_peak"] = gflops / peak,
            ["operand_gb_s"] = bytes / seconds / 1e9,
            ["read_gb_s"] = read,
            ["fraction_of_bound"] = bound / seconds,
        };
    }
}
