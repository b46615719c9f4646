using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Cli;

/// <summary><c>radlab convert</c>: a model into another file format.</summary>
internal static class ConvertVerb
{
    private const int MaxShardMegabytes = 1_000_000;

    public static Command Create()
    {
        var input = new Argument<string>("IN") { Description = "A model folder (Hugging Face or llama2.c); one safetensors file: then every matrix whose name ends in .weight is converted; for gguf-lora an adapter's folder." };
        var to = new Option<string>("--to") { Required = true, HelpName = "FORMAT", Description = string.Join(", ", ConversionTargets.Names) };
        to.AcceptOnlyFromAmong([.. ConversionTargets.Names]);
        var output = new Option<string>("--out") { Required = true, HelpName = "PATH", Description = "A folder; a file for gguf-* and where IN is a safetensors file." };
        var plain = new Option<bool>("--no-double-quant") { Description = "bnb-nf4: keep the scales of the blocks in 32 bits." };
        var skip = new Option<string[]>("--skip") { HelpName = "PATTERN", Description = "Tensors to leave as they are (gguf-*: in F16): parts of their names such as lm_head, or whole names with * and ?." };
        var shard = new Option<int>("--shard-mb") { HelpName = "N", DefaultValueFactory = _ => 5000, Description = "Folders: megabytes of a file; 5000 if not given." };
        var @base = new Option<string?>("--base") { HelpName = "DIR", Description = "gguf-lora: the model that the adapter belongs to." };
        var bare = new Option<bool>("--no-tokenizer") { Description = "gguf-*: leave the tokenizer out." };
        var force = new Option<bool>("--force") { Description = "Replace what is there." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("convert", "Convert a model: safetensors in 32 or 16 bits, bitsandbytes 4 bits, GGUF; or an adapter to GGUF.") { input, to, output, plain, skip, shard, @base, bare, force, json };
        command.SetAction(parsed =>
        {
            int megabytes = parsed.GetValue(shard);
            if (megabytes is < 1 or > MaxShardMegabytes) throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--shard-mb: must be from 1 to {MaxShardMegabytes}, got {megabytes}"));
            var target = ConversionTargets.Parse(parsed.GetValue(to)!);
            if (target == ConversionTarget.GgufLora != parsed.GetValue(@base) is not null)
                throw new UsageException(target == ConversionTarget.GgufLora ? "--base: is missing; gguf-lora needs the folder of the model that the adapter belongs to" : "--base: belongs to --to gguf-lora");
            var options = new ConversionOptions
            {
                Target = target,
                BaseModel = parsed.GetValue(@base),
                WithoutTokenizer = parsed.GetValue(bare),
                DoubleQuantization = !parsed.GetValue(plain),
                Skip = parsed.GetValue(skip) ?? [],
                MaxShardBytes = megabytes * 1_000_000L,
                Overwrite = parsed.GetValue(force),
            };
            Run(parsed.GetValue(input)!, parsed.GetValue(output)!, options, parsed.GetValue(json));
            return ExitCodes.Done;
        });
        return command;
    }

    private static void Run(string input, string output, ConversionOptions options, bool json)
    {
        if (!File.Exists(input) && !Directory.Exists(input)) throw new UsageException($"{input}: there is no such file or folder; check the path");
        bool there = File.Exists(output) || (Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any());
        if (there && !options.Overwrite) throw new UsageException($"--out {output}: is there already; choose another path, or give --force to replace it");
        using var engine = new Engine();
        ConversionResult result;
        try
        {
            result = ModelConversion.Convert(engine, input, output, options);
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message);
        }
        if (json)
        {
            Console.WriteLine(new JsonObject
            {
                ["out"] = output, ["tensors"] = result.Tensors, ["converted"] = result.Converted, ["bytes"] = result.Bytes,
                ["notes"] = new JsonArray([.. result.Notes.Select(n => (JsonNode)n)]),
            }.ToJsonString(DoctorVerb.Json));
            return;
        }
        foreach (string note in result.Notes) Console.WriteLine($"note: {note}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{output}: {result.Converted} of {result.Tensors} tensors converted, {result.Bytes / 1e6:0.0} MB"));
    }
}
