using Microsoft.CodeAnalysis.CSharp;

namespace RadLab.Notebooks;

/// <summary>A stretch of a cell in one language, or one magic command that stands for itself.</summary>
/// <param name="Magic">Lower case, without <c>#!</c>.</param>
/// <param name="Arguments">What follows the magic on its line.</param>
/// <param name="Text">The lines below it; empty for commands.</param>
/// <param name="Line">Line of the cell on which <paramref name="Text"/> begins; of a command, its own.</param>
/// <param name="Language">Of the stretch in which a command stands: there, values are declared.</param>
internal sealed record CellPart(string Magic, string Arguments, string Text, int Line, string Language);

/// <summary>Cuts a cell at its magic commands.</summary>
internal static class CellParts
{
    // Commands stand on one line; what is below them belongs to the language above.
    private static readonly HashSet<string> s_commands = ["time", "import", "set", "share", "who", "whos"];

    private static readonly Dictionary<string, string> s_aliases = new() { ["c#"] = "csharp", ["cs"] = "csharp", ["csharp-script"] = "csharp", [".net-csharp"] = "csharp", ["f#"] = "fsharp", ["fs"] = "fsharp", [".net-fsharp"] = "fsharp", ["md"] = "markdown", ["js"] = "javascript" };

    private static readonly HashSet<string> s_languages = ["csharp", "fsharp", "sql", "javascript", "html", "markdown", "mermaid"];

    // Where a line that begins with #! can only be meant as a magic command.
    private static readonly HashSet<string> s_code = ["csharp", "fsharp", "sql"];

    // A magic inside these must be text: a string that is not closed yet, or a comment.
    private static readonly HashSet<string> s_open = ["CS8997", "CS1039", "CS1035"];

    /// <param name="language">With which the cell begins.</param>
    /// <param name="known">Languages that this session runs.</param>
    public static List<CellPart> Split(string source, string language, IReadOnlyCollection<string> known)
    {
        var parts = new List<CellPart>();
        var lines = source.Split('\n');
        var text = new List<string>();
        string current = language, arguments = "";
        int begin = 0;
        void Close(int next)
        {
            // what a SQL stretch opens, it opens without statements too
            if (text.Exists(l => !string.IsNullOrWhiteSpace(l)) || current == "sql" && arguments.Length > 0) parts.Add(new CellPart(current, arguments, string.Join('\n', text), begin + 1, current));
            text.Clear();
            begin = next;
        }
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].TrimEnd('\r');
            if (Magic(line) is not var (magic, rest))
            {
                text.Add(line);
                continue;
            }
            bool isKnown = s_commands.Contains(magic) || known.Contains(magic);
            if (s_code.Contains(current))
            {
                if (InsideText(current, text)) isKnown = false;
                else if (!isKnown) throw Unknown(magic, i + 1, known);
            }
            if (!isKnown)
            {
                text.Add(line);
                continue;
            }
            Close(i + 1);
            if (s_commands.Contains(magic)) parts.Add(new CellPart(magic, rest, "", i + 1, current));
            else (current, arguments) = (magic, rest);
        }
        Close(lines.Length);
        return parts;
    }

    /// <summary>The text cut where its language changes, for showing it; all stretches together are the text.</summary>
    public static IEnumerable<(string Language, string Text)> Stretches(string source, string language)
    {
        int start = 0;
        for (int i = 0; i < source.Length;)
        {
            int end = source.IndexOf('\n', i);
            end = end < 0 ? source.Length : end + 1;
            if (Magic(source[i..end].TrimEnd()) is var (magic, _) && s_languages.Contains(magic))
            {
                if (i > start) yield return (language, source[start..i]);
                yield return ("", source[i..end]);
                (language, start) = (magic, end);
            }
            i = end;
        }
        if (start < source.Length) yield return (language, source[start..]);
    }

    public static string Canonical(string language) => language.ToLowerInvariant() is var name && s_aliases.TryGetValue(name, out string? known) ? known : language.ToLowerInvariant();

    // Known from .NET Interactive and not here: what to do instead.
    private static readonly Dictionary<string, string> s_instead = new()
    {
        ["connect"] = "open SQLite, CSV and JSON-lines files with #!sql --db, --csv or --jsonl",
        ["kql"] = "use #!sql", ["pwsh"] = "start programs with System.Diagnostics.Process", ["powershell"] = "start programs with System.Diagnostics.Process",
        ["value"] = "write the text as a C# string, or use #!set", ["nuget"] = "write #r \"nuget: Name, Version\"",
    };

    public static UnsupportedCellException Unknown(string magic, int line, IReadOnlyCollection<string> known) =>
        new($"the magic command #!{magic} is not supported{(s_instead.TryGetValue(magic, out string? instead) ? $" ({instead})" : "")}; RadLab knows {string.Join(", ", known.Concat(s_commands).Order(StringComparer.Ordinal).Select(k => "#!" + k))}", line);

    private static (string Magic, string Arguments)? Magic(string line)
    {
        var text = line.AsSpan().TrimStart();
        if (!text.StartsWith("#!") || text.Length < 3 || !char.IsAsciiLetter(text[2])) return null;
        int end = text.IndexOfAny(' ', '\t');
        string magic = (end < 0 ? text[2..] : text[2..end]).ToString();
        return (Canonical(magic), end < 0 ? "" : text[end..].Trim().ToString());
    }

    private static bool InsideText(string language, List<string> before) => language switch
    {
        "sql" => SqlText.EndsOpen(string.Join('\n', before)),
        "fsharp" => string.Join('\n', before).Split("\"\"\"").Length % 2 == 0,
        _ => InsideCSharpText(before),
    };

    private static bool InsideCSharpText(List<string> before) =>
        before.Exists(l => l.Contains("\"\"\"", StringComparison.Ordinal) || l.Contains("@\"", StringComparison.Ordinal) || l.Contains("/*", StringComparison.Ordinal))
        && CSharpSyntaxTree.ParseText(string.Join('\n', before), CellCode.Options).GetDiagnostics().Any(d => s_open.Contains(d.Id));
}
