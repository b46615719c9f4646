using System.Text.Json.Nodes;

namespace RadLab.Models;

/// <summary>The shape and constants of a Llama (1, 2, 3, 3.1, 3.2): what <c>config.json</c> says, or <see cref="ModelCatalog"/>.</summary>
public sealed partial record LlamaConfig
{
    /// <summary>V: rows of the embedding and of the output head.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>C: model width.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>F: feed-forward width.</summary>
    public required int IntermediateSize { get; init; }

    public required int Layers { get; init; }

    /// <summary>H: query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>K: key-value heads, a divisor of H.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>D: width of a head, even; C / H unless the file says otherwise.</summary>
    public required int HeadWidth { get; init; }

    /// <summary>Added to the mean square in every RMS norm.</summary>
    public required float RmsNormEps { get; init; }

    /// <summary>Base of the rotary frequencies theta^(-2i/D).</summary>
    public double RopeTheta { get; init; } = 10_000;

    /// <summary>Null: frequencies as they are.</summary>
    public LlamaRopeScaling? RopeScaling { get; init; }

    /// <summary>Positions the model was trained for.</summary>
    public int MaxPositions { get; init; } = 2048;

    /// <summary>The output head is the embedding table.</summary>
    public bool TiedEmbeddings { get; init; }

    public int BosTokenId { get; init; } = 1;

    /// <summary>Every id that ends a generation.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [2];

    public int? PadTokenId { get; init; }

    /// <summary>The dtype the weights were saved in (<c>float32</c>, <c>float16</c>, <c>bfloat16</c>), where the file says so.</summary>
    public string? SavedDType { get; init; }

    /// <summary>How the linear layers on disk are quantized; null where they are not.</summary>
    public BitsAndBytesConfig? Quantization { get; init; }
}

/// <summary>Frequency scaling of Llama 3.1 and later (<c>rope_type</c> "llama3").</summary>
/// <param name="Factor">Long wavelengths are stretched by it.</param>
/// <param name="LowFreqFactor">Wavelengths above OriginalMaxPositions / LowFreqFactor are stretched in full.</param>
/// <param name="HighFreqFactor">Wavelengths below OriginalMaxPositions / HighFreqFactor stay; in between the two are blended.</param>
/// <param name="OriginalMaxPositions">Positions before the model was extended.</param>
public sealed record LlamaRopeScaling(double Factor, double LowFreqFactor, double HighFreqFactor, int OriginalMaxPositions);

/// <summary><c>quantization_config</c> of a folder whose linear layers are stored in bitsandbytes' 4-bit layout.</summary>
/// <param name="QuantType"><c>nf4</c> or <c>fp4</c>.</param>
/// <param name="DoubleQuantization">The block scales are quantized as well.</param>
/// <param name="SkipModules">Modules left in 16 or 32 bits; null means the output head.</param>
public sealed record BitsAndBytesConfig(string QuantType, bool DoubleQuantization, IReadOnlyList<string>? SkipModules)
{
    /// <summary>With all keys that bitsandbytes' users look for.</summary>
    /// <param name="computeDType">float32, float16 or bfloat16.</param>
    internal JsonObject ToJson(string computeDType) => new()
    {
        ["_load_in_4bit"] = true,
        ["_load_in_8bit"] = false,
        ["bnb_4bit_compute_dtype"] = computeDType,
        ["bnb_4bit_quant_storage"] = "uint8",
        ["bnb_4bit_quant_type"] = QuantType,
        ["bnb_4bit_use_double_quant"] = DoubleQuantization,
        ["llm_int8_enable_fp32_cpu_offload"] = false,
        ["llm_int8_has_fp16_weight"] = false,
        ["llm_int8_skip_modules"] = SkipModules is { } skipped ? new JsonArray([.. skipped.Select(m => (JsonNode)m)]) : null,
        ["llm_int8_threshold"] = IndentedJson.Number(6),
        ["load_in_4bit"] = true,
        ["load_in_8bit"] = false,
        ["quant_method"] = "bitsandbytes",
    };
}
