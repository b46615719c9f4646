using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Cli;

/// <summary><c>radlab bench tokenizer</c>: MB/s of text into ids on one core, and what a warm run allocates.</summary>
internal static class BenchTokenizer
{
    public static Command Create()
    {
        var model = new Option<string?>("--model") { Description = "A tokenizer.json, a tokenizer.model, or the folder of a model." };
        var file = new Option<string?>("--file") { Description = "The text to encode, line by line." };
        var json = BenchVerb.JsonOption();
        var command = new Command("tokenizer", "MB/s of a tokenizer on one core.") { model, file, json };
        command.SetAction(parsed =>
        {
            string tokenizer = parsed.GetValue(model) ?? throw new UsageException("bench tokenizer: --model is missing; name a tokenizer.json, a tokenizer.model or the folder of a model");
            string text = parsed.GetValue(file) ?? throw new UsageException("bench tokenizer: --file is missing; name a text file to encode, for example reports, one a line");
            if (!File.Exists(tokenizer) && !Directory.Exists(tokenizer)) throw new UsageException($"bench tokenizer: --model {tokenizer} does not exist");
            if (!File.Exists(text)) throw new UsageException($"bench tokenizer: --file {text} does not exist");
            using var engine = new Engine(new EngineOptions { Threads = 1 });
            return BenchVerb.Print(Run(tokenizer, text), parsed.GetValue(json), engine);
        });
        return command;
    }

    private static JsonObject Run(string model, string file)
    {
        string[] lines = File.ReadAllLines(file);
        long bytes = lines.Sum(l => (long)Encoding.UTF8.GetByteCount(l));
        if (bytes == 0) throw new UsageException($"bench tokenizer: --file {file} holds no text");
        long start = Stopwatch.GetTimestamp();
        var tokenizer = Tokenizer.Load(model);
        double load = Stopwatch.GetElapsedTime(start).TotalSeconds;

        var ids = new List<int>();
        start = Stopwatch.GetTimestamp();
        Pass();
        double first = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double best = Stopclock.Best(Pass);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Pass();
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        int tokens = ids.Count;
        int decodedBytes = Encoding.UTF8.GetByteCount(tokenizer.Decode(CollectionsMarshal.AsSpan(ids)));
        return new JsonObject
        {
            ["mb_s"] = bytes / best / 1e6,
            ["first_pass_mb_s"] = bytes / first / 1e6,
            ["decode_mb_s"] = decodedBytes / Stopclock.Best(() => tokenizer.Decode(CollectionsMarshal.AsSpan(ids))) / 1e6,
            ["tokens_per_s"] = tokens / best,
            ["bytes"] = bytes,
            ["tokens"] = tokens,
            ["bytes_per_token"] = bytes / (double)tokens,
            ["warm_pass_allocated_bytes"] = allocated,
            ["load_s"] = load,
        };

        void Pass()
        {
            ids.Clear();
            foreach (string line in lines) tokenizer.EncodeToIds(line, ids);
        }
    }
}
