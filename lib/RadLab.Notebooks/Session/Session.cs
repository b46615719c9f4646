using System.Collections.Immutable;
using System.Reflection;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Scripting;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Scripting;
using RadLab.Compute;
using RadLab.Radiology;

namespace RadLab.Notebooks;

/// <summary>
/// Runs C# cells one after the other; later cells see what earlier ones declared. Optimised code with line numbers.
/// Cells and the assemblies they load cannot be unloaded again, so a process should hold one session.
/// </summary>
/// <remarks>
/// Declaring a name again disposes the value it had, unless another name still has that value: native tensors would
/// otherwise stay until the process ends. <see cref="Dispose"/> does the same with all that is left.
/// </remarks>
public sealed partial class Session : IDisposable
{
    private static readonly string[] s_usings =
        ["System", "System.Text", "System.Collections", "System.Collections.Generic", "System.Threading.Tasks", "System.Linq", typeof(Cells).FullName!];

    private static readonly string[] s_libraries = ["RadLab.Compute", "RadLab.Models", "RadLab.Radiology", "RadLab.Training", "RadLab.Notebooks"];

    private static readonly AsyncLocal<Session?> s_running = new();

    private readonly ScriptOptions _options;
    private readonly string _folder;
    private readonly PackageRestore _packages;
    private readonly HashSet<string> _referenced = new(StringComparer.Ordinal);
    private ScriptState<object>? _state;
    private CancellationTokenSource _cell = new();
    private int _generation;

    /// <param name="folder">Base of relative paths in <c>#r</c>, <c>#load</c> and <c>#!import</c>: the notebook's folder.</param>
    public Session(string folder)
    {
        _folder = Path.GetFullPath(folder);
        _packages = new PackageRestore(_folder);
        _languages = new() { ["fsharp"] = new FSharpCells(this, _folder, _packages), ["sql"] = new SqlCells(this) };
        ConsoleRouting.Install();
        var libraries = Libraries();
        _options = ScriptOptions.Default
            .WithLanguageVersion(LanguageVersion.Latest)
            .AddReferences(typeof(object).Assembly, typeof(Enumerable).Assembly)
            .AddReferences(libraries)
            .AddImports(s_usings)
            .AddImports(s_libraries)
            .WithMetadataResolver(new CachingResolver(ScriptMetadataResolver.Default.WithBaseDirectory(_folder).WithSearchPaths(AppContext.BaseDirectory)))
            .WithSourceResolver(new SourceFileResolver(ImmutableArray<string>.Empty, _folder))
            .WithOptimizationLevel(OptimizationLevel.Release)   // Roslyn's default is Debug: loops 5 to 6 times slower
            .WithEmitDebugInformation(true)
            .WithFileEncoding(Encoding.UTF8);
    }

    /// <summary>Number of the cell that ran last, from 1.</summary>
    public int Count { get; private set; }

    /// <summary>The engines that cells have made.</summary>
    public EngineGroup Engines { get; } = new();

    /// <summary>The data that cells have opened.</summary>
    public DataUse Data { get; } = new();

    /// <summary>Cancelled when the running cell shall stop; cells see it as <see cref="Cells.Interrupted"/>.</summary>
    public CancellationToken Cancellation => _cell.Token;

    /// <summary>RadLab's assemblies, as every cell sees them.</summary>
    public static IReadOnlyList<Assembly> Libraries() => [.. s_libraries.Select(name => Assembly.Load(new AssemblyName(name)))];

    /// <summary>The present value of each name the cells declared.</summary>
    public IReadOnlyDictionary<string, object?> Variables => Latest(_state?.Variables ?? []);

    /// <summary>The session whose cell runs in the caller's flow.</summary>
    internal static Session? Running => s_running.Value;

    /// <summary>Called when a part's own code is over, well or not: what follows is the session's and must not be aborted.</summary>
    internal Action? CodeEnded { get; set; }

    /// <summary>Runs the next cell. Never throws for what the cell does; see <see cref="CellResult.Error"/>.</summary>
    /// <param name="output">Receives what the cell prints and displays, not its result.</param>
    /// <param name="language">The cell's own language from its metadata; null for C#.</param>
    public async Task<CellResult> RunAsync(string source, ICellOutput output, string? language = null, CancellationToken cancellation = default)
    {
        int cell = ++Count;
        var before = _cell;
        _cell = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        before.Dispose();
        using var routing = CellOutput.Begin(output);
        using var engines = Engines.Begin();
        using var data = Data.Begin();
        s_running.Value = this;
        try
        {
            return await RunPartsAsync(new CellPlace(cell, CellCode.FileName(cell), _folder), source, language).ConfigureAwait(false);
        }
        catch (UnsupportedCellException e)
        {
            return new CellResult(false, null, CellError.OfUnsupported(e, cell));
        }
        catch (CompilationErrorException e)
        {
            return new CellResult(false, null, CellError.OfCompilation(e.Diagnostics, cell));
        }
        catch (OperationCanceledException e) when (Cancellation.IsCancellationRequested)
        {
            return new CellResult(false, null, CellError.OfException(e, cell));
        }
    }

    /// <summary>Asks the running cell to stop: cancels its token and interrupts its engines. What does not look at either goes on.</summary>
    public void Interrupt()
    {
        try
        {
            _cell.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // between two cells
        }
        Engines.Interrupt();
    }

    public void Dispose()
    {
        var left = Variables.Values;
        _state = null;
        DisposeAll(left.Reverse().Concat(_languages.Values.SelectMany(l => l.Held).ToArray()), keep: []);
        foreach (var language in _languages.Values) language.Dispose();
        _cell.Dispose();
        _packages.Dispose();
    }

    /// <summary>What a cell that was abandoned still brings to an end does not count any more.</summary>
    internal void Abandon() => _generation++;

