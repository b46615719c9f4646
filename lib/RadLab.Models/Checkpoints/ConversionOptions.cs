namespace RadLab.Models;

/// <summary>What <see cref="ModelConversion"/> writes.</summary>
public enum ConversionTarget
{
    SafeTensorsF32,
    SafeTensorsBF16,
    BnbNf4,
    GgufF32,
    GgufF16,
    GgufQ8_0,
    GgufQ4_0,

    /// <summary>A PEFT adapter for llama.cpp.</summary>
    GgufLora,
}

/// <summary>Names of <see cref="ConversionTarget"/> on the command line.</summary>
public static class ConversionTargets
{
    private static readonly string[] s_names = ["safetensors-f32", "safetensors-bf16", "bnb-nf4", "gguf-f32", "gguf-f16", "gguf-q8_0", "gguf-q4_0", "gguf-lora"];

    /// <summary>In the order of <see cref="ConversionTarget"/>.</summary>
    public static IReadOnlyList<string> Names => s_names;

    public static ConversionTarget Parse(string name) => Array.IndexOf(s_names, name) is >= 0 and int index ? (ConversionTarget)index
        : throw new ArgumentException($"ConversionTarget: must be one of {string.Join(", ", s_names)}, got '{name}'.", nameof(name));

    internal static GgufTensorType? Gguf(this ConversionTarget target) => target switch
    {
        ConversionTarget.GgufF32 => GgufTensorType.F32,
        ConversionTarget.GgufF16 => GgufTensorType.F16,
        ConversionTarget.GgufQ8_0 => GgufTensorType.Q8_0,
        ConversionTarget.GgufQ4_0 => GgufTensorType.Q4_0,
        _ => null,
    };
}

/// <summary>How <see cref="ModelConversion"/> goes about it.</summary>
public sealed record ConversionOptions
{
    public required ConversionTarget Target { get; init; }

    /// <summary>bnb-nf4: the scales are quantized as well.</summary>
    public bool DoubleQuantization { get; init; } = true;

    /// <summary>
    /// Tensors that are not converted: parts of their names between dots (<c>lm_head</c>, <c>layers.0</c>), or whole names with <c>*</c> and <c>?</c>.
    /// Each must match something.
    /// </summary>
    public IReadOnlyList<string> Skip { get; init; } = [];

    /// <summary>Folders: tensor bytes of a file.</summary>
    public long MaxShardBytes { get; init; } = ShardWriter.DefaultShardBytes;

    public bool Overwrite { get; init; }

    /// <summary>GGUF: goes into the file; null takes the one that lies with the model.</summary>
    public GgufTokenizer? Tokenizer { get; init; }

    /// <summary>GGUF: writes no tokenizer at all.</summary>
    public bool WithoutTokenizer { get; init; }

    /// <summary>gguf-lora: the model that the adapter belongs to.</summary>
    public string? BaseModel { get; init; }
}

/// <summary>What a conversion did.</summary>
/// <param name="Tensors">Of the input; a 4-bit weight counts once.</param>
/// <param name="Converted">Those that have another form in the output.</param>
/// <param name="Bytes">Of all tensors of the output.</param>
/// <param name="Notes">What the user should know, a line each.</param>
public sealed record ConversionResult(int Tensors, int Converted, long Bytes, IReadOnlyList<string> Notes);
