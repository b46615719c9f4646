using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Cli;

/// <summary>Carries out a <see cref="GenerateRequest"/>: text on standard output as it comes, notes on standard error.</summary>
internal static class Generation
{
    /// <exception cref="OperationCanceledException">Interrupted: the text so far has been written.</exception>
    public static int Run(GenerateRequest request, CancellationToken cancellation)
    {
        using var engine = new Engine(new EngineOptions { Threads = request.Threads });
        using var interrupt = cancellation.Register(engine.Interrupt);
        try
        {
            var folder = ModelFolder.Find(request.Model);
            var tokenizer = folder.LoadTokenizer();
            int[] prompt = Encode(request, tokenizer);
            using var model = folder.Load(engine, request.Storage);
            if (request.Adapter is { } adapter) Attach(model, adapter, folder, request.Force);
            model.KeepScalesDecoded();
            cancellation.ThrowIfCancellationRequested();
            // after an empty prompt a text begins; otherwise the space in front of its first word counts
            bool continuing = request.Prompt.Length > 0 && request.Chat is null;
            var options = request.Options with { Decode = TextStream.Decode(tokenizer, continuing) };
            var generator = new Generator(model);
            if (request.Choices.Count > 0) Choose(request, generator, tokenizer, prompt);
            else if (request.Beams > 1) Beams(request, generator, prompt, options);
            else Write(request, generator, tokenizer, prompt, options, continuing);
            return ExitCodes.Done;
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private static void Attach(LlamaModel model, string adapter, ModelFolder folder, bool force)
    {
        // an adapter that changes its base needs the weights that a quantized base was made of
        using var original = folder.Llama2cFile is null ? OriginalWeights.Open(folder.Path) : null;
        var loaded = PeftFolder.Load(model, adapter, folder.Identity(), force, original: original);
        loaded.Adapters.DropoutActive = false;
        foreach (string note in loaded.Notes) Console.Error.WriteLine($"note: {note}");
    }

    private static int[] Encode(GenerateRequest request, Tokenizer tokenizer) => request.Chat is null
        ? tokenizer.EncodeToIds(request.Prompt, new EncodeOptions { AddBos = tokenizer.BosId is not null, ParseSpecialTokens = request.ParseSpecial })
        : Template(request).Encode(tokenizer, Messages(request)).Ids;

    private static ChatTemplate Template(GenerateRequest request) => request.Chat == "llama2" ? ChatTemplate.Llama2 : ChatTemplate.Llama3;

    private static ChatMessage[] Messages(GenerateRequest request, params ChatMessage[] more) =>
        [.. request.System is { } system ? [new ChatMessage(ChatRole.System, system)] : (ChatMessage[])[], new ChatMessage(ChatRole.User, request.Prompt), .. more];

    private static void Write(GenerateRequest request, Generator generator, Tokenizer tokenizer, int[] prompt, GenerationOptions options, bool continuing)
    {
        using var output = Output();
        var stream = new TextStream(tokenizer, options.StopStrings, continuing, piece =>
        {
            if (!request.Json) output.Write(piece);
        });
        long start = Stopwatch.GetTimestamp();
        double first = 0;
        try
        {
            var text = generator.Generate(prompt, options, token =>
            {
                if (first == 0) first = Stopwatch.GetElapsedTime(start).TotalSeconds;
                stream.Append(token);
            });
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            stream.Complete();
            if (request.Json) output.WriteLine(Json(prompt, text, seconds, first).ToJsonString(DoctorVerb.Json));
        }
        finally
        {
            if (!request.Json) output.WriteLine();
        }
    }

    private static JsonObject Json(int[] prompt, GeneratedText text, double seconds, double first) => new()
    {
        ["text"] = text.Text,
        ["tokens"] = Ids(text.Tokens),
        ["stop"] = Name(text.Stop),
        ["prompt_tokens"] = prompt.Length,
        ["seconds"] = seconds,
        ["first_token_seconds"] = first,
        ["tokens_per_s"] = text.Tokens.Count > 1 && seconds > first ? (text.Tokens.Count - 1) / (seconds - first) : null,
    };

    private static void Beams(GenerateRequest request, Generator generator, int[] prompt, GenerationOptions options)
    {
        var beams = generator.BeamSearch(prompt, request.Beams, options);
        using var output = Output();
        if (!request.Json)
        {
            output.WriteLine(beams[0].Text.Text);
            return;
        }
        var texts = beams.Select(b => (JsonNode)new JsonObject
        {
            ["text"] = b.Text.Text, ["tokens"] = Ids(b.Text.Tokens), ["stop"] = Name(b.Text.Stop), ["log_probability"] = b.LogProbability, ["score"] = b.Score,
        });
        output.WriteLine(new JsonObject { ["prompt_tokens"] = prompt.Length, ["beams"] = new JsonArray([.. texts]) }.ToJsonString(DoctorVerb.Json));
    }

    private static void Choose(GenerateRequest request, Generator generator, Tokenizer tokenizer, int[] prompt)
    {
        var choices = request.Choices.Select(c => Answer(request, generator.Model.Config, tokenizer, prompt, c)).ToList();
        var scores = generator.Choose(prompt, choices);
        using var output = Output();
        if (request.Json)
        {
            var rated = request.Choices.Select((c, i) => (JsonNode)new JsonObject { ["text"] = c, ["probability"] = scores.Probabilities[i], ["log_probability"] = scores.RawLogProbabilities[i] });
            output.WriteLine(new JsonObject { ["best"] = request.Choices[scores.Best], ["prompt_tokens"] = prompt.Length, ["choices"] = new JsonArray([.. rated]) }.ToJsonString(DoctorVerb.Json));
            return;
        }
        foreach (int i in Enumerable.Range(0, choices.Count).OrderByDescending(i => scores.RawLogProbabilities[i]).ThenBy(i => i))
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{scores.Probabilities[i],7:0.0000}  {request.Choices[i]}"));
    }

    // Each ends with a stop token: without it the shorter of two that begin alike would always rate higher.
    private static int[] Answer(GenerateRequest request, LlamaConfig config, Tokenizer tokenizer, int[] prompt, string choice)
    {
        if (request.Chat is not null) return Template(request).Encode(tokenizer, Messages(request, new ChatMessage(ChatRole.Assistant, choice))).Ids[prompt.Length..];
        int[] whole = Encode(request with { Prompt = request.Prompt + choice }, tokenizer);
        if (whole.Length > prompt.Length && whole.AsSpan().StartsWith(prompt)) return [.. whole.AsSpan(prompt.Length), .. config.EosTokenIds.Take(1)];
        throw new UsageException($"--choices '{choice}': must begin a new token behind the prompt; put the space between the two at the beginning of the choice, not at the end of the prompt");
    }

    private static JsonArray Ids(IReadOnlyList<int> tokens) => new([.. tokens.Select(t => (JsonNode)t)]);

    private static string Name(StopReason reason) => reason switch { StopReason.StopToken => "stop_token", StopReason.StopString => "stop_string", _ => "length" };

    // UTF-8 whatever the terminal's setting, each piece at once
    private static StreamWriter Output() => new(Console.OpenStandardOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true, NewLine = "\n" };
}
