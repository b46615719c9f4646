using System.Buffers.Binary;

namespace RadLab.Models;

/// <summary>Rows of floats in ggml's block formats, and back.</summary>
/// <remarks><code>
/// Q8_0: 32 numbers in 34 bytes   d = max |x| / 127              q = round(x / d), half away from zero; an i8 each
/// Q4_0: 32 numbers in 18 bytes   d = (x of largest |x|) / -8    q = floor(x / d + 8.5), at most 15; number i low, i + 16 high in byte i
/// d is stored as F16, but q is made with the float32 d, by its reciprocal
/// </code></remarks>
internal static class GgufBlocks
{
    public const int Length = 32;

    /// <returns>-1, or the index of the first number that is not finite or does not fit the format.</returns>
    public static int Encode(ReadOnlySpan<float> floats, GgufTensorType type, Span<byte> bytes)
    {
        switch (type)
        {
            case GgufTensorType.F32:
                FloatBytes.Encode(floats, SafeTensorsDType.F32, bytes);
                return -1;
            case GgufTensorType.F16:
                for (int i = 0; i < floats.Length; i++)
                {
                    var half = (Half)floats[i];
                    if (!Half.IsFinite(half)) return i;
                    BinaryPrimitives.WriteHalfLittleEndian(bytes[(2 * i)..], half);
                }
                return -1;
            case GgufTensorType.Q8_0:
            case GgufTensorType.Q4_0:
                int size = type.Block().Bytes;
                for (int block = 0; block < floats.Length / Length; block++)
                {
                    var x = floats.Slice(block * Length, Length);
                    var y = bytes.Slice(block * size, size);
                    if (!(type == GgufTensorType.Q8_0 ? EncodeQ8(x, y) : EncodeQ4(x, y))) return block * Length + Largest(x);
                }
                return -1;
            default:
                throw new ArgumentException($"GgufBlocks.Encode: type must be F32, F16, Q8_0 or Q4_0, got {type}.", nameof(type));
        }
    }

    public static void Decode(ReadOnlySpan<byte> bytes, GgufTensorType type, Span<float> floats)
    {
        switch (type)
        {
            case GgufTensorType.F32:
                FloatBytes.Decode(SafeTensorsDType.F32, bytes, floats);
                break;
            case GgufTensorType.F16:
                FloatBytes.Decode(SafeTensorsDType.F16, bytes, floats);
                break;
            case GgufTensorType.Q8_0:
            case GgufTensorType.Q4_0:
                int size = type.Block().Bytes;
                for (int block = 0; block < floats.Length / Length; block++)
                {
                    var x = bytes.Slice(block * size, size);
                    float d = (float)BinaryPrimitives.ReadHalfLittleEndian(x);
                    for (int i = 0; i < Length; i++)
                        floats[block * Length + i] = d * (type == GgufTensorType.Q8_0 ? (sbyte)x[2 + i] : (i < 16 ? x[2 + i] & 15 : x[2 + i - 16] >> 4) - 8);
                }
                break;
            default:
                throw new ArgumentException($"GgufBlocks.Decode: type must be F32, F16, Q8_0 or Q4_0, got {type}.", nameof(type));
        }
    }

    private static bool EncodeQ8(ReadOnlySpan<float> x, Span<byte> y)
    {
        float d = Math.Abs(x[Largest(x)]) / 127;
        if (!TryScale(d, y, out float inverse)) return false;
        for (int i = 0; i < Length; i++) y[2 + i] = (byte)(sbyte)MathF.Round(x[i] * inverse, MidpointRounding.AwayFromZero);
        return true;
    }

    private static bool EncodeQ4(ReadOnlySpan<float> x, Span<byte> y)
    {
        float d = x[Largest(x)] / -8;
        if (!TryScale(d, y, out float inverse)) return false;
        for (int i = 0; i < Length / 2; i++) y[2 + i] = (byte)(Code(x[i] * inverse) | Code(x[i + 16] * inverse) << 4);
        return true;

        static int Code(float scaled) => Math.Min(15, (int)(scaled + 8.5f));
    }

    private static bool TryScale(float d, Span<byte> y, out float inverse)
    {
        inverse = d == 0 ? 0 : 1 / d;
        if (float.IsInfinity(inverse)) inverse = 0;   // d is far below the smallest F16, so that the block decodes to zeros anyway
        var half = (Half)d;
        BinaryPrimitives.WriteHalfLittleEndian(y, half);
        return Half.IsFinite(half);
    }

    // The first of the largest magnitudes; NaN counts as larger than everything.
    private static int Largest(ReadOnlySpan<float> x)
    {
        int at = 0;
        for (int i = 0; i < x.Length; i++)
        {
            if (float.IsNaN(x[i])) return i;
            if (Math.Abs(x[i]) > Math.Abs(x[at])) at = i;
        }
        return at;
    }
}
