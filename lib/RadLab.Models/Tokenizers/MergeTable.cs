using System.Numerics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace RadLab.Models;

/// <summary>Which two neighbouring tokens may become one, and how early: (left, right) to (rank, merged). The lowest rank is merged first.</summary>
/// <remarks>Open addressing, hashed by multiplication with a random odd number: no file can be made to collide, and results do not depend on it.</remarks>
internal sealed class MergeTable
{
    public const int None = int.MaxValue;

    private const ulong Empty = ulong.MaxValue;

    private readonly ulong _factor = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) | 1;
    private Slot[] _slots = NewSlots(64);
    private int _shift = 64 - 6;

    private struct Slot
    {
        public ulong Key;
        public int Rank;
        public int Merged;
    }

    public int Count { get; private set; }

    /// <summary>Sets the rank and result of a pair; a pair that is there already is replaced.</summary>
    public void Set(int left, int right, int rank, int merged)
    {
        if (4 * (Count + 1) > 3 * _slots.Length) Grow();
        ref var slot = ref Find(KeyOf(left, right));
        if (slot.Key == Empty) Count++;
        slot = new Slot { Key = KeyOf(left, right), Rank = rank, Merged = merged };
    }

    /// <returns>The rank, or <see cref="None"/>.</returns>
    public int Rank(int left, int right, out int merged)
    {
        ref var slot = ref Find(KeyOf(left, right));
        merged = slot.Merged;
        return slot.Key == Empty ? None : slot.Rank;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Slot Find(ulong key)
    {
        var slots = _slots;
        int mask = slots.Length - 1;
        for (int i = (int)(key * _factor >> _shift); ; i++)
        {
            ref var slot = ref slots[i & mask];
            if (slot.Key == key || slot.Key == Empty) return ref slot;
        }
    }

    private void Grow()
    {
        var old = _slots;
        _slots = NewSlots(2 * old.Length);
        _shift = 64 - BitOperations.Log2((uint)_slots.Length);
        foreach (var slot in old)
            if (slot.Key != Empty) Find(slot.Key) = slot;
    }

    private static Slot[] NewSlots(int count)
    {
        var slots = new Slot[count];
        Array.Fill(slots, new Slot { Key = Empty });
        return slots;
    }

    private static ulong KeyOf(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;
}
