using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RadLab.Models;

/// <summary>The ids of pieces seen lately: a fixed 512 KB, the newer piece replaces the older one at its place.</summary>
/// <remarks>One entry is one cache line: up to 31 bytes of text with the length in the last byte, so that one comparison decides, and up to 7 ids.</remarks>
internal sealed class PieceCache
{
    public const int MaxPieceBytes = 31;

    private const int MaxIds = 7;
    private const int IndexBits = 13;

    private readonly Entry[] _entries = new Entry[1 << IndexBits];

    [InlineArray(MaxIds)]
    private struct IdList
    {
        public int First;
    }

    [StructLayout(LayoutKind.Sequential, Size = 64)]
    private struct Entry
    {
        public Vector256<byte> Key;
        public int Count;
        public IdList Ids;
    }

    private static ReadOnlySpan<byte> Masks =>
    [
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

    /// <summary>Appends the ids of a piece of at most <see cref="MaxPieceBytes"/> bytes, if they are known.</summary>
    /// <param name="text">32 bytes from <paramref name="at"/> on must be there, whatever the length of the piece.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryAppend(byte[] text, int at, int length, IdBuffer ids)
    {
        var key = KeyOf(text, at, length);
        ref var entry = ref _entries[IndexOf(key)];
        if (entry.Key != key) return false;
        ids.Add(entry.Ids[0]);
        for (int i = 1; i < entry.Count; i++) ids.Add(entry.Ids[i]);
        return true;
    }

    public void Put(byte[] text, int at, int length, ReadOnlySpan<int> ids)
    {
        if (ids.Length is 0 or > MaxIds) return;
        var key = KeyOf(text, at, length);
        ref var entry = ref _entries[IndexOf(key)];
        entry.Key = key;
        entry.Count = ids.Length;
        ids.CopyTo(entry.Ids);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> KeyOf(byte[] text, int at, int length)
    {
        var mask = Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(Masks), (nuint)(32 - length));
        var bytes = Vector256.Create((ReadOnlySpan<byte>)text.AsSpan(at, 32)) & mask;
        return bytes | Vector256.Create(0UL, 0UL, 0UL, (ulong)length << 56).AsByte();   // byte 31 is free
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int IndexOf(Vector256<byte> key)
    {
        const ulong Factor = 0x9E3779B97F4A7C15;
        var words = key.AsUInt64();
        ulong a = (words.GetElement(0) ^ (words.GetElement(2) >> 29)) * Factor, b = (words.GetElement(1) + (words.GetElement(3) << 7 | words.GetElement(3) >> 57)) * Factor;
        return (int)(((a >> 32 ^ a ^ b) * Factor) >> (64 - IndexBits));
    }
}
