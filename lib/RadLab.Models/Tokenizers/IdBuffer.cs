using System.Runtime.CompilerServices;

namespace RadLab.Models;

/// <summary>A list of ids that is filled again and again without allocating.</summary>
internal sealed class IdBuffer
{
    private int[] _ids = new int[1024];

    public int Count { get; private set; }

    public ReadOnlySpan<int> Span => _ids.AsSpan(0, Count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int id)
    {
        if (Count == _ids.Length) Array.Resize(ref _ids, 2 * _ids.Length);
        _ids[Count++] = id;
    }

    public void AddRange(ReadOnlySpan<int> ids)
    {
        foreach (int id in ids) Add(id);
    }

    /// <summary>Empties the list; after an unusually long text it also gives its memory back.</summary>
    public void Clear(int keep)
    {
        Count = 0;
        if (_ids.Length > keep) _ids = new int[1024];
    }
}
