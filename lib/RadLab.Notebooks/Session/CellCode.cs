using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace RadLab.Notebooks;

/// <summary>A code cell whose language or magic commands RadLab does not run. The message names line and remedy.</summary>
public sealed class UnsupportedCellException(string message, int line) : Exception(message)
{
    public int Line { get; } = line;
}

/// <summary>From the text of a code cell to the C# script that Roslyn gets.</summary>
internal static class CellCode
{
    private static readonly HashSet<string> s_csharp = new(StringComparer.OrdinalIgnoreCase) { "csharp", "c#", "cs" };

    /// <summary>Defined in every cell: <c>#if !RADLAB</c> around <c>#r</c> keeps a notebook usable in kernels that do not preload RadLab.</summary>
    private const string Symbol = "RADLAB";

    private static readonly CSharpParseOptions s_script = new(LanguageVersion.Latest, kind: SourceCodeKind.Script, preprocessorSymbols: [Symbol]);

    public static string FileName(int cell) => FormattableString.Invariant($"cell-{cell}.csx");

    /// <param name="language">The cell's own language from its metadata; null for the notebook's.</param>
    public static string ToScript(string source, int cell, string? language)
    {
        if (language is not null && !s_csharp.Contains(language))
            throw new UnsupportedCellException($"the cell's language is {language}; RadLab runs C# cells only, so move it to C# or make it a markdown cell", 1);

        string[] lines = source.Split('\n');
        for (int i = 0; i < lines.Length && IsBeforeCode(lines[i]); i++)
        {
            if (!lines[i].TrimStart().StartsWith("#!", StringComparison.Ordinal)) continue;
            string magic = lines[i].Trim()[2..].Split(' ', 2)[0];
            if (!s_csharp.Contains(magic))
                throw new UnsupportedCellException($"the magic command #!{magic} is not supported; RadLab knows #!csharp", i + 1);
            lines[i] = "";   // emptied, not removed: line numbers must stay those of the cell
        }
        HandleReferences(lines);

        // #define must come first; #line gives the cell its own line numbers back, in messages and in the debug information.
        return new StringBuilder()
            .Append("#define ").Append(Symbol).Append('\n')
            .Append("#line 1 \"").Append(FileName(cell)).Append("\"\n")
            .AppendJoin('\n', lines)
            .ToString();
    }

    // Roslyn loads what #r names even where #if switches the line off, so such lines are emptied here.
    private static void HandleReferences(string[] lines)
    {
        if (!Array.Exists(lines, l => l.TrimStart().StartsWith("#r", StringComparison.Ordinal))) return;
        var root = CSharpSyntaxTree.ParseText(string.Join('\n', lines), s_script).GetRoot();
        foreach (var trivia in root.DescendantTrivia().Where(t => t.IsKind(SyntaxKind.ReferenceDirectiveTrivia)))
        {
            var directive = (ReferenceDirectiveTriviaSyntax)trivia.GetStructure()!;
            int line = directive.GetLocation().GetLineSpan().StartLinePosition.Line;
            if (!directive.IsActive) lines[line] = "";
            else if (directive.File.ValueText.StartsWith("nuget:", StringComparison.OrdinalIgnoreCase))
                throw new UnsupportedCellException("#r \"nuget:...\" is not supported; refer to a file with #r \"path.dll\" (RadLab's own assemblies are loaded already)", line + 1);
        }
    }

    private static bool IsBeforeCode(string line) =>
        line.AsSpan().Trim() is var text && (text.IsEmpty || text[0] == '#' || text.StartsWith("//"));
}
