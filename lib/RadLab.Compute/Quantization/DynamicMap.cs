using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

/// <summary>The 8-bit dynamic (tree) data type (Dettmers et al., arXiv:2110.02861): 256 values over seven decades, finest near 1.</summary>
/// <remarks>
/// <code>
/// signed:   for i = 0..6, the midpoints of 2^i equal cells of [0.1, 1], times 10^(i - 6), with both signs; and 0 and 1
/// unsigned: for i = 0..6, the midpoints of 2^(i+1) such cells, times 10^(i - 6); and 0 and 1
/// code(x) = number of midpoints of neighbouring values that are &lt; x     (a tie takes the lower code)
/// </code>
/// </remarks>
public sealed unsafe class DynamicMap
{
    private const int Keys = 1 << 16;

    // Pinned, so that kernels may keep pointers to them for the life of the process.
    private readonly float[] _values = GC.AllocateArray<float>(256, pinned: true);
    private readonly float[] _midpoints = GC.AllocateArray<float>(256, pinned: true);
    private readonly byte[] _first = GC.AllocateArray<byte>(Keys + 3, pinned: true);   // whoever gathers from it reads four bytes at a time

    private DynamicMap(bool signed)
    {
        var values = new List<float> { 0f, 1f };
        long tenth = 1_000_000; // 10^(6 - i)
        for (int i = 0; i < 7; i++, tenth /= 10)
        {
            long cells = signed ? 1L << i : 2L << i;
            for (long j = 0; j < cells; j++)
            {
                // 0.1 + 0.9 (2j + 1) / (2 cells) as one fraction: exact integers, one division, hence the same bits everywhere
                float value = (float)((double)(2 * cells + 9 * (2 * j + 1)) / (20 * cells * tenth));
                values.Add(value);
                if (signed) values.Add(-value);
            }
        }
        values.Sort();
        values.CopyTo(_values);

        for (int i = 0; i < 255; i++) _midpoints[i] = (_values[i] + _values[i + 1]) * 0.5f;
        _midpoints[255] = float.PositiveInfinity;
        ZeroCode = (byte)values.IndexOf(0f);

        // the code of the smallest number of each group of floats that share sign, exponent and seven leading bits
        for (int key = 0; key < Keys; key++)
        {
            float smallest = BitConverter.Int32BitsToSingle(key << 16 | (key < 0x8000 ? 0 : 0xffff));
            int code = 0;
            while (code < 255 && smallest > _midpoints[code]) code++;
            _first[key] = (byte)code;
        }
    }

    /// <summary>Both signs: optimizer momentum and nested block scales.</summary>
    public static DynamicMap Signed { get; } = new(signed: true);

    /// <summary>Positive numbers only: the second moment of an optimizer.</summary>
    public static DynamicMap Unsigned { get; } = new(signed: false);

    /// <summary>The value of each code, ascending, 256 in all.</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>The code of 0.</summary>
    public byte ZeroCode { get; }

    /// <summary>The nearest code of a finite number; numbers outside the map take the first or last code.</summary>
    public byte Encode(float x) => Encode(x, MidpointPointer, FirstPointer);

    internal float* ValuePointer => (float*)Unsafe.AsPointer(ref _values[0]);

    internal float* MidpointPointer => (float*)Unsafe.AsPointer(ref _midpoints[0]);

    internal byte* FirstPointer => (byte*)Unsafe.AsPointer(ref _first[0]);

    /// <summary>The upper 16 bits of x leave two candidates, since no two midpoints share them; no branch to mispredict.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte Encode(float x, float* midpoints, byte* first)
    {
        int code = first[BitConverter.SingleToUInt32Bits(x) >> 16];
        return (byte)(code + (x > midpoints[code] ? 1 : 0));
    }

    /// <summary>The same for 16 numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<int> Encode(Vector512<float> x, float* midpoints, byte* first)
    {
        var code = Lanes.GatherBytes(first, (x.AsUInt32() >> 16).AsInt32());
        return code - Vector512.GreaterThan(x, Lanes.Gather(midpoints, code)).AsInt32();
    }
}
