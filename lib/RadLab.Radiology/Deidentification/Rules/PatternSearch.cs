namespace RadLab.Radiology;

/// <summary>The state of one search of a pattern, kept by the thread: where what is found begins and ends, and which forks have failed at which token.</summary>
internal sealed class PatternSearch
{
    // a match spans fewer tokens, nearly always; beyond it forks are tried again
    private const int Span = 24;
    private const int MostMarks = 64;

    [ThreadStatic]
    private static PatternSearch? s_ofThisThread;

    private int[] _failed = new int[Span * 4096];
    private int _steps = 4096;
    private int _search = 1;

    public static PatternSearch OfThisThread => s_ofThisThread ??= new PatternSearch();

    public int[] Marks { get; } = new int[MostMarks];

    /// <summary>How many marks are set; a search that fails sets it back.</summary>
    public int Count { get; set; }

    /// <summary>Forgets the search before it, by counting up and not by writing.</summary>
    public void Begin()
    {
        Count = 0;
        if (++_search != int.MaxValue) return;
        Array.Clear(_failed);
        _search = 1;
    }

    public void Mark(int at)
    {
        if (Count == MostMarks) throw new InvalidOperationException($"De-identification: a rule finds more than {MostMarks / 2} things at once.");
        Marks[Count++] = at;
    }

    public bool Failed(int step, int offset) => offset < Span && step < _steps && _failed[offset * _steps + step] == _search;

    public void Fail(int step, int offset)
    {
        if (offset >= Span) return;
        if (step >= _steps)
        {
            // a longer pattern than any so far; what is noted of this search may be forgotten
            while (_steps <= step) _steps *= 2;
            _failed = new int[Span * _steps];
        }
        _failed[offset * _steps + step] = _search;
    }
}
