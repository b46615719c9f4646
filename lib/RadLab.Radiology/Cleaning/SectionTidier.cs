using System.Buffers;

namespace RadLab.Radiology;

/// <summary>What was done to a text, at its place in the text before: <paramref name="Length"/> characters became <paramref name="Replacement"/>.</summary>
/// <param name="Section">Findings, Impression, …</param>
public sealed record TextEdit(string Section, int Start, int Length, string Replacement);

/// <summary>
/// The only changes that cleaning makes to a kept text: line ends become line feeds, tabs and other control characters blanks, blanks at the ends of lines and of
/// the text go, and so do stray colons before it. Everything else stays as it is.
/// </summary>
internal static class SectionTidier
{
    private static readonly SearchValues<char> s_suspects = SearchValues.Create([.. Enumerable.Range(0, 32).Where(c => c != '\n').Select(c => (char)c), '\u007F', '\u00A0', '\u200B', '\uFEFF']);

    /// <summary>The tidy text; the same object where there is nothing to do.</summary>
    /// <param name="edits">In the order of their places; not overlapping.</param>
    public static string Tidy(string section, string text, List<TextEdit> edits)
    {
        if (text.Length == 0 || IsTidy(text)) return text;
        int first = edits.Count, end = text.Length;
        while (end > 0 && IsBlank(text[end - 1])) end--;
        int start = 0;
        while (start < end && (IsBlank(text[start]) || text[start] == ':')) start++;
        if (start > 0) edits.Add(new TextEdit(section, 0, start, ""));
        for (int i = start; i < end; i++)
        {
            if (!IsBlank(text[i])) continue;
            int run = i;
            bool breaks = false, foreign = false;
            for (; run < end && IsBlank(text[run]); run++)
            {
                // a lone carriage return is a line end of old files
                breaks |= text[run] is '\n' or '\r';
                foreign |= text[run] is not (' ' or '\n');
            }
            string replacement = breaks ? (text.AsSpan(i, run - i).Count('\n') > 1 ? "\n\n" : "\n") : foreign ? " " : text.Substring(i, run - i);
            if (!text.AsSpan(i, run - i).SequenceEqual(replacement)) edits.Add(new TextEdit(section, i, run - i, replacement));
            i = run - 1;
        }
        if (end < text.Length) edits.Add(new TextEdit(section, end, text.Length - end, ""));
        return Apply(text, edits.GetRange(first, edits.Count - first));
    }

    /// <summary>The text after its edits.</summary>
    public static string Apply(string text, IEnumerable<TextEdit> edits)
    {
        var result = new System.Text.StringBuilder(text.Length);
        int at = 0;
        foreach (var edit in edits)
        {
            result.Append(text, at, edit.Start - at).Append(edit.Replacement);
            at = edit.Start + edit.Length;
        }
        return result.Append(text, at, text.Length - at).ToString();
    }

    private static bool IsTidy(string text) =>
        !IsBlank(text[0]) && text[0] != ':' && !IsBlank(text[^1]) && !text.AsSpan().ContainsAny(s_suspects)
        && !text.Contains(" \n", StringComparison.Ordinal) && !text.Contains("\n ", StringComparison.Ordinal) && !text.Contains("\n\n\n", StringComparison.Ordinal);

    private static bool IsBlank(char c) => c <= ' ' || c is '\u007F' or '\u00A0' or '\u200B' or '\uFEFF';
}
