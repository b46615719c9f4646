namespace RadLab.Radiology;

/// <summary>Lines and columns of offsets in a text.</summary>
internal sealed class LineMap
{
    private readonly List<int> _starts = [0];

    public LineMap(ReadOnlySpan<char> text)
    {
        for (int i = 0; i < text.Length; i++)
            if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.Length || text[i + 1] != '\n'))) _starts.Add(i + 1);
    }

    /// <summary>Line and column, both from 1.</summary>
    public (long Line, int Column) At(int offset)
    {
        int found = _starts.BinarySearch(offset);
        int line = found >= 0 ? found : ~found - 1;
        return (line + 1, offset - _starts[line] + 1);
    }
}
