namespace RadLab.Radiology;

/// <summary>From a 128-bit hash to a number: open addressing with linear probing, 20 bytes a slot, at most 85 % full, never a removal.</summary>
internal sealed class HashTable128
{
    private ulong[] _high;
    private ulong[] _low;
    private int[] _value;   // one more than the stored number, so that 0 says empty
    private int _count;

    public HashTable128(int expected = 0)
    {
        int slots = 1 << 10;
        while (slots < 1 << 30 && Most(slots) < expected) slots <<= 1;
        _high = new ulong[slots];
        _low = new ulong[slots];
        _value = new int[slots];
    }

    public int Count => _count;

    public long MemoryBytes => 20L * _value.Length;

    public bool TryGet(Hash128 key, out int value)
    {
        int slot = Slot(_high, _low, _value, key);
        value = _value[slot] - 1;
        return value >= 0;
    }

    /// <summary>The number already stored for the key, or <paramref name="value"/> after storing it; <paramref name="added"/> says which.</summary>
    public int GetOrAdd(Hash128 key, int value, out bool added)
    {
        int slot = Slot(_high, _low, _value, key);
        added = _value[slot] == 0;
        if (!added) return _value[slot] - 1;
        if (_count >= Most(_value.Length))
        {
            Grow();
            slot = Slot(_high, _low, _value, key);
        }
        _high[slot] = key.High;
        _low[slot] = key.Low;
        _value[slot] = value + 1;
        _count++;
        return value;
    }

    private static int Most(int slots) => (int)(slots * 17L / 20);

    private static int Slot(ulong[] high, ulong[] low, int[] value, Hash128 key)
    {
        int mask = value.Length - 1;
        int slot = (int)key.Low & mask;
        while (value[slot] != 0 && (low[slot] != key.Low || high[slot] != key.High)) slot = (slot + 1) & mask;
        return slot;
    }

    private void Grow()
    {
        if (_value.Length >= 1 << 30) throw new InvalidOperationException($"Duplicates: more than {Most(1 << 30)} distinct texts do not fit one table; split the data set into parts.");
        ulong[] high = new ulong[2 * _value.Length];
        ulong[] low = new ulong[2 * _value.Length];
        int[] value = new int[2 * _value.Length];
        for (int i = 0; i < _value.Length; i++)
        {
            if (_value[i] == 0) continue;
            int slot = Slot(high, low, value, new Hash128(_high[i], _low[i]));
            (high[slot], low[slot], value[slot]) = (_high[i], _low[i], _value[i]);
        }
        (_high, _low, _value) = (high, low, value);
    }
}
