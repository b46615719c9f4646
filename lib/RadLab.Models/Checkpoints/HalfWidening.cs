using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RadLab.Models;

/// <summary>16-bit floats to 32 bits, exactly, 32 at a time: .NET's own conversion of a <see cref="Half"/> works through its bits one number at a time.</summary>
internal static class HalfWidening
{
    private const uint ExponentShift = 112u << 23;   // F32's exponents begin 112 below those of F16

    /// <summary>F16; a NaN stays one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void F16(ReadOnlySpan<ushort> bits, Span<float> floats)
    {
        ref ushort source = ref MemoryMarshal.GetReference(bits);
        ref float target = ref MemoryMarshal.GetReference(floats);
        int i = 0;
        for (; i <= bits.Length - 32; i += 32)
        {
            var (lower, upper) = Vector512.Widen(Vector512.LoadUnsafe(ref source, (nuint)i));
            Widen(lower).StoreUnsafe(ref target, (nuint)i);
            Widen(upper).StoreUnsafe(ref target, (nuint)i + 16);
        }
        for (; i < bits.Length; i++) floats[i] = Widen(Vector512.Create((uint)bits[i])).ToScalar();
    }

    /// <summary>BF16: the upper half of an F32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void BF16(ReadOnlySpan<ushort> bits, Span<float> floats)
    {
        ref ushort source = ref MemoryMarshal.GetReference(bits);
        ref float target = ref MemoryMarshal.GetReference(floats);
        int i = 0;
        for (; i <= bits.Length - 32; i += 32)
        {
            var (lower, upper) = Vector512.Widen(Vector512.LoadUnsafe(ref source, (nuint)i));
            (lower << 16).AsSingle().StoreUnsafe(ref target, (nuint)i);
            (upper << 16).AsSingle().StoreUnsafe(ref target, (nuint)i + 16);
        }
        for (; i < bits.Length; i++) floats[i] = BitConverter.UInt32BitsToSingle((uint)bits[i] << 16);
    }

    // A lane is a number: exponent and fraction move to their places. A number below the normal ones gets an exponent of its own, whose leading 1 is subtracted again.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Widen(Vector512<uint> half)
    {
        var sign = (half & Vector512.Create(0x8000u)) << 16;
        var moved = (half & Vector512.Create(0x7FFFu)) << 13;
        var exponent = moved & Vector512.Create(31u << 23);
        var special = Vector512.Equals(exponent, Vector512.Create(31u << 23));   // infinity or NaN
        var small = Vector512.Equals(exponent, Vector512<uint>.Zero);
        var normal = moved + Vector512.Create(ExponentShift);
        var one = Vector512.Create(ExponentShift + (1u << 23));
        var subnormal = ((moved + one).AsSingle() - one.AsSingle()).AsUInt32();
        return (Vector512.ConditionalSelect(small, subnormal, normal + (special & Vector512.Create(ExponentShift))) | sign).AsSingle();
    }
}
