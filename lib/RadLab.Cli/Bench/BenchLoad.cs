using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Cli;

/// <summary><c>radlab bench load</c>: MB/s of a model folder into memory, from files that the system has in its cache.</summary>
internal static class BenchLoad
{
    private const int LeastRuns = 3, LeastSeconds = 6;

    // a block of this shape has 103 MB of weights in 16 bits; few tokens, so that nearly all of the folder is quantized
    private static readonly LlamaConfig s_shape = new()
    {
        VocabularySize = 4096, HiddenSize = 2048, IntermediateSize = 5632, Layers = 1, Heads = 32, KeyValueHeads = 32, HeadWidth = 64, RmsNormEps = 1e-5f,
    };

    public static Command Create()
    {
        var model = new Option<string?>("--model") { HelpName = "DIR", Description = "A model folder; without it, one is made in a temporary place and removed." };
        var megabytes = BenchVerb.Size("--mb", "Size of the folder that is made.", 1024, 1 << 16);
        var dtype = new Option<string>("--dtype") { HelpName = "DTYPE", DefaultValueFactory = _ => "bf16", Description = "Of the folder that is made: bf16, f16 or f32." };
        dtype.AcceptOnlyFromAmong("bf16", "f16", "f32");
        var format = new Option<string>("--format") { HelpName = "FORMAT", DefaultValueFactory = _ => "nf4", Description = "How the linear layers are kept: nf4, bf16 or f32." };
        format.AcceptOnlyFromAmong("nf4", "bf16", "f32");
        var threads = BenchVerb.ThreadsOption();
        var json = BenchVerb.JsonOption();
        var command = new Command("load", "MB/s of loading a model folder, and the memory that it takes at its peak.") { model, megabytes, dtype, format, threads, json };
        command.SetAction(parsed =>
        {
            using var engine = new Engine(new EngineOptions { Threads = parsed.GetValue(threads) });
            var storage = new LlamaStorage { Linears = parsed.GetValue(format) switch { "nf4" => WeightFormat.Nf4, "bf16" => WeightFormat.BF16, _ => WeightFormat.F32 } };
            if (parsed.GetValue(model) is { } given)
            {
                if (!Directory.Exists(given)) throw new UsageException($"bench load: --model {given} does not exist");
                return BenchVerb.Print(Run(engine, given, storage), parsed.GetValue(json), engine);
            }
            string folder = Directory.CreateTempSubdirectory("radlab-bench-").FullName;
            try
            {
                Fill(folder, parsed.GetValue(megabytes) * 1_000_000L, parsed.GetValue(dtype)!);
                return BenchVerb.Print(Run(engine, folder, storage), parsed.GetValue(json), engine);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        });
        return command;
    }

    // Pseudo-random bits below the exponents of large numbers: what a quantizer sees of real weights, made as fast as the disk takes it.
    private static void Fill(string folder, long bytes, string dtype)
    {
        int width = dtype == "f32" ? 4 : 2;
        var config = s_shape;
        while (LlamaWeights.Count(config) * width < bytes && config.Layers < 4096) config = config with { Layers = config.Layers + 1 };
        var type = dtype switch { "bf16" => SafeTensorsDType.BF16, "f16" => SafeTensorsDType.F16, _ => SafeTensorsDType.F32 };
        using var writer = SafeTensorsWriter.Create(Path.Combine(folder, "model.safetensors"), LlamaWeights.Parameters(config).Select(p => new SafeTensorsSpec(p.Name, type, [.. p.Shape.Select(d => (long)d)])), []);
        var piece = new byte[1 << 20];
        ulong state = 1;
        foreach (var entry in writer.Entries)
            for (long left = entry.ByteCount; left > 0; left -= piece.Length)
            {
                for (int i = 0; i < piece.Length; i += width)
                {
                    state = state * 6364136223846793005 + 1442695040888963407;   // Knuth's multiplier
                    float value = ((int)(state >> 40) - (1 << 23)) * (1f / (1 << 28));
                    if (width == 4) BitConverter.TryWriteBytes(piece.AsSpan(i), value);
                    else if (dtype == "f16") BitConverter.TryWriteBytes(piece.AsSpan(i), (Half)value);
                    else BitConverter.TryWriteBytes(piece.AsSpan(i), BFloat16.FromSingle(value));
                }
                writer.Append(entry.Name, piece.AsSpan(0, (int)Math.Min(left, piece.Length)));
            }
        writer.Commit();
        string saved = dtype switch { "bf16" => "bfloat16", "f16" => "float16", _ => "float32" };
        File.WriteAllBytes(Path.Combine(folder, "config.json"), (config with { SavedDType = saved }).ToJson());
    }

    private static JsonObject Run(Engine engine, string folder, LlamaStorage storage)
    {
        long bytes = Directory.EnumerateFiles(folder, "*.safetensors").Sum(f => new FileInfo(f).Length);
        double best = double.PositiveInfinity, processor = double.PositiveInfinity;
        long peak = 0, live = 0;
        Load();   // brings the files into the system's cache, and the code to its final form
        best = processor = double.PositiveInfinity;
        long begin = Stopwatch.GetTimestamp();
        for (int run = 0; run < (Stopclock.Patience < 1 ? 1 : LeastRuns) || Stopwatch.GetElapsedTime(begin).TotalSeconds < LeastSeconds * Stopclock.Patience; run++) Load();
        return new JsonObject
        {
            ["file_mb"] = bytes / 1e6,
            ["format"] = storage.Linears.ToString(),
            ["seconds"] = best,
            ["mb_s"] = bytes / best / 1e6,
            ["processor_seconds"] = processor,   // of all threads: what a machine that others use as well cannot distort as much
            ["model_mb"] = live / 1e6,
            ["peak_mb"] = peak / 1e6,
        };

        void Load()
        {
            engine.ResetPeak();
            var used = Process.GetCurrentProcess().TotalProcessorTime;
            long start = Stopwatch.GetTimestamp();
            using var model = LlamaModel.Load(engine, folder, storage);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
            processor = Math.Min(processor, (Process.GetCurrentProcess().TotalProcessorTime - used).TotalSeconds);
            (live, peak) = (engine.Memory.LiveBytes, engine.Memory.PeakBytes);
        }
    }
}
