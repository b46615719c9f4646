using System.Globalization;

namespace RadLab.Radiology;

/// <summary>
/// The strings of a JSON text, unescaped, each behind its key as a label ("mrn: 4452310"), so that the rules of context see it. Strings that follow each other
/// in one array are one text, as the lines of a notebook cell are. Works on damaged JSON too: whatever is a string is read.
/// </summary>
internal static class JsonTexts
{
    /// <summary>One value: its key, whether it is a number, and its text behind the label.</summary>
    public delegate void Found(ReadOnlySpan<char> key, bool number, PositionedText text, int label);

    /// <param name="json">The text.</param>
    /// <param name="skip">Keys whose values are not looked at.</param>
    public static void Read(ReadOnlySpan<char> json, Func<string, bool> skip, Found found)
    {
        var text = new PositionedText();
        var keys = new Stack<string>();
        string key = "";
        int label = 0;
        bool open = false, skipping = false;
        for (int i = 0; i < json.Length;)
        {
            char c = json[i];
            if (c == '"')
            {
                int end = StringEnd(json, i);
                if (IsKey(json, end))
                {
                    Flush();
                    key = Unescaped(json[(i + 1)..Math.Max(i + 1, end - 1)]);
                    skipping = skip(key);
                }
                else if (!skipping)
                {
                    if (!open) label = Label(text, key, i);
                    open = true;
                    Unescape(json, i + 1, end - 1, text);
                }
                i = end;
                continue;
            }
            if (c is '{' or '[')
            {
                Flush();
                keys.Push(key);
            }
            else if (c is '}' or ']')
            {
                Flush();
                key = keys.Count > 0 ? keys.Pop() : "";
                skipping = skip(key);
            }
            else if (char.IsAsciiDigit(c))
            {
                int end = i;
                while (end < json.Length && (char.IsAsciiLetterOrDigit(json[end]) || json[end] is '.' or '+' or '-')) end++;
                if (!skipping && key.Length > 0 && end - i <= 24)
                {
                    Flush();
                    label = Label(text, key, i);
                    for (int k = i; k < end; k++) text.Add(json[k], k);
                    found(key, true, text, label);
                    text.Clear();
                }
                i = end;
                continue;
            }
            i++;
        }
        Flush();

        void Flush()
        {
            if (open && text.Length > label) found(key, false, text, label);
            text.Clear();
            open = false;
        }
    }

    /// <summary>"patientName" and "patient_name" become "patient name: "; keys that say nothing of a person give no label.</summary>
    private static int Label(PositionedText text, string key, int offset)
    {
        if (key.Length is 0 or > 40 || key.ToLowerInvariant() is "name" or "id" or "key" or "code" or "text" or "title" or "author" or "from" or "to" or "model" or "step" or "run" or "seed" or "token" or "version" or "reference" or "subject" or "job" or "device" or "source" or "findings" or "impression" or "input" or "answer") return 0;
        for (int i = 0; i < key.Length; i++)
        {
            char c = key[i];
            if (i > 0 && char.IsUpper(c) && char.IsLower(key[i - 1])) text.Add(' ', offset);
            text.Add(c is '_' or '-' or '.' ? ' ' : c, offset);
        }
        text.Add(": ", offset);
        return text.Length;
    }

    private static bool IsKey(ReadOnlySpan<char> json, int after)
    {
        while (after < json.Length && json[after] is ' ' or '\t' or '\r' or '\n') after++;
        return after < json.Length && json[after] == ':';
    }

    /// <summary>One past the closing quote.</summary>
    private static int StringEnd(ReadOnlySpan<char> json, int open)
    {
        for (int i = open + 1; i < json.Length; i++)
        {
            if (json[i] == '\\') i++;
            else if (json[i] == '"') return i + 1;
        }
        return json.Length;
    }

    private static string Unescaped(ReadOnlySpan<char> inside)
    {
        var text = new PositionedText();
        Unescape(inside, 0, inside.Length, text);
        return text.Text.ToString();
    }

    private static void Unescape(ReadOnlySpan<char> json, int start, int end, PositionedText text)
    {
        for (int i = start; i < Math.Min(end, json.Length); i++)
        {
            if (json[i] != '\\' || i + 1 >= end)
            {
                text.Add(json[i], i);
                continue;
            }
            int at = i++;
            switch (json[i])
            {
                case 'n': text.Add('\n', at); break;
                case 'r' or 't' or 'b' or 'f': text.Add(' ', at); break;
                case 'u' when i + 4 < json.Length && ushort.TryParse(json.Slice(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort unit):
                    text.Add((char)unit, at);
                    i += 4;
                    break;
                default: text.Add(json[i], at); break;
            }
        }
    }
}
