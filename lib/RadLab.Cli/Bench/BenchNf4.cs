using System.CommandLine;
using System.Text.Json.Nodes;
using RadLab.Compute;

namespace RadLab.Cli;

/// <summary><c>radlab bench nf4</c>: quantizing, dequantizing and multiplying by NF4 weights, beside the memory's own speed.</summary>
internal static class BenchNf4
{
    private const int Matrices = 16;

    public static Command Create()
    {
        var rows = BenchVerb.Size("--rows", "Rows of the weight.", 4096, 32768);
        var columns = BenchVerb.Size("--cols", "Columns of the weight.", 4096, 32768);
        var threads = BenchVerb.ThreadsOption();
        var json = BenchVerb.JsonOption();
        var command = new Command("nf4", "Weights per second of NF4, and GB/s of its matrix-vector product.") { rows, columns, threads, json };
        command.SetAction(parsed =>
        {
            using var engine = new Engine(new EngineOptions { Threads = parsed.GetValue(threads) });
            return BenchVerb.Print(Run(engine, parsed.GetValue(rows), parsed.GetValue(columns)), parsed.GetValue(json), engine);
        });
        return command;
    }

    private static JsonObject Run(Engine engine, int rows, int columns)
    {
        using var weight = BenchInput.Random(engine, [rows, columns], seed: 1);
        using var codes = engine.Empty([checked((int)FourBitBlocks.PackedBytes(weight.Count))], DType.U8);
        using var scales = engine.Empty([checked((int)FourBitBlocks.Blocks(weight.Count, FourBitBlocks.DefaultBlockSize))]);
        double quantize = Stopclock.Best(() => QuantizedWeightKernels.Encode(weight, WeightFormat.Nf4, FourBitBlocks.DefaultBlockSize, codes, scales));

        using var quantized = QuantizedWeight.Quantize(weight, doubleQuantization: false);
        double write = MachineRates.WriteGigabytes(engine, weight.SizeBytes);
        double f32, bf16;
        using (var y = engine.Empty([rows, columns])) f32 = Stopclock.Best(() => QuantizedWeightKernels.Decode(quantized, y));
        using (var y = engine.Empty([rows, columns], DType.BF16)) bf16 = Stopclock.Best(() => QuantizedWeightKernels.Decode(quantized, y));
        write = Math.Max(write, MachineRates.WriteGigabytes(engine, weight.SizeBytes));

        var (gemv, read) = Gemv(engine, weight, rows, columns, doubleQuantization: false);
        var (nested, again) = Gemv(engine, weight, rows, columns, doubleQuantization: true);
        read = Math.Max(read, again);
        return new JsonObject
        {
            ["shape"] = $"{rows} x {columns}, blocks of {FourBitBlocks.DefaultBlockSize}",
            ["quantize_gweights_s"] = weight.Count / quantize / 1e9,
            ["dequantize_f32_gweights_s"] = weight.Count / f32 / 1e9,
            ["dequantize_bf16_gweights_s"] = weight.Count / bf16 / 1e9,
            ["dequantize_f32_gb_s"] = weight.SizeBytes / f32 / 1e9,
            ["write_gb_s"] = write,
            ["dequantize_fraction_of_write"] = weight.SizeBytes / f32 / 1e9 / write,
            ["gemv_gb_s"] = gemv,
            ["read_gb_s"] = read,
            ["gemv_fraction_of_read"] = gemv / read,
            ["gemv_double_quantized_gb_s"] = nested,
        };
    }

    // One row times many different matrices in turn, so that no cache holds the next one; only the packed codes count.
    private static (double Gemv, double Read) Gemv(Engine engine, Tensor weight, int rows, int columns, bool doubleQuantization)
    {
        var matrices = new QuantizedWeight[Matrices];
        for (int i = 0; i < Matrices; i++) matrices[i] = QuantizedWeight.Quantize(weight, doubleQuantization: doubleQuantization);
        try
        {
            using var x = BenchInput.Random(engine, [1, columns], seed: 2);
            using var y = engine.Empty([1, rows]);
            long bytes = Matrices * matrices[0].Codes.SizeBytes;
            double read = MachineRates.ReadGigabytes(engine, bytes);
            double seconds = Stopclock.Best(() =>
            {
                foreach (var matrix in matrices) Nf4LinearKernels.Forward(x, matrix, y);
            });
            read = Math.Max(read, MachineRates.ReadGigabytes(engine, bytes));
            return (bytes / seconds / 1e9, read);
        }
        finally
        {
            foreach (var matrix in matrices) matrix.Dispose();
        }
    }
}
