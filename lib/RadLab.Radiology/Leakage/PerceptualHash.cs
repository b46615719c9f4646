using System.Globalization;
using System.Numerics;

namespace RadLab.Radiology;

/// <summary>
/// A difference hash of 256 bits: the picture is averaged down to 17 x 17 fields, and each bit says whether a field is darker than its right neighbour
/// (128 bits, 8 of the 16 columns in every second place) or than the one below (128 bits). It survives resizing, other file formats, recompression, and any change of brightness
/// or contrast that keeps the order of grey values; not mirroring, rotation or cropping.
/// </summary>
/// <remarks>The averages are whole-number sums over the exact areas, so the bits are the same on every machine.</remarks>
public readonly record struct PerceptualHash(ulong A, ulong B, ulong C, ulong D, int Unequal)
{
    public const int Bits = 256;

    private const int Grid = 17;

    /// <summary>Whether enough of the compared neighbours differ at all (<see cref="Unequal"/> of 256) to tell pictures apart; a blank image is not comparable.</summary>
    public bool IsComparable => Unequal >= 64;

    /// <summary>Bits in which two hashes differ.</summary>
    public int Distance(PerceptualHash other) =>
        BitOperations.PopCount(A ^ other.A) + BitOperations.PopCount(B ^ other.B) + BitOperations.PopCount(C ^ other.C) + BitOperations.PopCount(D ^ other.D);

    /// <summary>Of 8-bit grey values, row by row.</summary>
    public static PerceptualHash Of(ReadOnlySpan<byte> pixels, int width, int height) => Make(pixels, width, height);

    /// <summary>Of 16-bit grey values, row by row.</summary>
    public static PerceptualHash Of(ReadOnlySpan<ushort> pixels, int width, int height) => Make(pixels, width, height);

    private static PerceptualHash Make<T>(ReadOnlySpan<T> pixels, int width, int height)
        where T : unmanaged, IBinaryInteger<T>
    {
        if (width < 1 || height < 1 || width > 1 << 16 || height > 1 << 16)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"PerceptualHash: width and height must be from 1 to 65536, got {width} and {height}."));
        if (pixels.Length != (long)width * height)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"PerceptualHash: pixels must hold width x height = {(long)width * height} values, got {pixels.Length}."), nameof(pixels));

        // in units of 1/17 of a pixel a field is width wide and a pixel 17: every overlap is a whole number, every field has the same area
        Span<ulong> fields = stackalloc ulong[Grid * Grid];
        Span<ulong> row = stackalloc ulong[Grid];
        fields.Clear();
        for (int y = 0; y < height; y++)
        {
            row.Clear();
            var line = pixels.Slice(y * width, width);
            for (int i = 0; i < Grid; i++)
            {
                long from = (long)i * width, to = from + width;
                for (long x = from / Grid; x * Grid < to; x++)
                    row[i] += (ulong)(Math.Min(to, (x + 1) * Grid) - Math.Max(from, x * Grid)) * ulong.CreateTruncating(line[(int)x]);
            }
            for (int j = (int)((long)y * Grid / height); j < Grid && (long)j * height < (y + 1L) * Grid; j++)
            {
                long from = Math.Max((long)j * height, (long)y * Grid), to = Math.Min((j + 1L) * height, (y + 1L) * Grid);
                for (int i = 0; i < Grid; i++) fields[j * Grid + i] += (ulong)(to - from) * row[i];
            }
        }

        Span<ulong> words = stackalloc ulong[4];
        words.Clear();
        int bit = 0, unequal = 0;
        for (int y = 0; y < 16; y++)
            for (int x = y & 1; x < 16; x += 2, bit++)
            {
                // a chequerboard of 128 places, each compared to the right and downwards
                ulong here = fields[y * Grid + x], right = fields[y * Grid + x + 1], below = fields[(y + 1) * Grid + x];
                if (here < right) words[bit / 64] |= 1UL << (bit % 64);
                if (here < below) words[2 + bit / 64] |= 1UL << (bit % 64);
                if (here != right) unequal++;
                if (here != below) unequal++;
            }
        return new PerceptualHash(words[0], words[1], words[2], words[3], unequal);
    }

    /// <summary>64 hexadecimal digits.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{A:x16}{B:x16}{C:x16}{D:x16}");
}