    /// <summary>The next cell with this text, compiled but not run; never null, may hold errors.</summary>
    internal Compilation Compile(string code) => Script(code, _options).GetCompilation();

    private Script<object> Script(string code, ScriptOptions options) =>
        _state is null ? CSharpScript.Create<object>(code, options) : _state.Script.ContinueWith<object>(code, options);

    private async Task<CellResult> RunCSharpAsync(CellPlace place, string text, int line)
    {
        var parsed = CellCode.ToScript(text, place.File, line);
        await _packages.RestoreAsync(parsed.Packages, parsed.Sources, Cancellation).ConfigureAwait(false);
        string[] files = [.. _packages.Libraries.Where(f => !_referenced.Contains(f))];
        string code = files.Length == 0 ? parsed.Code : CellCode.WithReferences(parsed.Code, files);
        var script = Script(code, _options.WithFilePath(Path.Combine(place.Folder, place.File)));
        var compilation = script.GetCompilation();
        var errors = compilation.GetDiagnostics(Cancellation).Where(d => d.Severity == DiagnosticSeverity.Error).ToArray();
        if (errors.Length > 0) return new CellResult(false, null, CellError.OfCompilation(errors, place.Cell));
        var result = await ExecuteAsync(script, EndsWithValue(compilation), place.Cell).ConfigureAwait(false);
        _referenced.UnionWith(files);   // only now: of a cell that did not compile, the next ones inherit nothing
        return result;
    }

    private async Task<CellResult> ExecuteAsync(Script<object> script, bool hasValue, int cell)
    {
        Exception? thrown = null;
        int known = _state?.Variables.Length ?? 0, generation = _generation;
        bool Catch(Exception e)
        {
            thrown = e;
            CodeEnded?.Invoke();
            return true;
        }
        var state = _state is null
            ? await script.RunAsync(globals: null, Catch, CancellationToken.None).ConfigureAwait(false)
            : await script.RunFromAsync(_state, Catch, CancellationToken.None).ConfigureAwait(false);
        EndOfCode(generation);
        _state = state;

        var error = thrown is null ? null : CellError.OfException(thrown, cell);
        error = DisposeRedeclared(known, cell) ?? error;
        return error is null ? new CellResult(hasValue, hasValue ? _state.ReturnValue : null, null) : new CellResult(false, null, error);
    }

    private CellError? DisposeRedeclared(int known, int cell)
    {
        var all = _state!.Variables;
        var redeclared = all.Skip(known).Select(v => v.Name).ToHashSet(StringComparer.Ordinal);
        if (redeclared.Count == 0) return null;
        // Only the last earlier holder of a name: those before it were disposed when it was declared.
        var old = Latest(all.Take(known)).Where(v => redeclared.Contains(v.Key)).Select(v => v.Value);
        return DisposeUnlessHeld(old, _state.ReturnValue) is { } e ? CellError.OfException(e, cell) : null;
    }

    /// <summary>Disposes values that no name of any language has any more; the first failure, or null.</summary>
    /// <param name="result">What the cell ended with: it is kept.</param>
    internal Exception? DisposeUnlessHeld(IEnumerable<object?> old, object? result)
    {
        var alive = Variables.Values.Concat(_languages.Values.SelectMany(l => l.Held)).Append(result);
        return DisposeAll(old, [.. alive.Where(v => v is not null)]);
    }

    /// <summary>A part's own code is over, well or not; throws when the cell was abandoned meanwhile.</summary>
    internal void EndOfCode(int generation)
    {
        CodeEnded?.Invoke();
        if (generation != _generation) throw new OperationCanceledException("the cell was abandoned");
    }

    internal int Generation => _generation;

    private static Exception? DisposeAll(IEnumerable<object?> values, IEnumerable<object?> keep)
    {
        Exception? first = null;
        var (kept, structs) = (new HashSet<object?>(ReferenceEqualityComparer.Instance), new HashSet<object?>());
        // A struct's box is a new object each time it is read: handles such as Tensor are the same when they are equal.
        foreach (object? value in keep) (value is ValueType ? structs : kept).Add(value);
        foreach (object? value in values)
        {
            // A running task must not be disposed, and a finished one has nothing to free.
            if (value is not IDisposable disposable || value is Task || !(value is ValueType ? structs : kept).Add(value)) continue;
            try
            {
                disposable.Dispose();
            }
            catch (Exception e)
            {
                first ??= e;
            }
        }
        return first;
    }

    private static Dictionary<string, object?> Latest(IEnumerable<ScriptVariable> variables)
    {
        var latest = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var variable in variables) latest[variable.Name] = variable.Value;
        return latest;
    }

    /// <summary>What is imported from <see cref="Libraries"/>: each has one namespace, which is its name. To ask their types would load all of them.</summary>
    internal static IReadOnlyList<string> Namespaces => s_libraries;

    // Script.HasReturnValue is internal; the syntax says the same: a last expression statement without its semicolon.
    private static bool EndsWithValue(Compilation compilation)
    {
        var tree = compilation.SyntaxTrees.First();
        return ((CompilationUnitSyntax)tree.GetRoot()).Members.LastOrDefault() is GlobalStatementSyntax { Statement: ExpressionStatementSyntax { SemicolonToken.IsMissing: true } last }
            && compilation.GetSemanticModel(tree).GetTypeInfo(last.Expression).Type is { SpecialType: not SpecialType.System_Void };
    }
}

/// <summary>Where code comes from: which cell counts for errors, what stack traces call it, and where its relative paths begin.</summary>
internal sealed record CellPlace(int Cell, string File, string Folder)
{
    /// <summary>Files that are being imported, from the outside in.</summary>
    public IReadOnlyList<string> Imports { get; init; } = [];
}
