using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Compute;

namespace RadLab.Models;

/// <summary><c>radlab.json</c> beside an adapter: the base it was trained on, how that was quantized, and the tokenizer.</summary>
/// <param name="Quantization"><c>f32</c>, <c>bf16</c>, <c>nf4</c>, <c>fp4</c>, <c>int8</c>; null where it is not known.</param>
/// <param name="BlockSize">Weights that share a scale; null where it is not known, or nothing is quantized.</param>
/// <param name="DoubleQuantization">The scales were quantized as well; null as for <paramref name="BlockSize"/>.</param>
internal sealed record PeftProvenance(BaseIdentity Base, string? Quantization, int? BlockSize = null, bool? DoubleQuantization = null)
{
    public const string FileName = "radlab.json";

    private const int MaxFileBytes = 1 << 16;
    private const int MaxDepth = 8;
    private const string Advice = "copy the file that came with the adapter, or remove it to load the adapter as one from elsewhere";

    public static PeftProvenance? Load(string folder)
    {
        string path = Path.Combine(folder, FileName);
        var info = new FileInfo(path);
        if (!info.Exists) return null;
        if (info.Length > MaxFileBytes) throw NotProvenance(path);
        return Parse(File.ReadAllBytes(path), path);
    }

    public static PeftProvenance Parse(ReadOnlyMemory<byte> utf8, string file)
    {
        if (!System.Text.Unicode.Utf8.IsValid(utf8.Span)) throw NotProvenance(file);
        try
        {
            using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            var root = new ConfigSection(document.RootElement, file, "");
            if (root.Section("base") is not { } json) throw Fail(file, "base", "is missing");
            string? quantization = json.Text("quantization");
            if (quantization is not (null or "f32" or "bf16" or "nf4" or "fp4" or "int8")) throw Fail(file, "base.quantization", $"must be f32, bf16, nf4, fp4, int8 or null, got {CheckpointFormatException.Quote(quantization)}");
            int? blockSize = json.Has("block_size") ? json.Int("block_size", 32, 4096) : null;
            if (blockSize is { } size && !System.Numerics.BitOperations.IsPow2(size)) throw Fail(file, "base.block_size", $"must be a power of two from 32 to 4096, got {json.Shown("block_size")}");
            bool? nested = json.Has("double_quantization") ? json.Bool("double_quantization", absent: false) : null;
            return new PeftProvenance(new BaseIdentity(Hash(json, "weights_sha256", file), Hash(json, "tokenizer_sha256", file), Hash(json, "vocabulary_sha256", file)), quantization, blockSize, nested);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw NotProvenance(file, e);
        }
    }

    public byte[] ToJson() => IndentedJson.Bytes(new JsonObject
    {
        ["base"] = new JsonObject
        {
            ["block_size"] = BlockSize, ["double_quantization"] = DoubleQuantization, ["quantization"] = Quantization,
            ["tokenizer_sha256"] = Base.TokenizerSha256, ["vocabulary_sha256"] = Base.VocabularySha256, ["weights_sha256"] = Base.WeightsSha256,
        },
        ["version"] = 1,
    });

    /// <summary>How a layer is kept, as <see cref="Quantization"/> names it.</summary>
    public static string QuantizationOf(LinearLayer layer) => layer.Quantized is { } q
        ? q.Format switch { WeightFormat.Nf4 => "nf4", WeightFormat.Fp4 => "fp4", _ => "int8" }
        : layer.Weight!.Value.DType == DType.BF16 ? "bf16" : "f32";

    public static WeightFormat? FormatOf(string? quantization) => quantization switch
    {
        "f32" => WeightFormat.F32,
        "bf16" => WeightFormat.BF16,
        "nf4" => WeightFormat.Nf4,
        "fp4" => WeightFormat.Fp4,
        "int8" => WeightFormat.Int8,
        _ => null,
    };

    private static string? Hash(ConfigSection json, string key, string file)
    {
        string? hash = json.Text(key);
        return hash is null || (hash.Length == 64 && hash.All(char.IsAsciiHexDigitLower)) ? hash
            : throw Fail(file, "base." + key, $"must be 64 lower-case hexadecimal digits or null, got {CheckpointFormatException.Quote(hash)}");
    }

    private static CheckpointFormatException Fail(string file, string field, string problem) => new(file, field, problem, Advice);

    private static CheckpointFormatException NotProvenance(string file, Exception? inner = null) =>
        new(file, "text", "must be a JSON object in UTF-8 of at most 64 KiB, without duplicate keys, nested at most 8 deep", Advice, inner);
}
