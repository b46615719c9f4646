using System.CommandLine;
using System.Globalization;
using System.Text;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Cli;

/// <summary><c>radlab generate</c>: continues a prompt with a model, or chooses among given answers.</summary>
internal static class GenerateVerb
{
    private const int MaxPromptBytes = 16 << 20;

    public static Command Create()
    {
        var model = new Option<string>("--model") { Required = true, HelpName = "DIR", Description = "A Hugging Face folder, or a llama2.c model or its folder." };
        var adapter = new Option<string?>("--adapter") { HelpName = "DIR", Description = "A PEFT folder that belongs to the model." };
        var force = new Option<bool>("--force") { Description = "Load the adapter on another base than its own all the same." };
        var format = new Option<string>("--format") { HelpName = "FORMAT", DefaultValueFactory = _ => "auto", Description = "How the linear layers are kept: nf4, bf16 or f32. auto: as they are stored." };
        format.AcceptOnlyFromAmong("auto", "nf4", "bf16", "f32");
        var prompt = new Option<string?>("--prompt") { HelpName = "TEXT", Description = "What to continue. Without it and --prompt-file the prompt is read from standard input." };
        var file = new Option<string?>("--prompt-file") { HelpName = "FILE", Description = "A file with the prompt, in UTF-8." };
        var chat = new Option<string?>("--chat") { HelpName = "FORM", Description = "Put the prompt as a question in the form of llama2 or llama3." };
        chat.AcceptOnlyFromAmong("llama2", "llama3");
        var system = new Option<string?>("--system") { HelpName = "TEXT", Description = "--chat: the system message." };
        var special = new Option<bool>("--parse-special") { Description = "Read control tokens such as <|eot_id|> in the prompt as such; otherwise they are plain text." };
        var tokens = BenchVerb.Size("--max-tokens", "New tokens at most.", 128, 1 << 20);
        var temperature = new Option<double>("--temperature") { HelpName = "T", Description = "0, the default, always takes the likeliest token; 1 draws by the model's own probabilities." };
        var topK = new Option<int>("--top-k") { HelpName = "K", Description = "Draw from the K likeliest tokens only; 0: from all." };
        var topP = new Option<double>("--top-p") { HelpName = "P", DefaultValueFactory = _ => 1, Description = "Draw from the fewest likeliest tokens that have this share of the probability." };
        var seed = new Option<ulong>("--seed") { HelpName = "N", Description = "The same seed draws the same text on every machine." };
        var penalty = new Option<double>("--repetition-penalty") { HelpName = "X", DefaultValueFactory = _ => 1, Description = "Above 1 lowers the scores of tokens that are there already." };
        var stop = new Option<string[]>("--stop") { HelpName = "TEXT", Description = "Ends the text and is left out of it; may be given several times." };
        var beams = BenchVerb.Size("--beams", "Follow so many texts side by side and print the best.", 1, 256);
        var choices = new Option<string[]>("--choices") { HelpName = "TEXT", AllowMultipleArgumentsPerToken = true, Description = "Rate these answers instead of writing one." };
        var threads = BenchVerb.ThreadsOption();
        var json = new Option<bool>("--json") { Description = "Print one JSON object instead of the text as it comes." };
        var command = new Command("generate", "Continue a prompt with a model, token by token; or choose among given answers.")
        {
            model, adapter, force, format, prompt, file, chat, system, special, tokens, temperature, topK, topP, seed, penalty, stop, beams, choices, threads, json,
        };
        // on a thread of its own, so that an interrupt is heard while the model computes
        command.SetAction((parsed, cancellation) => Task.Run(() => Generation.Run(Request(parsed), cancellation), CancellationToken.None));
        return command;

        GenerateRequest Request(ParseResult parsed)
        {
            if (parsed.GetValue(system) is not null && parsed.GetValue(chat) is null) throw new UsageException("--system: needs --chat, which says in what form it stands before the question");
            if (parsed.GetValue(force) && parsed.GetValue(adapter) is null) throw new UsageException("--force: has a meaning with --adapter only");
            if (parsed.GetValue(choices) is { Length: > 0 } && parsed.GetValue(beams) > 1) throw new UsageException("--beams: writes a text, --choices writes none; give one of them");
            string[] missing = [.. ((string?[])[parsed.GetValue(model), parsed.GetValue(adapter)]).Where(p => p is not null && !File.Exists(p) && !Directory.Exists(p))!];
            if (missing.Length > 0) throw new UsageException($"{missing[0]}: there is no such file or folder; check the path");
            return new GenerateRequest(
                parsed.GetValue(model)!, parsed.GetValue(adapter), parsed.GetValue(force), new LlamaStorage { Linears = Format(parsed.GetValue(format)!, parsed.GetValue(model)!) }, parsed.GetValue(threads),
                Prompt(parsed.GetValue(prompt), parsed.GetValue(file)), parsed.GetValue(chat), parsed.GetValue(system), parsed.GetValue(special),
                new GenerationOptions
                {
                    MaxNewTokens = parsed.GetValue(tokens), Temperature = parsed.GetValue(temperature), TopK = parsed.GetValue(topK), TopP = parsed.GetValue(topP),
                    Seed = parsed.GetValue(seed), RepetitionPenalty = parsed.GetValue(penalty), StopStrings = parsed.GetValue(stop) ?? [],
                },
                parsed.GetValue(beams), parsed.GetValue(choices) ?? [], parsed.GetValue(json));
        }
    }

    private static WeightFormat Format(string name, string model) => name switch
    {
        "nf4" => WeightFormat.Nf4,
        "bf16" => WeightFormat.BF16,
        "f32" => WeightFormat.F32,
        _ => Stored(ModelFolder.Find(model).LoadConfig()),
    };

    private static WeightFormat Stored(LlamaConfig config) => config.Quantization is { } q
        ? q.QuantType == Fp4.Name ? WeightFormat.Fp4 : WeightFormat.Nf4
        : config.SavedDType is "bfloat16" or "float16" ? WeightFormat.BF16 : WeightFormat.F32;

    private static string Prompt(string? text, string? file)
    {
        if (text is not null && file is not null) throw new UsageException("--prompt-file: give either it or --prompt");
        if (text is not null) return text;
        if (file is null && !Console.IsInputRedirected) throw new UsageException("--prompt: is missing; give it, or --prompt-file, or the text on standard input");
        if (file is not null && !File.Exists(file)) throw new UsageException($"--prompt-file {file}: there is no such file; check the path");
        using var stream = file is null ? Console.OpenStandardInput() : File.OpenRead(file);
        var bytes = new MemoryStream();
        var piece = new byte[1 << 16];
        for (int read; (read = stream.Read(piece)) > 0;)
        {
            bytes.Write(piece, 0, read);
            if (bytes.Length > MaxPromptBytes) throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"{(file is null ? "standard input" : "--prompt-file " + file)}: must have at most {MaxPromptBytes} bytes"));
        }
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
        }
        catch (DecoderFallbackException)
        {
            throw new UsageException($"{(file is null ? "standard input" : "--prompt-file " + file)}: must be text in UTF-8");
        }
    }
}
