namespace RadLab.Radiology;

/// <summary>The shingle sets of many texts in blocks of a million numbers: 4 bytes a shingle and 12 a text, no array per text.</summary>
internal sealed class ShingleStore
{
    private const int BlockSize = 1 << 20;
    private readonly List<uint[]> _blocks = [];
    private readonly List<(int Block, int Start, int Count)> _sets = [];
    private int _used = BlockSize;
    private int _open = -1;   // the block that is being filled

    public int Count => _sets.Count;

    public long MemoryBytes => _blocks.Sum(b => 4L * b.Length) + 12L * _sets.Capacity;

    public void Add(ReadOnlySpan<uint> set)
    {
        if (set.Length > BlockSize)
        {
            // a text of its own size; the open block stays open
            _blocks.Add(set.ToArray());
            _sets.Add((_blocks.Count - 1, 0, set.Length));
            return;
        }
        if (set.IsEmpty)
        {
            _sets.Add((-1, 0, 0));
            return;
        }
        if (_used + set.Length > BlockSize)
        {
            _blocks.Add(new uint[BlockSize]);
            _open = _blocks.Count - 1;
            _used = 0;
        }
        set.CopyTo(_blocks[_open].AsSpan(_used));
        _sets.Add((_open, _used, set.Length));
        _used += set.Length;
    }

    public ReadOnlySpan<uint> this[int i]
    {
        get
        {
            var (block, start, count) = _sets[i];
            return block < 0 ? [] : _blocks[block].AsSpan(start, count);
        }
    }

    public int SizeOf(int i) => _sets[i].Count;
}
