namespace RadLab.Training;

/// <summary>Rows of text, aligned: the first column to the left, the others to the right.</summary>
internal sealed class TextTable(params IReadOnlyList<string> header)
{
    private readonly List<IReadOnlyList<string>> _rows = [header];

    public void Add(params IReadOnlyList<string> row) => _rows.Add(row);

    /// <summary>For people.</summary>
    public override string ToString()
    {
        int[] widths = [.. Enumerable.Range(0, header.Count).Select(c => _rows.Max(r => r[c].Length))];
        return string.Join('\n', _rows.Select(r => string.Join("  ", r.Select((cell, c) => c == 0 ? cell.PadRight(widths[c]) : cell.PadLeft(widths[c]))).TrimEnd())) + "\n";
    }

    /// <summary>For spreadsheets (RFC 4180, with LF).</summary>
    public string ToCsv() => string.Join('\n', _rows.Select(r => string.Join(',', r.Select(Quoted)))) + "\n";

    private static string Quoted(string cell) => cell.AsSpan().IndexOfAny(",\"\n\r") < 0 ? cell : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
