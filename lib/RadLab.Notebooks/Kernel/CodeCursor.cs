namespace RadLab.Notebooks;

/// <summary>
/// Where a client's cursor stands in code. The protocol counts characters (code points) and JupyterLab does; VS Code counts UTF-16 units, as C# does.
/// A cursor behind the last code point, such as VS Code's at the end of a cell with an emoji, gives that away for the rest of its session.
/// </summary>
/// <param name="At">In UTF-16 units.</param>
/// <param name="CountsUnits">The client counts UTF-16 units too.</param>
internal readonly record struct CodeCursor(int At, bool CountsUnits)
{
    private const int MostSessions = 256;

    /// <param name="countsUnits">Sessions of clients that count UTF-16 units; grows.</param>
    public static CodeCursor Of(JupyterMessage request, string code, HashSet<string> countsUnits)
    {
        int wanted = JupyterMessage.Number(request.Content, "cursor_pos") ?? int.MaxValue;
        string session = JupyterMessage.Text(request.Header, "session") ?? "";
        lock (countsUnits)
        {
            if (wanted > Points(code, code.Length) && wanted <= code.Length && countsUnits.Count < MostSessions) countsUnits.Add(session);
            if (countsUnits.Contains(session)) return new CodeCursor(Math.Clamp(wanted, 0, code.Length), true);
        }
        int at = 0;
        for (int points = 0; points < wanted && at < code.Length; points++) at += char.IsHighSurrogate(code[at]) && at + 1 < code.Length ? 2 : 1;
        return new CodeCursor(at, false);
    }

    /// <summary>A place in the code as this client counts.</summary>
    /// <param name="at">In UTF-16 units.</param>
    public int Position(string code, int at) => CountsUnits ? at : Points(code, at);

    private static int Points(string code, int units)
    {
        int points = 0;
        for (int i = 0; i < units; i++)
            if (!char.IsLowSurrogate(code[i])) points++;
        return points;
    }
}
