using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace RadLab.Notebooks;

// Languages of which only the words are known: comments, strings, numbers, keywords.
internal static partial class CodeHighlighter
{
    private static readonly Dictionary<string, HashSet<string>> s_keywords = new()
    {
        ["fsharp"] = Set("abstract and as assert base begin class default do done downcast downto elif else end exception extern false finally fixed for fun function global if in inherit inline interface internal lazy let match member module mutable namespace new null of open or override private public rec return static struct then to true try type upcast use val void when while with yield"),
        ["javascript"] = Set("async await break case catch class const continue debugger default delete do else export extends false finally for function if import in instanceof let new null of return static super switch this throw true try typeof undefined var void while with yield"),
        ["sql"] = new HashSet<string>(Set("all alter and as asc attach begin between by case cast check collate commit create cross current default delete desc detach distinct drop else end escape except exists explain filter following foreign from full glob group having if in index inner insert intersect into is join key left like limit natural not null offset on or order outer over partition pragma preceding primary range references replace right rollback row rows select set table then to transaction trigger union unique update using values view when where window with"), StringComparer.OrdinalIgnoreCase),
    };

    private static string Words(string code, string language)
    {
        if (language.Length == 0) return $"<span class=\"d\">{WebUtility.HtmlEncode(code)}</span>";
        if (!s_keywords.TryGetValue(language, out var keywords)) return WebUtility.HtmlEncode(code);
        var html = new StringBuilder();
        int at = 0;
        foreach (Match token in (language switch { "sql" => Sql(), "fsharp" => FSharp(), _ => JavaScript() }).Matches(code))
        {
            html.Append(WebUtility.HtmlEncode(code[at..token.Index]));
            char kind = token.Groups["c"].Success ? 'c' : token.Groups["s"].Success ? 's' : token.Groups["n"].Success ? 'n' : keywords.Contains(token.Value) ? 'k' : ' ';
            Append(html, kind, token.Value);
            at = token.Index + token.Length;
        }
        return html.Append(WebUtility.HtmlEncode(code[at..])).ToString();
    }

    private static HashSet<string> Set(string words) => [.. words.Split(' ')];

    private const string NumberOrWord = @"|(?<n>\b\d[\w.]*)|[\p{L}_][\w]*";

    [GeneratedRegex(@"(?<c>--[^\n]*|/\*[\s\S]*?(?:\*/|\z))|(?<s>'[^']*(?:'|\z))" + NumberOrWord, RegexOptions.CultureInvariant)]
    private static partial Regex Sql();

    [GeneratedRegex("""(?<c>//[^\n]*|\(\*(?!\))[\s\S]*?(?:\*\)|\z))|(?<s>"{3}[\s\S]*?(?:"{3}|\z)|"(?:\\.|[^"\\])*(?:"|\z)|'(?:\\.|[^'\\])')""" + NumberOrWord, RegexOptions.CultureInvariant)]
    private static partial Regex FSharp();

    [GeneratedRegex("""(?<c>//[^\n]*|/\*[\s\S]*?(?:\*/|\z))|(?<s>"(?:\\.|[^"\\\n])*(?:"|\n|\z)|'(?:\\.|[^'\\\n])*(?:'|\n|\z)|`(?:\\.|[^`\\])*(?:`|\z))""" + NumberOrWord, RegexOptions.CultureInvariant)]
    private static partial Regex JavaScript();
}
