using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Cli;

/// <summary><c>radlab bench decode</c>: tokens per second of one text, which is bound by reading every weight once a token.</summary>
internal static class BenchDecode
{
    private const int LeastRuns = 5;
    private const double LeastSeconds = 5;

    public static Command Create()
    {
        var hidden = BenchVerb.Size("--hidden", "Model width.", 768, 32768);
        var layers = BenchVerb.Size("--layers", "Blocks.", 12, 256);
        var heads = BenchVerb.Size("--heads", "Query heads.", 12, 1024);
        var keyValueHeads = BenchVerb.Size("--kv-heads", "Key-value heads.", 12, 1024);
        var feedForward = BenchVerb.Size("--ffn", "Feed-forward width.", 2048, 131072);
        var vocabulary = BenchVerb.Size("--vocab", "Tokens of the vocabulary.", 32000, 1 << 20);
        var tokens = BenchVerb.Size("--tokens", "New tokens.", 128, 8192);
        var linears = Format("--base", "Format of the blocks' weights.");
        var head = Format("--head", "Format of the output head.");
        var cache = new Option<string>("--cache") { Description = "Format of the cached keys and values: f32 or bf16.", DefaultValueFactory = _ => "f32" };
        cache.AcceptOnlyFromAmong("f32", "bf16");
        var threads = BenchVerb.ThreadsOption();
        var json = BenchVerb.JsonOption();
        var command = new Command("decode", "Tokens per second of generation, one text at a time.") { hidden, layers, heads, keyValueHeads, feedForward, vocabulary, tokens, linears, head, cache, threads, json };
        command.SetAction(parsed =>
        {
            int c = parsed.GetValue(hidden), h = parsed.GetValue(heads), k = parsed.GetValue(keyValueHeads), n = parsed.GetValue(tokens);
            if (h % k != 0) throw Bad($"--kv-heads must divide --heads {h}, got {k}");
            if (c % h != 0 || c / h % 2 != 0 || c / h > 256) throw Bad($"--heads must cut --hidden {c} into heads of an even width up to 256, got {h}");
            if (parsed.GetValue(head) == "nf4" && parsed.GetValue(linears) != "nf4") throw Bad($"--head nf4 needs --base nf4: only a quantized model has a quantized head, got --base {parsed.GetValue(linears)}");
            using var engine = new Engine(new EngineOptions { Threads = parsed.GetValue(threads) });
            var config = new LlamaConfig
            {
                VocabularySize = parsed.GetValue(vocabulary), HiddenSize = c, IntermediateSize = parsed.GetValue(feedForward), Layers = parsed.GetValue(layers),
                Heads = h, KeyValueHeads = k, HeadWidth = c / h, RmsNormEps = 1e-5f, MaxPositions = n + 1,
            };
            return BenchVerb.Print(Run(engine, config, Storage(parsed.GetValue(linears)!, parsed.GetValue(head)!), n, parsed.GetValue(cache) == "bf16" ? DType.BF16 : DType.F32), parsed.GetValue(json), engine);
        });
        return command;
    }

    private static UsageException Bad(FormattableString problem) => new(problem.ToString(CultureInfo.InvariantCulture));

    private static Option<string> Format(string name, string description)
    {
        var option = new Option<string>(name) { Description = description + " nf4, bf16 or f32.", DefaultValueFactory = _ => "nf4" };
        option.AcceptOnlyFromAmong("nf4", "bf16", "f32");
        return option;
    }

    private static LlamaStorage Storage(string linears, string head) => new()
    {
        Linears = linears switch { "nf4" => WeightFormat.Nf4, "bf16" => WeightFormat.BF16, _ => WeightFormat.F32 },
        QuantizeHead = head == "nf4",
        Embedding = head == "f32" ? DType.F32 : DType.BF16,
        Activations = DType.F32,
    };

    private static JsonObject Run(Engine engine, LlamaConfig config, LlamaStorage storage, int tokens, DType cache)
    {
        using var model = LlamaModel.Random(engine, config, seed: 1, storage);
        // counted as stored: the decoded scales that are read in the place of their codes are the engine's own affair
        long bytes = model.Linears.Append(model.Head!).Sum(l => l.Quantized?.SizeBytes ?? l.Weight!.Value.SizeBytes);
        model.KeepScalesDecoded();
        var generator = new Generator(model);
        var options = new GenerationOptions { MaxNewTokens = tokens, StopTokens = [], CacheDType = cache };

        // before and after: a machine that slows down under load must not flatter the model
        double read = MachineRates.ReadGigabytes(engine, bytes);
        double seconds = BestSeconds(generator, options);
        read = Math.Max(read, MachineRates.ReadGigabytes(engine, bytes));
        double gigabytes = bytes * (tokens / seconds) / 1e9;
        return new JsonObject
        {
            ["shape"] = string.Create(CultureInfo.InvariantCulture, $"{config.Layers} blocks of {config.HiddenSize}, {config.Heads} heads on {config.KeyValueHeads}, feed-forward {config.IntermediateSize}, vocabulary {config.VocabularySize}"),
            ["base"] = storage.Linears.ToString(),
            ["head"] = storage.QuantizeHead ? storage.Linears.ToString() : storage.Embedding.ToString(),
            ["cache"] = cache.ToString(),
            ["tokens"] = tokens,
            ["weight_mb"] = bytes / 1e6,
            ["tokens_per_s"] = tokens / seconds,
            ["weights_gb_s"] = gigabytes,
            ["read_gb_s"] = read,
            ["fraction_of_read"] = gigabytes / read,
        };
    }

    // The best of several runs for each token: on a shared machine every whole run measures the neighbours as well.
    private static double BestSeconds(Generator generator, GenerationOptions options)
    {
        double[] best = [.. Enumerable.Repeat(double.PositiveInfinity, options.MaxNewTokens)];
        generator.Generate([1], options);
        long begin = Stopwatch.GetTimestamp();
        for (int run = 0; run < (Stopclock.Patience < 1 ? 1 : LeastRuns) || Stopwatch.GetElapsedTime(begin).TotalSeconds < LeastSeconds * Stopclock.Patience; run++)
        {
            int token = 0;
            long start = Stopwatch.GetTimestamp();
            generator.Generate([1], options, _ =>
            {
                long now = Stopwatch.GetTimestamp();
                best[token] = Math.Min(best[token], Stopwatch.GetElapsedTime(start, now).TotalSeconds);
                start = now;
                token++;
            });
        }
        return best.Sum();
    }
}
