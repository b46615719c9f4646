namespace RadLab.Models;

/// <summary>Published Llama shapes by name, for plans and shape tests without a download. A folder's own config.json always wins.</summary>
public static class ModelCatalog
{
    // Llama 3.1 and 3.2 differ in the factor only: 8 and 32.
    private static readonly LlamaRopeScaling s_scaling31 = new(Factor: 8, LowFreqFactor: 1, HighFreqFactor: 4, OriginalMaxPositions: 8192);

    /// <summary>LLaMA-1 13B, the language model of RadFM.</summary>
    public static LlamaConfig Llama1_13B { get; } = Multihead(5120, 13824, layers: 40, heads: 40) with { RmsNormEps = 1e-6f };

    public static LlamaConfig Llama2_7B { get; } = Multihead(4096, 11008, layers: 32, heads: 32) with { MaxPositions = 4096 };

    /// <summary>Llama-2-7B continued on guidelines and papers; 17 rows more in the vocabulary.</summary>
    public static LlamaConfig Meditron7B { get; } = Multihead(4096, 11008, layers: 32, heads: 32) with { VocabularySize = 32017 };

    public static LlamaConfig Llama3_8B { get; } = Grouped(4096, 14336, layers: 32, heads: 32);

    public static LlamaConfig Llama3_70B { get; } = Grouped(8192, 28672, layers: 80, heads: 64);

    public static LlamaConfig Llama31_8B { get; } = Extended(Llama3_8B);

    public static LlamaConfig Llama31_70B { get; } = Extended(Llama3_70B);

    public static LlamaConfig Llama31_405B { get; } = Extended(Grouped(16384, 53248, layers: 126, heads: 128));

    public static LlamaConfig Llama32_1B { get; } = Small(Grouped(2048, 8192, layers: 16, heads: 32));

    public static LlamaConfig Llama32_3B { get; } = Small(Grouped(3072, 8192, layers: 28, heads: 24));

    private static readonly SortedDictionary<string, LlamaConfig> s_byName = new(StringComparer.Ordinal)
    {
        ["llama-1-13b"] = Llama1_13B,
        ["llama-2-7b"] = Llama2_7B,
        ["meditron-7b"] = Meditron7B,
        ["llama-3-8b"] = Llama3_8B,
        ["llama-3-70b"] = Llama3_70B,
        ["llama-3.1-8b"] = Llama31_8B,
        ["llama-3.1-70b"] = Llama31_70B,
        ["llama-3.1-405b"] = Llama31_405B,
        ["llama-3.2-1b"] = Llama32_1B,
        ["llama-3.2-3b"] = Llama32_3B,
    };

    public static IReadOnlyCollection<string> Names => s_byName.Keys;

    /// <param name="name">One of <see cref="Names"/>.</param>
    public static LlamaConfig Get(string name) => s_byName.TryGetValue(name, out var config) ? config
        : throw new ArgumentException($"ModelCatalog: name must be one of {string.Join(", ", s_byName.Keys)}, got '{name}'.", nameof(name));

    private static LlamaConfig Multihead(int hidden, int intermediate, int layers, int heads) => new()
    {
        VocabularySize = 32000,
        HiddenSize = hidden,
        IntermediateSize = intermediate,
        Layers = layers,
        Heads = heads,
        KeyValueHeads = heads,
        HeadWidth = hidden / heads,
        RmsNormEps = 1e-5f,
        RopeTheta = 10_000,
        MaxPositions = 2048,
    };

    private static LlamaConfig Grouped(int hidden, int intermediate, int layers, int heads) => Multihead(hidden, intermediate, layers, heads) with
    {
        VocabularySize = 128_256,
        KeyValueHeads = 8,
        RopeTheta = 500_000,
        MaxPositions = 8192,
        BosTokenId = 128_000,
        EosTokenIds = [128_001, 128_009],   // end of text, end of turn
    };

    private static LlamaConfig Extended(LlamaConfig config) => config with
    {
        MaxPositions = 131_072,
        RopeScaling = s_scaling31,
        EosTokenIds = [128_001, 128_008, 128_009],   // end of message, before a tool's answer, came with 3.1
    };

    private static LlamaConfig Small(LlamaConfig config) => Extended(config) with
    {
        RopeScaling = s_scaling31 with { Factor = 32 },
        TiedEmbeddings = true,
    };
}
