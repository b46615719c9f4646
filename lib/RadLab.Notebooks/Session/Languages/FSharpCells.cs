using System.Text.RegularExpressions;
using FSharp.Compiler.Diagnostics;
using FSharp.Compiler.Interactive;
using Microsoft.FSharp.Core;

namespace RadLab.Notebooks;

/// <summary>
/// F# cells on the compiler's own interactive session: optimised code with line numbers, state across cells. The compiler is
/// loaded by the first F# cell (about 2 s), so that notebooks without one pay nothing.
/// </summary>
internal sealed partial class FSharpCells(Session session, string folder, PackageRestore packages) : ICellLanguage
{
    private readonly HashSet<string> _referenced = new(StringComparer.Ordinal);
    private Shell.FsiEvaluationSession? _session;

    public IEnumerable<object?> Held => _session is null ? [] : Bound().Values;

    public async Task<CellResult> RunAsync(CellPart part, CellPlace place)
    {
        string[] lines = part.Text.Split('\n');
        var (wanted, sources) = Packages(lines, part.Line);
        await packages.RestoreAsync(wanted, sources, session.Cancellation).ConfigureAwait(false);
        var fsi = Started(place);
        foreach (string file in packages.Libraries.Where(f => !_referenced.Contains(f)).ToArray())
        {
            fsi.EvalInteraction($"#r @\"{file}\"", FSharpOption<CancellationToken>.None);
            _referenced.Add(file);
        }

        string path = Path.Combine(place.Folder, Path.ChangeExtension(place.File, ".fsx"));
        // gives the cell its own line numbers back, in messages and in the debug information
        string code = FormattableString.Invariant($"# {part.Line} \"{path.Replace('\\', '/')}\"\n") + string.Join('\n', lines);
        var before = Bound();
        int generation = session.Generation;
        var (result, diagnostics) = fsi.EvalInteractionNonThrowing(code, path, FSharpOption<CancellationToken>.Some(session.Cancellation));
        session.EndOfCode(generation);
        if (result is FSharpChoice<FSharpOption<Shell.FsiValue>, Exception>.Choice2Of2 failed)
        {
            var errors = diagnostics.Where(d => d.Severity.Equals(FSharpDiagnosticSeverity.Error)).ToArray();
            return new CellResult(false, null, errors.Length > 0 ? OfCompilation(errors, place.Cell) : CellError.OfException(failed.Item, place.Cell));
        }
        var value = result is FSharpChoice<FSharpOption<Shell.FsiValue>, Exception>.Choice1Of2 done ? done.Item?.Value : null;
        bool hasValue = value is not null && value.ReflectionType != typeof(Unit);
        // as in C#: a name that is declared again gives back what its old value holds
        var error = session.DisposeUnlessHeld(before.Values, value?.ReflectionValue) is { } e ? CellError.OfException(e, place.Cell) : null;
        return error is null ? new CellResult(hasValue, hasValue ? value!.ReflectionValue : null, null) : new CellResult(false, null, error);
    }

    public object? Get(string name, int line) =>
        _session is not null && Bound().TryGetValue(name, out object? value) ? value
        : throw new UnsupportedCellException($"F# has no value '{name}'; a cell must have bound it with let before (functions cannot be shared)", line);

    public void Declare(string name, object? value, int line)
    {
        if (value is null) throw new UnsupportedCellException($"'{name}' is null, which F# has no type for; share a value", line);
        var type = value.GetType();
        if (TypeName.Of(type) == "object" && type != typeof(object))
            throw new UnsupportedCellException($"'{name}' is of the type {type.Name}, which a cell declared or which has no name, so F# cannot use it; share values of library types, or arrays and lists of them", line);
        Started(null).AddBoundValue(name, value);
    }

    public void Dispose() => (_session as IDisposable)?.Dispose();

    private Dictionary<string, object?> Bound()
    {
        var values = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var bound in _session!.GetBoundValues()) values[bound.Name] = bound.Value.ReflectionValue;
        return values;
    }

    private Shell.FsiEvaluationSession Started(CellPlace? place)
    {
        if (_session is not null) return _session;
        string[] arguments =
        [
            // usesdkrefs-: the running framework's own assemblies, so that no SDK needs to be installed; multiemit: line numbers in stack traces
            "fsi", "--noninteractive", "--nologo", "--gui-", "--quiet", "--optimize+", "--debug+", "--multiemit+", "--targetprofile:netcore", "--usesdkrefs-", $"-I:{place?.Folder ?? folder}",
            .. Session.Libraries().Select(a => $"-r:{a.Location}"),
        ];
        var fsi = Shell.FsiEvaluationSession.Create(Shell.FsiEvaluationSession.GetDefaultConfiguration(), arguments, TextReader.Null, TextWriter.Null, TextWriter.Null, FSharpOption<bool>.None, null);
        string opens = string.Concat(((string[])["System", "System.IO", "System.Text", .. Session.Namespaces]).Select(n => $"open {n}\n")) + $"open type {typeof(Cells).FullName}\n";
        fsi.EvalInteraction(opens, FSharpOption<CancellationToken>.None);
        return _session = fsi;
    }

    // #r "nuget: ..." and #i are RadLab's to do, as in C# cells; #r of a file and #load are F#'s.
    private static (List<PackageRequest>, List<string>) Packages(string[] lines, int first)
    {
        var (packages, sources) = (new List<PackageRequest>(), new List<string>());
        for (int i = 0; i < lines.Length; i++)
        {
            if (NuGet().Match(lines[i]) is not { Success: true } directive) continue;
            if (directive.Groups["kind"].Value == "r") packages.Add(CellCode.Package(directive.Groups["what"].Value.Trim(), first + i));
            else sources.Add(directive.Groups["what"].Value.Trim());
            lines[i] = "";   // emptied, not removed: line numbers must stay those of the cell
        }
        return (packages, sources);
    }

    private static CellError OfCompilation(FSharpDiagnostic[] errors, int cell)
    {
        var lines = errors.Select(d => FormattableString.Invariant($"cell {cell}, line {d.StartLine}, column {d.StartColumn + 1}: {d.ErrorNumberText}: {d.Message}"));
        return new CellError("CompilationError", $"{errors[0].ErrorNumberText}: {errors[0].Message.Split('\n')[0].TrimEnd('\r')}", cell, errors[0].StartLine, [.. lines]);
    }

    [GeneratedRegex("""^\s*#(?<kind>[ri])\s+"nuget:(?<what>[^"]*)"\s*(//.*)?$""", RegexOptions.CultureInvariant)]
    private static partial Regex NuGet();
}
