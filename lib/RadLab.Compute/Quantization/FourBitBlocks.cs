using System.Globalization;
using System.Numerics;

namespace RadLab.Compute;

/// <summary>Block quantization to 4 bits on spans, with checked arguments; the kernels are <see cref="FourBitQuantizer"/> and <see cref="FourBitDequantizer"/>.</summary>
/// <remarks>
/// A tensor is flattened row by row and cut into blocks of a power of two (32 to 4096, usually 64) elements; the last may be short.
/// Each block has a scale, its largest magnitude; two codes share a byte, the even element in the high nibble; an odd count is
/// padded with the code of 0. NaN and infinities are refused: they would silently spoil a whole block.
/// </remarks>
public static unsafe class FourBitBlocks
{
    /// <summary>QLoRA's block size.</summary>
    public const int DefaultBlockSize = 64;

    /// <summary>Bytes that hold the codes of this many elements.</summary>
    public static long PackedBytes(long count) => (count + 1) / 2;

    /// <summary>Blocks, and so scales, of this many elements.</summary>
    public static long Blocks(long count, int blockSize) => (count + blockSize - 1) / blockSize;

    /// <summary>Encodes float32 weights.</summary>
    /// <param name="weights">n finite numbers.</param>
    /// <param name="blockSize">A power of two from 32 to 4096.</param>
    /// <param name="packed">(n + 1) / 2 bytes.</param>
    /// <param name="scales">n / blockSize numbers, rounded up.</param>
    /// <exception cref="ArgumentException">A wrong length or block size, or a weight that is not finite (its index is named).</exception>
    public static void Quantize<TCode>(ReadOnlySpan<float> weights, int blockSize, Span<byte> packed, Span<float> scales)
        where TCode : struct, IFourBitCode => Quantize<TCode, F32Source, float>(weights, blockSize, packed, scales);

    /// <summary>Encodes BF16 weights given as their 16-bit patterns; otherwise as for float32.</summary>
    public static void Quantize<TCode>(ReadOnlySpan<ushort> weights, int blockSize, Span<byte> packed, Span<float> scales)
        where TCode : struct, IFourBitCode => Quantize<TCode, BF16Source, ushort>(weights, blockSize, packed, scales);

    /// <summary>Encodes F16 weights; otherwise as for float32.</summary>
    public static void Quantize<TCode>(ReadOnlySpan<Half> weights, int blockSize, Span<byte> packed, Span<float> scales)
        where TCode : struct, IFourBitCode => Quantize<TCode, F16Source, Half>(weights, blockSize, packed, scales);

    /// <summary>Decodes elements [<paramref name="start"/>, <paramref name="start"/> + length of <paramref name="destination"/>).</summary>
    /// <param name="packed">The codes of the whole tensor.</param>
    /// <param name="scales">The scales of the whole tensor.</param>
    /// <param name="start">Even.</param>
    public static void Dequantize<TCode>(ReadOnlySpan<byte> packed, ReadOnlySpan<float> scales, int blockSize, long start, Span<float> destination)
        where TCode : struct, IFourBitCode
    {
        RequireRange("FourBitBlocks.Dequantize", packed.Length, scales.Length, blockSize, start, destination.Length);
        fixed (byte* p = packed)
        fixed (float* s = scales, d = destination)
            FourBitDequantizer.Dequantize<TCode>(p, s, blockSize, start, destination.Length, d);
    }

    /// <summary>As above, to BF16 patterns: rounded to float32 first, then to nearest even.</summary>
    public static void Dequantize<TCode>(ReadOnlySpan<byte> packed, ReadOnlySpan<float> scales, int blockSize, long start, Span<ushort> destination)
        where TCode : struct, IFourBitCode
    {
        RequireRange("FourBitBlocks.Dequantize", packed.Length, scales.Length, blockSize, start, destination.Length);
        fixed (byte* p = packed)
        fixed (float* s = scales)
        fixed (ushort* d = destination)
            FourBitDequantizer.DequantizeToBF16<TCode>(p, s, blockSize, start, destination.Length, d);
    }

    internal static void RequireBlockSize(string op, int blockSize)
    {
        if (blockSize is < 32 or > 4096 || !BitOperations.IsPow2(blockSize))
            throw new ArgumentException($"{op}: blockSize must be a power of two from 32 to 4096, got {blockSize}.", nameof(blockSize));
    }

    internal static void RequireLength(string op, string argument, long length, long expected)
    {
        if (length != expected)
            throw new ArgumentException($"{op}: {argument} must have {expected} elements, got {length}.", argument);
    }

    internal static string Show(float value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static void RequireRange(string op, long packed, long scales, int blockSize, long start, long count)
    {
        RequireBlockSize(op, blockSize);
        if (start < 0 || (start & 1) != 0) throw new ArgumentException($"{op}: start must be even and not negative, got {start}.", nameof(start));
        if (PackedBytes(start + count) > packed)
            throw new ArgumentException($"{op}: packed must hold elements up to {start + count} ({PackedBytes(start + count)} bytes), got {packed} bytes.", nameof(packed));
        if (Blocks(start + count, blockSize) > scales)
            throw new ArgumentException($"{op}: scales must hold the {Blocks(start + count, blockSize)} blocks up to element {start + count}, got {scales}.", nameof(scales));
    }

    private static void Quantize<TCode, TSource, T>(ReadOnlySpan<T> weights, int blockSize, Span<byte> packed, Span<float> scales)
        where TCode : struct, IFourBitCode
        where TSource : struct, IWeightSource<T>
        where T : unmanaged
    {
        const string Op = "FourBitBlocks.Quantize";
        RequireBlockSize(Op, blockSize);
        RequireLength(Op, nameof(packed), packed.Length, PackedBytes(weights.Length));
        RequireLength(Op, nameof(scales), scales.Length, Blocks(weights.Length, blockSize));
        long bad;
        fixed (T* w = weights)
        fixed (byte* p = packed)
        fixed (float* s = scales)
            bad = FourBitQuantizer.Blocks<TCode, TSource, T>(w, weights.Length, blockSize, 0, scales.Length, p, s);
        if (bad >= 0)
            throw new ArgumentException($"{Op}: weights must be finite, but weights[{bad}] is NaN or infinite; check the checkpoint they come from.", nameof(weights));
    }
}
