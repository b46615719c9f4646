using System.Globalization;
using System.Text.Json;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Cli;

/// <summary>The texts on which a merge is measured, as token ids.</summary>
internal sealed record MergePrompts(IReadOnlyList<IReadOnlyList<int>> Tokens, IReadOnlyList<string> Notes)
{
    private const int MostTokens = 512;
    private const int MostPrompts = 1000;
    private const long MostBytes = 64 << 20;

    private static readonly string[] s_builtIn =
    [
        "Findings: The lungs are clear. No pleural effusion or pneumothorax. Heart size is normal. Impression:",
        "CT of the abdomen and pelvis with intravenous contrast. The liver, spleen and pancreas are unremarkable.",
        "MRI of the brain without contrast: no restricted diffusion, no mass effect, ventricles of normal size.",
        "Comparison: none. There is a small nodule in the right upper lobe, which should be followed in 12 months.",
        "History: right upper quadrant pain, question of gallstones. Protocol:",
        "Degenerative changes of the lumbar spine with mild narrowing of the neural foramina at L4-L5.",
        "The following is a note in plain language for the patient. Your scan",
        "1. Mild cardiomegaly. 2. Interval improvement of the left basal opacity. 3.",
    ];

    /// <param name="file">Null: the built-in texts.</param>
    public static MergePrompts Read(string model, string? file)
    {
        var config = LlamaConfig.Load(model);
        bool tokenizer = ((string[])["tokenizer.json", "tokenizer.model"]).Any(n => File.Exists(Path.Combine(model, n)));
        if (!tokenizer)
        {
            if (file is not null) throw new UsageException($"--prompts {file}: needs a tokenizer in the model folder, which has neither tokenizer.json nor tokenizer.model");
            return new MergePrompts([.. Enumerable.Range(0, s_builtIn.Length).Select(i => Random(config, i))], ["the model folder has no tokenizer: measured on random tokens"]);
        }
        var notes = new List<string>();
        var texts = file is null ? s_builtIn : Lines(file);
        var encoder = Tokenizer.Load(model);
        var options = new EncodeOptions { AddBos = encoder.BosId is not null };
        int longest = Math.Min(MostTokens, config.MaxPositions), cut = 0;
        var tokens = new List<IReadOnlyList<int>>();
        foreach (string text in texts)
        {
            int[] ids = encoder.EncodeToIds(text, options);
            if (ids.Length > longest) cut++;
            tokens.Add(ids.Length > longest ? ids[..longest] : ids);
        }
        if (cut > 0) notes.Add(string.Create(CultureInfo.InvariantCulture, $"{cut} of {tokens.Count} prompts were cut to {longest} tokens"));
        return new MergePrompts(tokens, notes);
    }

    private static IReadOnlyList<string> Lines(string file)
    {
        var info = new FileInfo(file);
        if (!info.Exists) throw new UsageException($"--prompts {file}: there is no such file; check the path");
        if (info.Length > MostBytes) throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--prompts {file}: must have at most {MostBytes} bytes, got {info.Length}"));
        bool json = file.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase);
        var texts = new List<string>();
        int number = 0;
        foreach (string line in File.ReadLines(file))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line)) continue;
            if (texts.Count == MostPrompts) throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--prompts {file}: must hold at most {MostPrompts} texts"));
            texts.Add(json ? Prompt(file, number, line) : line);
        }
        return texts.Count > 0 ? texts : throw new UsageException($"--prompts {file}: must hold at least one text");
    }

    private static string Prompt(string file, int number, string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 16 });
            if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("prompt", out var prompt) && prompt.ValueKind == JsonValueKind.String)
                return prompt.GetString()!;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // below: the reader's own message may quote the text
        }
        throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--prompts {file}: line {number} must be a JSON object with the string \"prompt\""));
    }

    private static int[] Random(LlamaConfig config, int index)
    {
        var key = new RandomKey(1, (uint)index, 0);
        return [.. Enumerable.Range(0, Math.Min(32, config.MaxPositions)).Select(i => key.Below((ulong)i, config.VocabularySize))];
    }
}
