using System.Collections.Immutable;
using System.Reflection;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Scripting;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Scripting;

namespace RadLab.Notebooks;

/// <summary>
/// Runs C# cells one after the other; later cells see what earlier ones declared. Optimised code with line numbers.
/// Cells and the assemblies they load cannot be unloaded again, so a process should hold one session.
/// </summary>
/// <remarks>
/// Declaring a name again disposes the value it had, unless another name still has that value: native tensors would
/// otherwise stay until the process ends. <see cref="Dispose"/> does the same with all that is left.
/// </remarks>
public sealed class Session : IDisposable
{
    private static readonly string[] s_usings =
        ["System", "System.Text", "System.Collections", "System.Collections.Generic", "System.Threading.Tasks", "System.Linq", typeof(Cells).FullName!];

    private static readonly string[] s_libraries = ["RadLab.Compute", "RadLab.Models", "RadLab.Radiology", "RadLab.Training", "RadLab.Notebooks"];

    private readonly ScriptOptions _options;
    private readonly string _folder;
    private ScriptState<object>? _state;

    /// <param name="folder">Base of relative paths in <c>#r</c> and <c>#load</c>: the notebook's folder.</param>
    public Session(string folder)
    {
        _folder = Path.GetFullPath(folder);
        ConsoleRouting.Install();
        var libraries = Libraries();
        _options = ScriptOptions.Default
            .WithLanguageVersion(LanguageVersion.Latest)
            .AddReferences(typeof(object).Assembly, typeof(Enumerable).Assembly)
            .AddReferences(libraries)
            .AddImports(s_usings)
            .AddImports(Namespaces(libraries))
            .WithMetadataResolver(new CachingResolver(ScriptMetadataResolver.Default.WithBaseDirectory(_folder).WithSearchPaths(AppContext.BaseDirectory)))
            .WithSourceResolver(new SourceFileResolver(ImmutableArray<string>.Empty, _folder))
            .WithOptimizationLevel(OptimizationLevel.Release)   // Roslyn's default is Debug: loops 5 to 6 times slower
            .WithEmitDebugInformation(true)
            .WithFileEncoding(Encoding.UTF8);
    }

    /// <summary>Number of the cell that ran last, from 1.</summary>
    public int Count { get; private set; }

    /// <summary>RadLab's assemblies, as every cell sees them.</summary>
    public static IReadOnlyList<Assembly> Libraries() => [.. s_libraries.Select(name => Assembly.Load(new AssemblyName(name)))];

    /// <summary>The present value of each name the cells declared.</summary>
    public IReadOnlyDictionary<string, object?> Variables => Latest(_state?.Variables ?? []);

    /// <summary>Runs the next cell. Never throws for what the cell does; see <see cref="CellResult.Error"/>.</summary>
    /// <param name="output">Receives what the cell prints and displays, not its result.</param>
    /// <param name="language">The cell's own language from its metadata; null for C#.</param>
    public async Task<CellResult> RunAsync(string source, ICellOutput output, string? language = null, CancellationToken cancellation = default)
    {
        int cell = ++Count;
        using var routing = CellOutput.Begin(output);
        try
        {
            string code = CellCode.ToScript(source, cell, language);
            var options = _options.WithFilePath(Path.Combine(_folder, CellCode.FileName(cell)));
            Script<object> script = _state is null ? CSharpScript.Create<object>(code, options) : _state.Script.ContinueWith<object>(code, options);
            var compilation = script.GetCompilation();
            var errors = compilation.GetDiagnostics(cancellation).Where(d => d.Severity == DiagnosticSeverity.Error).ToArray();
            if (errors.Length > 0) return new CellResult(false, null, CellError.OfCompilation(errors, cell));

            bool hasValue = EndsWithValue(compilation);
            return await ExecuteAsync(script, hasValue, cell, cancellation).ConfigureAwait(false);
        }
        catch (UnsupportedCellException e)
        {
            return new CellResult(false, null, CellError.OfUnsupported(e, cell));
        }
        catch (CompilationErrorException e)
        {
            return new CellResult(false, null, CellError.OfCompilation(e.Diagnostics, cell));
        }
    }

    public void Dispose()
    {
        var left = Variables.Values;
        _state = null;
        DisposeAll(left.Reverse(), keep: []);
    }

    private async Task<CellResult> ExecuteAsync(Script<object> script, bool hasValue, int cell, CancellationToken cancellation)
    {
        Exception? thrown = null;
        int known = _state?.Variables.Length ?? 0;
        bool Catch(Exception e)
        {
            thrown = e;
            return true;
        }
        _state = _state is null
            ? await script.RunAsync(globals: null, Catch, cancellation).ConfigureAwait(false)
            : await script.RunFromAsync(_state, Catch, cancellation).ConfigureAwait(false);

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
        var alive = Latest(all).Values.Where(v => v is not null).Append(_state.ReturnValue);
        return DisposeAll(old, alive) is { } e ? CellError.OfException(e, cell) : null;
    }

    private static Exception? DisposeAll(IEnumerable<object?> values, IEnumerable<object?> keep)
    {
        Exception? first = null;
        var done = new HashSet<object?>(keep, ReferenceEqualityComparer.Instance);
        foreach (object? value in values)
        {
            // A running task must not be disposed, and a finished one has nothing to free.
            if (value is not IDisposable disposable || value is Task || !done.Add(value)) continue;
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

    // Importing a namespace without public types is a compile error, so the imports follow what the assemblies export.
    private static IEnumerable<string> Namespaces(IEnumerable<Assembly> libraries) =>
        libraries.SelectMany(a => a.GetExportedTypes()).Select(t => t.Namespace).OfType<string>()
            .Where(n => n.StartsWith("RadLab.", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    // Script.HasReturnValue is internal; the syntax says the same: a last expression statement without its semicolon.
    private static bool EndsWithValue(Compilation compilation)
    {
        var tree = compilation.SyntaxTrees.First();
        return ((CompilationUnitSyntax)tree.GetRoot()).Members.LastOrDefault() is GlobalStatementSyntax { Statement: ExpressionStatementSyntax { SemicolonToken.IsMissing: true } last }
            && compilation.GetSemanticModel(tree).GetTypeInfo(last.Expression).Type is { SpecialType: not SpecialType.System_Void };
    }
}
