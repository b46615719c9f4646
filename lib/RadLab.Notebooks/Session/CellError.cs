using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;

namespace RadLab.Notebooks;

/// <summary>Why a cell failed.</summary>
/// <param name="Name">Type of the exception without namespace, or CompilationError.</param>
/// <param name="Cell">Number of the code cell that was running, from 1.</param>
/// <param name="Line">Line of that cell, from 1; null when the failure has no place in it.</param>
/// <param name="Traceback">What a reader sees below the cell; names no folder of the machine.</param>
public sealed partial record CellError(string Name, string Message, int Cell, int? Line, IReadOnlyList<string> Traceback)
{
    // What runs the cells; a reader did not call it.
    private static readonly string[] s_machinery = ["Microsoft.CodeAnalysis.Scripting", "FSharp.Compiler.", "System.Reflection.MethodBaseInvoker", "System.Reflection.RuntimeMethodInfo.Invoke", "System.RuntimeMethodHandle.InvokeMethod"];

    /// <summary>"cell 3, line 4".</summary>
    public string Place => Line is { } line ? FormattableString.Invariant($"cell {Cell}, line {line}") : FormattableString.Invariant($"cell {Cell}");

    internal static CellError OfCompilation(IReadOnlyList<Diagnostic> errors, int cell)
    {
        var lines = errors.Select(d =>
        {
            var at = d.Location.GetMappedLineSpan().StartLinePosition;
            return FormattableString.Invariant($"cell {cell}, line {at.Line + 1}, column {at.Character + 1}: {d.Id}: {d.GetMessage(null)}");
        });
        return new CellError(
            "CompilationError", $"{errors[0].Id}: {errors[0].GetMessage(null)}", cell,
            errors[0].Location.GetMappedLineSpan().StartLinePosition.Line + 1, [.. lines]);
    }

    internal static CellError OfException(Exception exception, int cell)
    {
        var traceback = new List<string>();
        int? line = null;
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            traceback.Add($"{(e == exception ? "" : "caused by ")}{e.GetType().FullName}: {e.Message}");
            foreach (string frame in (e.StackTrace ?? "").Split('\n'))
                if (Frame(frame, cell, ref line) is { } text) traceback.Add("   " + text);
        }
        return new CellError(exception.GetType().Name, exception.Message, cell, line, traceback);
    }

    internal static CellError OfUnsupported(UnsupportedCellException e, int cell) =>
        new("UnsupportedCell", e.Message, cell, e.Line, [FormattableString.Invariant($"cell {cell}, line {e.Line}: {e.Message}")]);

    private static string? Frame(string frame, int cell, ref int? line)
    {
        frame = frame.Trim();
        if (frame.Length == 0 || frame.StartsWith("---", StringComparison.Ordinal) || Array.Exists(s_machinery, m => frame.Contains(m, StringComparison.Ordinal))) return null;
        if (CellFrame().Match(frame) is { Success: true } own)
        {
            int inCell = int.Parse(own.Groups["cell"].ValueSpan, null), inLine = int.Parse(own.Groups["line"].ValueSpan, null);
            if (inCell == cell) line ??= inLine;
            string method = Submission().Replace(own.Groups["method"].Value, "");
            string place = FormattableString.Invariant($"cell {inCell}, line {inLine}");
            return method.StartsWith("<<Initialize>>", StringComparison.Ordinal) || method.StartsWith("<StartupCode$", StringComparison.Ordinal) ? $"at {place}" : $"at {method}, {place}";
        }
        // The folder in which a library was built says nothing to the reader and does not belong into a committed notebook.
        return SourceFolder().Replace(frame, " in ");
    }

    [GeneratedRegex(@"^at (?<method>.+) in .*cell-(?<cell>\d+)\.(?:csx|fsx):line (?<line>\d+)$")]
    private static partial Regex CellFrame();

    [GeneratedRegex(@"Submission#\d+\.|FSI_\d+\.")]
    private static partial Regex Submission();

    [GeneratedRegex(@" in (?:.*[/\\])(?=[^/\\]+:line \d+$)")]
    private static partial Regex SourceFolder();
}
