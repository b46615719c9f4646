namespace RadLab.Radiology;

/// <summary>Which forks of a pattern have failed at which token of the present match; cleared by counting up, not by writing.</summary>
internal sealed class FailedForks
{
    // a match spans fewer tokens, nearly always; beyond it forks are tried again
    private const int Span = 64;

    [ThreadStatic]
    private static FailedForks? s_ofThisThread;

    private int[] _stamps = new int[Span * 256];
    private int _match = 1;

    public static FailedForks OfThisThread => s_ofThisThread ??= new FailedForks();

    public void Clear()
    {
        if (++_match != int.MaxValue) return;
        Array.Clear(_stamps);
        _match = 1;
    }

    public bool Contains(int step, int offset)
    {
        int at = step * Span + offset;
        return offset < Span && at < _stamps.Length && _stamps[at] == _match;
    }

    public void Add(int step, int offset)
    {
        if (offset >= Span) return;
        int at = step * Span + offset;
        if (at >= _stamps.Length) Array.Resize(ref _stamps, Math.Max(at + 1, _stamps.Length * 2));
        _stamps[at] = _match;
    }
}
