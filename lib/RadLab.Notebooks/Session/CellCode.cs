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

/// <summary>A package that a cell asks for.</summary>
/// <param name="Version">Null for the newest.</param>
internal sealed record PackageRequest(string Name, string? Version, int Line);

/// <summary>A C# part as Roslyn gets it, and what must be there before it runs.</summary>
internal sealed record CellScript(string Code, IReadOnlyList<PackageRequest> Packages, IReadOnlyList<string> Sources);

/// <summary>From the text of a code cell to the C# script that Roslyn gets.</summary>
internal static class CellCode
{
    /// <summary>Defined in every cell: <c>#if !RADLAB</c> around <c>#r</c> keeps a notebook usable in kernels that do not preload RadLab.</summary>
    private const string Symbol = "RADLAB";

    public static readonly CSharpParseOptions Options = new(LanguageVersion.Latest, kind: SourceCodeKind.Script, preprocessorSymbols: [Symbol]);

    public static string FileName(int cell) => FormattableString.Invariant($"cell-{cell}.csx");

    /// <param name="file">What messages and stack traces call the text.</param>
    /// <param name="line">Line of the cell on which the text begins.</param>
    public static CellScript ToScript(string source, string file, int line)
    {
        string[] lines = source.Split('\n');
        var (packages, sources) = (new List<PackageRequest>(), new List<string>());
        HandleReferences(lines, line, packages, sources);

        // #define must come first; #line gives the cell its own line numbers back, in messages and in the debug information.
        string code = new StringBuilder()
            .Append("#define ").Append(Symbol).Append('\n')
            .Append(FormattableString.Invariant($"#line {line} \"{file}\"\n"))
            .AppendJoin('\n', lines)
            .ToString();
        return new CellScript(code, packages, sources);
    }

    /// <summary>Makes files known to the script: <c>#r</c> lines before its own text.</summary>
    public static string WithReferences(string code, IEnumerable<string> files)
    {
        string references = string.Concat(files.Select(f => $"#r \"{f}\"\n"));
        int first = code.IndexOf('\n', StringComparison.Ordinal) + 1;
        return code[..first] + references + code[first..];
    }

    // Roslyn loads what #r names even where #if switches the line off, and knows neither packages nor #i, so such lines are emptied here.
    private static void HandleReferences(string[] lines, int first, List<PackageRequest> packages, List<string> sources)
    {
        if (!Array.Exists(lines, l => l.AsSpan().TrimStart() is var t && (t.StartsWith("#r") || t.StartsWith("#i")))) return;
        var root = CSharpSyntaxTree.ParseText(string.Join('\n', lines), Options).GetRoot();
        var handled = new List<int>();
        foreach (var trivia in root.DescendantTrivia())
        {
            int line = trivia.GetLocation().GetLineSpan().StartLinePosition.Line;
            if (trivia.IsKind(SyntaxKind.ReferenceDirectiveTrivia))
            {
                var directive = (ReferenceDirectiveTriviaSyntax)trivia.GetStructure()!;
                if (!directive.IsActive) handled.Add(line);
                else if (Prefixed(directive.File.ValueText, "nuget:") is { } package)
                {
                    packages.Add(Package(package, first + line));
                    handled.Add(line);
                }
            }
            else if (trivia.IsKind(SyntaxKind.BadDirectiveTrivia) && lines[line].Trim() is var text && text.StartsWith("#i ", StringComparison.Ordinal))
            {
                if (Prefixed(text[3..].Trim().Trim('"'), "nuget:") is not { } source)
                    throw new UnsupportedCellException("#i names a package source: #i \"nuget:https://...\" or #i \"nuget:folder\"", first + line);
                if (((DirectiveTriviaSyntax)trivia.GetStructure()!).IsActive) sources.Add(source);
                handled.Add(line);
            }
        }
        foreach (int line in handled) lines[line] = "";   // emptied, not removed: line numbers must stay those of the cell
    }

    internal static PackageRequest Package(string text, int line)
    {
        string[] parts = text.Split(',', 2, StringSplitOptions.TrimEntries);
        static bool Plain(string s) => s.Length is > 0 and <= 100 && s.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '+' or '*');
        if (!Plain(parts[0]) || parts.Length > 1 && !Plain(parts[1]))
            throw new UnsupportedCellException($"#r \"nuget:{text}\": write #r \"nuget: Name, Version\"", line);
        return new PackageRequest(parts[0], parts.Length > 1 ? parts[1] : null, line);
    }

    private static string? Prefixed(string text, string prefix) => text.Trim().StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ? text.Trim()[prefix.Length..].Trim() : null;
}
