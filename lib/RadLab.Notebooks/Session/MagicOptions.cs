namespace RadLab.Notebooks;

/// <summary>The options of a magic command: <c>--name value</c>, <c>--flag</c>, and what stands by itself.</summary>
internal static class MagicOptions
{
    /// <param name="flags">Options that have no value.</param>
    public static (Dictionary<string, string> Options, List<string> Others) Read(CellPart part, IReadOnlyCollection<string>? flags = null)
    {
        var (options, rest) = (new Dictionary<string, string>(), new List<string>());
        var words = Words(part.Arguments);
        for (int i = 0; i < words.Count; i++)
        {
            if (!words[i].StartsWith("--", StringComparison.Ordinal)) rest.Add(words[i]);
            else if (flags?.Contains(words[i][2..]) == true) options[words[i][2..]] = "";
            else if (i + 1 == words.Count) throw new UnsupportedCellException($"#!{part.Magic}: {words[i]} needs a value", part.Line);
            else options[words[i][2..]] = words[++i];
        }
        return (options, rest);
    }

    // Blanks separate, quotation marks hold together; a reference @kernel:... goes on to the next option.
    private static List<string> Words(string text)
    {
        var words = new List<string>();
        for (int i = 0; i < text.Length;)
        {
            if (char.IsWhiteSpace(text[i]))
            {
                i++;
                continue;
            }
            int end;
            if (text[i] == '"' && (end = text.IndexOf('"', i + 1)) > 0)
            {
                words.Add(text[(i + 1)..end]);
                i = end + 1;
                continue;
            }
            end = text[i] == '@' ? text.IndexOf(" --", i, StringComparison.Ordinal) : text.AsSpan(i).IndexOfAny(' ', '\t') is >= 0 and var n ? i + n : -1;
            if (end < 0) end = text.Length;
            words.Add(text[i..end].TrimEnd());
            i = end;
        }
        return words;
    }
}
