using Microsoft.CodeAnalysis.CSharp;

namespace RadLab.Notebooks;

/// <summary>A stretch of a cell in one language, or one magic command that stands for itself.</summary>
/// <param name="Magic">Lower case, without <c>#!</c>.</param>
/// <param name="Arguments">What follows the magic on its line.</param>
/// <param name="Text">The lines below it; empty for commands.</param>
/// <param name="Line">Line of the cell on which <paramref name="Text"/> begins; of a command, its own.</param>
internal sealed record CellPart(string Magic, string Arguments, string Text, int Line);

/// <summary>Cuts a cell at its magic commands.</summary>
internal static class CellParts
{
    // Commands stand on one line; what is below them belongs to the language above.
    private static readonly HashSet<string> s_commands = ["time", "import", "set", "share", "who", "whos"];

    private static readonly Dictionary<string, string> s_aliases = new() { ["c#"] = "csharp", ["cs"] = "csharp", ["csharp-script"] = "csharp", ["md"] = "markdown" };

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
            if (text.Exists(l => !string.IsNullOrWhiteSpace(l))) parts.Add(new CellPart(current, arguments, string.Join('\n', text), begin + 1));
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
            if (current == "csharp")
            {
                if (InsideText(text)) isKnown = false;
                else if (!isKnown) throw Unknown(magic, i + 1, known);
            }
            if (!isKnown)
            {
                text.Add(line);
                continue;
            }
            Close(i + 1);
            if (s_commands.Contains(magic)) parts.Add(new CellPart(magic, rest, "", i + 1));
            else (current, arguments) = (magic, rest);
        }
        Close(lines.Length);
        return parts;
    }

    public static string Canonical(string language) => language.ToLowerInvariant() is var name && s_aliases.TryGetValue(name, out string? known) ? known : language.ToLowerInvariant();

    public static UnsupportedCellException Unknown(string magic, int line, IReadOnlyCollection<string> known) =>
        new($"the magic command #!{magic} is not supported; RadLab knows {string.Join(", ", known.Concat(s_commands).Order(StringComparer.Ordinal).Select(k => "#!" + k))}", line);

    private static (string Magic, string Arguments)? Magic(string line)
    {
        var text = line.AsSpan().TrimStart();
        if (!text.StartsWith("#!") || text.Length < 3 || !char.IsAsciiLetter(text[2])) return null;
        int end = text.IndexOfAny(' ', '\t');
        string magic = (end < 0 ? text[2..] : text[2..end]).ToString();
        return (Canonical(magic), end < 0 ? "" : text[end..].Trim().ToString());
    }

    private static bool InsideText(List<string> before) =>
        before.Exists(l => l.Contains("\"\"\"", StringComparison.Ordinal) || l.Contains("@\"", StringComparison.Ordinal) || l.Contains("/*", StringComparison.Ordinal))
        && CSharpSyntaxTree.ParseText(string.Join('\n', before), CellCode.Options).GetDiagnostics().Any(d => s_open.Contains(d.Id));
}
