using System.Globalization;
using RadLab.Compute;

namespace RadLab.Models;

/// <summary>
/// RadLab's own small model, for notebooks, tests and first runs: a Llama of 6.2 million parameters with a byte-level tokenizer of 4,096 pieces, 12.4 MB in BF16. It is
/// trained on generated reports and belongs to the project, so that nothing has to be downloaded.
/// </summary>
/// <remarks>Every width is a multiple of 64: whole blocks in each of the 4-bit and 8-bit formats.</remarks>
public static class RadLabTiny
{
    public const string Name = "radlab-tiny";

    /// <summary>Bytes of its weights' file at most.</summary>
    public const long MaxBytes = 13_000_000;

    private const int VocabularySize = 4096;
    private const string Folders = "lib/RadLab.Models/Weights";
    private const string EndOfTurn = "<|eot_id|>", TokenizerFile = "tokenizer.json";

    // in the order of BpeTraining's special tokens, which stand at the end of the vocabulary
    private const int Bos = VocabularySize - 5, Eos = VocabularySize - 4, EndOfTurnId = VocabularySize - 1;

    /// <summary>With the token ids of a full vocabulary.</summary>
    public static LlamaConfig Config { get; } = new()
    {
        VocabularySize = VocabularySize,
        HiddenSize = 256,
        IntermediateSize = 704,
        Layers = 7,
        Heads = 8,
        KeyValueHeads = 4,
        HeadWidth = 32,
        RmsNormEps = 1e-5f,
        RopeTheta = 10_000,
        MaxPositions = 1024,
        TiedEmbeddings = true,
        BosTokenId = Bos,
        EosTokenIds = [Eos, EndOfTurnId],
    };

    /// <summary>Learns the tokenizer; the special tokens are those of Llama 3's chat form.</summary>
    /// <exception cref="ArgumentException">The texts have too few different words for 4,096 pieces.</exception>
    public static ByteLevelBpe TrainTokenizer(IEnumerable<string> texts)
    {
        var tokenizer = ByteLevelBpe.Train(texts, new BpeTraining { VocabularySize = VocabularySize });
        if (tokenizer.VocabularySize != VocabularySize)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"RadLabTiny.TrainTokenizer: the texts must yield {VocabularySize} pieces, got {tokenizer.VocabularySize}; give more of them."), nameof(texts));
        return tokenizer;
    }

    /// <summary>The untrained model: the same numbers for the same seed everywhere.</summary>
    public static LlamaModel Random(Engine engine, ulong seed, LlamaStorage? storage = null) => LlamaModel.Random(engine, Config, seed, storage);

    /// <summary>The folder that holds weights and tokenizer, beside the program or in the project; null where they are not there yet.</summary>
    public static string? Find() => Candidates(AppContext.BaseDirectory).FirstOrDefault(f => File.Exists(Path.Combine(f, "config.json")));

    /// <summary>The trained model.</summary>
    /// <param name="folder">Null: <see cref="Find"/>.</param>
    /// <param name="storage">Null: BF16, as on disk.</param>
    /// <exception cref="FileNotFoundException">The weights are not there.</exception>
    /// <exception cref="CheckpointFormatException">The folder holds another model.</exception>
    public static LlamaModel Load(Engine engine, string? folder = null, LlamaStorage? storage = null)
    {
        folder ??= Require();
        RequireShape(LlamaConfig.Load(folder), folder);
        return LlamaModel.Load(engine, folder, storage ?? new LlamaStorage { Linears = WeightFormat.BF16 });
    }

    /// <param name="folder">Null: where the model's files belong; the tokenizer is there before the weights are trained.</param>
    /// <exception cref="FileNotFoundException">The tokenizer is not there.</exception>
    public static ByteLevelBpe LoadTokenizer(string? folder = null)
    {
        folder ??= Candidates(AppContext.BaseDirectory).FirstOrDefault(f => File.Exists(Path.Combine(f, TokenizerFile))) ?? Require();
        string path = Path.Combine(folder, TokenizerFile);
        var tokenizer = ByteLevelBpe.LoadTokenizerJson(path);
        if (tokenizer.VocabularySize != VocabularySize || tokenizer.BosId != Bos || tokenizer.EosId != Eos || tokenizer.IdOf(EndOfTurn) != EndOfTurnId)
            throw new CheckpointFormatException(path, "vocabulary", $"is not that of {Name}", $"write it with {nameof(RadLabTiny)}.{nameof(Save)}");
        return tokenizer;
    }

    /// <summary>Writes the folder that <see cref="Load"/> and <see cref="LoadTokenizer"/> read: weights in BF16, config and tokenizer.</summary>
    public static void Save(LlamaModel model, ByteLevelBpe tokenizer, string folder)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        RequireShape(model.Config, folder);
        if (tokenizer.VocabularySize != VocabularySize)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"RadLabTiny.Save: the tokenizer must have {VocabularySize} pieces, got {tokenizer.VocabularySize}."), nameof(tokenizer));
        model.Save(folder, WeightFormat.BF16, overwrite: true);
        tokenizer.Save(Path.Combine(folder, TokenizerFile));
    }

    internal static IEnumerable<string> Candidates(string start)
    {
        yield return Path.Combine(start, Name);
        for (string? folder = start; folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, "RadLab.sln"))) yield return Path.Combine([folder, .. Folders.Split('/'), Name]);
    }

    private static string Require() => Find() ?? throw new FileNotFoundException(
        $"{Name}: weights: must be in {string.Join(" or ", Candidates(AppContext.BaseDirectory))}, but are not there; train them and write them with {nameof(RadLabTiny)}.{nameof(Save)}, or begin untrained with {nameof(RadLabTiny)}.{nameof(Random)}.");

    private static void RequireShape(LlamaConfig c, string folder)
    {
        var o = Config;
        if ((c.VocabularySize, c.HiddenSize, c.IntermediateSize, c.Layers, c.Heads, c.KeyValueHeads, c.HeadWidth, c.TiedEmbeddings, c.RmsNormEps, c.RopeTheta)
            != (o.VocabularySize, o.HiddenSize, o.IntermediateSize, o.Layers, o.Heads, o.KeyValueHeads, o.HeadWidth, o.TiedEmbeddings, o.RmsNormEps, o.RopeTheta))
            throw new CheckpointFormatException(folder, "config", $"is not that of {Name}", "load other models with LlamaModel.Load");
    }
}
