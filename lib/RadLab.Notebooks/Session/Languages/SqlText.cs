namespace RadLab.Notebooks;

/// <summary>One statement of a SQL cell.</summary>
/// <param name="Start">Of its first character within the cell's text.</param>
/// <param name="Parameters">The names that it leaves open, with their mark: @limit, $limit or :limit.</param>
internal sealed record SqlStatement(string Text, int Start, IReadOnlyList<string> Parameters);

/// <summary>Cuts SQL at its semicolons, knowing strings, quoted names and comments.</summary>
internal static class SqlText
{
    /// <param name="isComplete">Whether a text that ends with a semicolon is whole: the body of a trigger has semicolons of its own.</param>
    public static IEnumerable<SqlStatement> Statements(string text, Func<string, bool> isComplete)
    {
        int start = 0;
        bool any = false;
        var parameters = new List<string>();
        for (int i = 0; i < text.Length;)
        {
            int end = End(text, i);
            char c = text[i];
            if (c == ';' && (!any || isComplete(text[start..end])))
            {
                if (any) yield return new SqlStatement(text[start..end], start, parameters);
                (start, any, parameters) = (end, false, []);
            }
            else if (!char.IsWhiteSpace(c) && !IsComment(text, i))
            {
                if (!any) start = i;
                any = true;
                if (c is '@' or '$' or ':' && end > i + 1 && !parameters.Contains(text[i..end])) parameters.Add(text[i..end]);
            }
            i = end;
        }
        if (any) yield return new SqlStatement(text[start..], start, parameters);
    }

    /// <summary>Whether the text ends inside a string, a quoted name or a comment.</summary>
    public static bool EndsOpen(string text)
    {
        for (int i = 0; i < text.Length;)
        {
            int end = End(text, i);
            if (end == text.Length && (text[i] is '\'' or '"' or '`' && (end == i + 1 || text[end - 1] != text[i]) || text[i] == '[' && text[end - 1] != ']' || text.AsSpan(i).StartsWith("/*") && !text.EndsWith("*/", StringComparison.Ordinal))) return true;
            i = end;
        }
        return false;
    }

    private static bool IsComment(string text, int i) => text.AsSpan(i).StartsWith("--") || text.AsSpan(i).StartsWith("/*");

    // Behind the token that begins at i: a string, a name in quotes, a comment, a parameter, a word, or one character.
    private static int End(string text, int i)
    {
        char c = text[i];
        if (c is '\'' or '"' or '`')
        {
            // a doubled quote is two strings in a row here, which changes nothing
            int close = text.IndexOf(c, i + 1);
            return close < 0 ? text.Length : close + 1;
        }
        if (c == '[') return text.IndexOf(']', i + 1) is >= 0 and var bracket ? bracket + 1 : text.Length;
        if (text.AsSpan(i).StartsWith("--")) return text.IndexOf('\n', i) is >= 0 and var line ? line : text.Length;
        if (text.AsSpan(i).StartsWith("/*")) return text.IndexOf("*/", i + 2, StringComparison.Ordinal) is >= 0 and var star ? star + 2 : text.Length;
        if (!(char.IsLetterOrDigit(c) || c is '_' or '@' or '$' or ':')) return i + 1;
        int end = i + 1;
        while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] == '_')) end++;
        return end;
    }
}
