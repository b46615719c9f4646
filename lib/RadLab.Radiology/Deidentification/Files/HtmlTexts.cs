using System.Globalization;

namespace RadLab.Radiology;

/// <summary>What a reader of an HTML, SVG or XML text can see or copy: text between tags, and the attributes alt, title, content, value and href. Style sheets are left out.</summary>
internal static class HtmlTexts
{
    private static readonly string[] s_lineTags = ["td", "th", "tr", "p", "div", "br", "li", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "table", "option", "section", "text", "tspan", "dt", "dd", "label"];
    private static readonly string[] s_inlineTags = ["b", "i", "a", "em", "strong", "span", "u", "small", "sub", "sup", "mark", "code", "font"];
    private static readonly string[] s_attributes = ["alt", "title", "content", "value", "href"];

    /// <summary>Calls with the text and then with each attribute; offsets are those of the source.</summary>
    public static void Read(PositionedText source, int start, Action<PositionedText> found)
    {
        var text = new PositionedText();
        var attribute = new PositionedText();
        var html = source.Text;
        for (int i = start; i < html.Length;)
        {
            if (html[i] == '<' && i + 1 < html.Length && (char.IsAsciiLetter(html[i + 1]) || html[i + 1] is '/' or '!' or '?'))
            {
                i = Tag(source, i, text, attribute, found);
                continue;
            }
            if (html[i] == '&' && Entity(html[i..], out char decoded, out int length))
            {
                text.Add(decoded, source.OffsetOf(i));
                i += length;
                continue;
            }
            text.Add(html[i], source.OffsetOf(i));
            i++;
        }
        if (text.Length > 0) found(text);
    }

    private static int Tag(PositionedText source, int open, PositionedText text, PositionedText attribute, Action<PositionedText> found)
    {
        var html = source.Text;
        if (html[open..].StartsWith("<!--", StringComparison.Ordinal)) return open + 4;   // a comment's text is text
        int name = open + (html[open + 1] == '/' ? 2 : 1), end = name;
        while (end < html.Length && char.IsAsciiLetterOrDigit(html[end])) end++;
        string tag = html[name..end].ToString().ToLowerInvariant();
        int close = end;
        while (close < html.Length && html[close] != '>')
        {
            if (html[close] != '=' || close + 2 >= html.Length || html[close + 1] is not ('"' or '\''))
            {
                close++;
                continue;
            }
            char quote = html[close + 1];
            int stop = html[(close + 2)..].IndexOf(quote);
            if (stop < 0) break;
            int word = close;
            while (word > end && (char.IsAsciiLetterOrDigit(html[word - 1]) || html[word - 1] == '-')) word--;
            if (s_attributes.Contains(html[word..close].ToString().ToLowerInvariant()))
            {
                attribute.Clear();
                for (int k = close + 2; k < close + 2 + stop; k++) attribute.Add(html[k], source.OffsetOf(k));
                if (attribute.Length > 0 && attribute.Text[0] != '#') found(attribute);
            }
            close += 3 + stop;
        }
        close = Math.Min(html.Length, close + 1);
        if (s_lineTags.Contains(tag)) text.Add('\n', source.OffsetOf(open));
        else if (!s_inlineTags.Contains(tag)) text.Add(' ', source.OffsetOf(open));
        if (tag != "style" || html[open + 1] == '/') return close;
        int after = html[close..].IndexOf("</style", StringComparison.OrdinalIgnoreCase);
        return after < 0 ? html.Length : close + after;
    }

    private static bool Entity(ReadOnlySpan<char> at, out char decoded, out int length)
    {
        (decoded, length) = ('\0', 0);
        int end = at[..Math.Min(at.Length, 10)].IndexOf(';');
        if (end < 2) return false;
        length = end + 1;
        var name = at[1..end];
        if (name[0] == '#')
        {
            bool hex = name.Length > 2 && name[1] is 'x' or 'X';
            bool known = ushort.TryParse(name[(hex ? 2 : 1)..], hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out ushort unit);
            decoded = (char)unit;
            return known;
        }
        decoded = name switch { "amp" => '&', "lt" => '<', "gt" => '>', "quot" => '"', "apos" => '\'', "nbsp" => ' ', "ndash" or "mdash" => '-', "rsquo" => '\'', _ => '\0' };
        return decoded != '\0';
    }
}
