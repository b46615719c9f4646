using System.Globalization;
using System.Numerics;
using System.Text;
using RadLab.Compute;

namespace RadLab.Models;

/// <summary>
/// What bitsandbytes needs to decode a 4-bit weight, as JSON in a tensor of its own:
/// <c>{"quant_type": "nf4", "blocksize": 64, "dtype": "bfloat16", "shape": [O, C]}</c>, and with quantized scales
/// <c>"nested_blocksize": 256, "nested_dtype": "float32", "nested_offset": 0.0123</c> behind it.
/// </summary>
/// <param name="DType">float32, float16 or bfloat16: what the weight was before, and what bitsandbytes decodes it to.</param>
/// <param name="NestedOffset">Null where the scales are F32.</param>
internal sealed record BitsAndBytesState(WeightFormat Format, int BlockSize, string DType, int Outputs, int Inputs, float? NestedOffset)
{
    /// <summary>More than any such text needs: the longest is about 200 bytes.</summary>
    public const int MaxBytes = 4096;

    private const int MaxDepth = 8;
    private const string NestedDType = "float32";
    private const string Advice = "write the 4-bit checkpoint again";

    public static string NameOf(WeightFormat format) => format switch
    {
        WeightFormat.Nf4 => Nf4.Name,
        WeightFormat.Fp4 => Fp4.Name,
        _ => throw new ArgumentException($"BitsAndBytesState: format must be Nf4 or Fp4, got {format}."),
    };

    /// <summary>The same bytes that Python's writer gives.</summary>
    public byte[] ToJson()
    {
        var json = new StringBuilder();
        json.Append(CultureInfo.InvariantCulture, $"{{\"quant_type\": \"{NameOf(Format)}\", \"blocksize\": {BlockSize}, \"dtype\": \"{DType}\", \"shape\": [{Outputs}, {Inputs}]");
        if (NestedOffset is { } offset)
            json.Append(CultureInfo.InvariantCulture, $", \"nested_blocksize\": {DoubleQuantization.BlockSize}, \"nested_dtype\": \"{NestedDType}\", \"nested_offset\": {PythonJson.Number(offset)}");
        return Encoding.ASCII.GetBytes(json.Append('}').ToString());
    }

    /// <param name="part">What messages call the text.</param>
    public static BitsAndBytesState Parse(ReadOnlySpan<byte> utf8, string file, string part)
    {
        var json = new StrictJson(utf8, file, part, MaxDepth, Advice);
        string? type = null, dtype = null, nestedDType = null;
        double? blockSize = null, nestedBlockSize = null, offset = null;
        var shape = new List<long>();
        var seen = new HashSet<string>();
        json.BeginObject(part);
        while (json.TryKey(seen, part, out string key))
        {
            switch (key)
            {
                case "quant_type": type = json.ReadString(Field(part, key)); break;
                case "dtype": dtype = json.ReadString(Field(part, key)); break;
                case "nested_dtype": nestedDType = json.ReadString(Field(part, key)); break;
                case "blocksize": blockSize = json.ReadNumber(Field(part, key)); break;
                case "nested_blocksize": nestedBlockSize = json.ReadNumber(Field(part, key)); break;
                case "nested_offset": offset = json.ReadNumber(Field(part, key)); break;
                case "shape":
                    json.BeginArray(Field(part, key));
                    while (json.TryItem(Field(part, key), out long size))
                    {
                        if (shape.Count == 2) throw json.Fail(Field(part, key), "must be the two sizes of a matrix, got more");
                        shape.Add(size);
                    }
                    break;
                default: json.SkipValue(part); break;
            }
        }
        json.End();

        if (type is not ("nf4" or "fp4")) throw json.Fail(Field(part, "quant_type"), $"must be 'nf4' or 'fp4', got {Shown(type)}");
        if (blockSize is not (>= 32 and <= 4096) || !double.IsInteger(blockSize.Value) || !BitOperations.IsPow2((int)blockSize.Value))
            throw json.Fail(Field(part, "blocksize"), $"must be a power of two from 32 to 4096, got {Shown(blockSize)}");
        if (dtype is not ("float32" or "float16" or "bfloat16")) throw json.Fail(Field(part, "dtype"), $"must be float32, float16 or bfloat16, got {Shown(dtype)}");
        if (shape.Count != 2 || shape.Any(s => s is < 1 or > int.MaxValue))
            throw json.Fail(Field(part, "shape"), $"must be the two sizes of a matrix, got {SafeTensorsEntry.TextOf(shape)}");
        bool nested = nestedBlockSize is not null || nestedDType is not null || offset is not null;
        if (nested && nestedBlockSize != DoubleQuantization.BlockSize)
            throw json.Fail(Field(part, "nested_blocksize"), $"must be {DoubleQuantization.BlockSize}, got {Shown(nestedBlockSize)}");
        if (nested && nestedDType != NestedDType) throw json.Fail(Field(part, "nested_dtype"), $"must be '{NestedDType}', got {Shown(nestedDType)}");
        if (nested && !(offset is { } o && float.IsFinite((float)o))) throw json.Fail(Field(part, "nested_offset"), $"must be a number in the range of float32, got {Shown(offset)}");
        return new BitsAndBytesState(type == "nf4" ? WeightFormat.Nf4 : WeightFormat.Fp4, (int)blockSize.Value, dtype, (int)shape[0], (int)shape[1], nested ? (float)offset!.Value : null);
    }

    private static string Field(string part, string key) => $"{part}, {key}";

    private static string Shown(string? text) => text is null ? "nothing" : CheckpointFormatException.Quote(text);

    private static string Shown(double? number) => number?.ToString("R", CultureInfo.InvariantCulture) ?? "nothing";
}
