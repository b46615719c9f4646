using System.Runtime.InteropServices;

namespace RadLab.Radiology;

/// <summary>
/// From a 128-bit hash to a number, never a removal. The entries (20 bytes) stand in the order of their coming in segments that are filled one after the other and
/// never move; what is doubled and copied is only the index, 4 bytes a slot with open addressing and linear probing, at most 85 % full. So an entry takes 25 to 30
/// bytes, also while the table grows.
/// </summary>
internal sealed class HashTable128
{
    private const int SegmentBits = 12, Segment = 1 << SegmentBits;   // 80 KB: not among the large objects, which are rarely collected
    private const int LargestIndex = 1 << 30;

    private readonly List<Entry[]> _segments = [];
    private int[] _index;   // one more than the entry's number, so that 0 says empty
    private int _count;

    public HashTable128(int expected = 0)
    {
        int slots = 1 << 10;
        while (slots < LargestIndex && Most(slots) < expected) slots <<= 1;
        _index = new int[slots];
    }

    public int Count => _count;

    public long MemoryBytes => 20L * Segment * _segments.Count + 4L * _index.Length;

    public bool TryGet(Hash128 key, out int value)
    {
        int entry = _index[Slot(key)] - 1;
        value = entry < 0 ? -1 : At(entry).Value;
        return entry >= 0;
    }

    /// <summary>The number already stored for the key, or <paramref name="value"/> after storing it; <paramref name="added"/> says which.</summary>
    public int GetOrAdd(Hash128 key, int value, out bool added)
    {
        int slot = Slot(key), entry = _index[slot] - 1;
        added = entry < 0;
        if (!added) return At(entry).Value;
        if (_count >= Most(_index.Length))
        {
            Grow();
            slot = Slot(key);
        }
        if (_count == _segments.Count << SegmentBits) _segments.Add(new Entry[Segment]);
        At(_count) = new Entry(key.High, key.Low, value);
        _index[slot] = ++_count;
        return value;
    }

    private static int Most(int slots) => (int)(slots * 17L / 20);

    private ref Entry At(int entry) => ref _segments[entry >> SegmentBits][entry & (Segment - 1)];

    /// <summary>Where the key stands in the index, or the empty slot where it would.</summary>
    private int Slot(Hash128 key)
    {
        int mask = _index.Length - 1, slot = (int)key.Low & mask;
        for (int entry; (entry = _index[slot] - 1) >= 0; slot = (slot + 1) & mask)
        {
            ref var at = ref At(entry);
            if (at.Low == key.Low && at.High == key.High) break;
        }
        return slot;
    }

    private void Grow()
    {
        if (_index.Length >= LargestIndex) throw new InvalidOperationException($"Duplicates: more than {Most(LargestIndex)} distinct texts do not fit one table; split the data set into parts.");
        int[] index = new int[2 * _index.Length];
        int mask = index.Length - 1;
        for (int entry = 0; entry < _count; entry++)
        {
            int slot = (int)At(entry).Low & mask;
            while (index[slot] != 0) slot = (slot + 1) & mask;
            index[slot] = entry + 1;
        }
        _index = index;
    }

    // 20 bytes instead of 24
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct Entry(ulong high, ulong low, int value)
    {
        public ulong High = high;
        public ulong Low = low;
        public int Value = value;
    }
}
