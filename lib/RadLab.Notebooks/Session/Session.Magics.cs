using System.Diagnostics;
using System.Globalization;
using Microsoft.CodeAnalysis.CSharp;

namespace RadLab.Notebooks;

public sealed partial class Session
{
    private const int MaxImports = 16;

    // Texts that are shown and not run: MIME type by language.
    private static readonly Dictionary<string, string> s_shown = new() { ["markdown"] = "text/markdown", ["html"] = "text/html", ["javascript"] = "application/javascript", ["mermaid"] = "text/vnd.mermaid" };

    /// <summary>Languages besides C# whose cells run.</summary>
    private readonly Dictionary<string, ICellLanguage> _languages;

    private IReadOnlyCollection<string> KnownLanguages => ["csharp", .. _languages.Keys, .. s_shown.Keys];

    private async Task<CellResult> RunPartsAsync(CellPlace place, string source, string? language)
    {
        string begin = CellParts.Canonical(language ?? "csharp");
        if (!KnownLanguages.Contains(begin))
            throw new UnsupportedCellException($"the cell's language is {language}; RadLab runs {string.Join(", ", KnownLanguages)}, so move it to one of them or make it a markdown cell", 1);
        var result = new CellResult(false, null, null);
        long started = 0;
        foreach (var part in CellParts.Split(source, begin, KnownLanguages))
        {
            if (part.Magic == "time")
            {
                started = Stopwatch.GetTimestamp();
                continue;
            }
            Cancellation.ThrowIfCancellationRequested();
            if (result is { HasValue: true, Value: not DisplayedValue }) Cells.display(result.Value);
            result = await RunPartAsync(part, place).ConfigureAwait(false);
            if (result.Error is not null) return result;
        }
        if (started != 0)
        {
            string time = string.Create(CultureInfo.InvariantCulture, $"Wall time: {Stopwatch.GetElapsedTime(started).TotalMilliseconds:0.0} ms");
            CellOutput.Current?.Write("stdout", time + "\n");
        }
        return result;
    }

    private async Task<CellResult> RunPartAsync(CellPart part, CellPlace place)
    {
        switch (part.Magic)
        {
            case "csharp":
                return await RunCSharpAsync(place, part.Text, part.Line).ConfigureAwait(false);
            case "markdown" or "html" or "javascript" or "mermaid":
                CellOutput.Current?.Display(Guid.NewGuid().ToString("N"), Shown(part));
                return new CellResult(false, null, null);
            case "import":
                return await ImportAsync(part, place).ConfigureAwait(false);
            case "who" or "whos":
                ShowVariables(part.Magic == "whos");
                return new CellResult(false, null, null);
            case "set" or "share":
                return await SetAsync(part, place).ConfigureAwait(false);
            default:
                return await _languages[part.Magic].RunAsync(part, place).ConfigureAwait(false);
        }
    }

    // Front ends that cannot show a form take the text.
    private static MimeBundle Shown(CellPart part) => part.Magic switch
    {
        "javascript" => new MimeBundle((s_shown[part.Magic], part.Text), ("text/plain", "JavaScript: runs where the notebook is open, if that front end runs scripts")),
        "mermaid" => new MimeBundle((s_shown[part.Magic], part.Text), ("text/plain", part.Text)),
        _ => new MimeBundle((s_shown[part.Magic], part.Text)),
    };

    // All code cells of a notebook as if they stood here; its markdown is shown.
    private async Task<CellResult> ImportAsync(CellPart part, CellPlace place)
    {
        string name = part.Arguments.Trim('"'), path = Path.GetFullPath(Path.Combine(place.Folder, name));
        if (name.Length == 0) throw new UnsupportedCellException("#!import needs a file: #!import other.ipynb or #!import code.cs", part.Line);
        if (!File.Exists(path)) throw new UnsupportedCellException($"#!import {name}: there is no such file beside the notebook", part.Line);
        if (place.Imports.Contains(path)) throw new UnsupportedCellException($"#!import {name}: the file imports itself", part.Line);
        if (place.Imports.Count == MaxImports) throw new UnsupportedCellException($"#!import {name}: more than {MaxImports} imports inside each other", part.Line);
        var inner = place with { Folder = Path.GetDirectoryName(path)!, Imports = [.. place.Imports, path] };
        string stem = Path.GetFileNameWithoutExtension(path);
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".cs" or ".csx" or ".fs" or ".fsx":
                string language = Path.GetExtension(path).StartsWith(".f", StringComparison.OrdinalIgnoreCase) ? "fsharp" : "csharp";
                return At(name, part, await RunPartsAsync(inner with { File = Path.GetFileName(path) }, await File.ReadAllTextAsync(path, Cancellation).ConfigureAwait(false), language).ConfigureAwait(false));
            case ".ipynb":
                int count = 0;
                var notebook = Notebook.Load(path);
                foreach (var cell in notebook.Cells)
                {
                    if (cell.Kind == CellKind.Markdown) Cells.display(new RawContent("text/markdown", cell.Source));
                    if (cell.Kind != CellKind.Code || string.IsNullOrWhiteSpace(cell.Source)) continue;
                    string file = string.Create(CultureInfo.InvariantCulture, $"{stem}-{++count}.csx");
                    var result = await RunPartsAsync(inner with { File = file }, cell.Source, cell.Language ?? notebook.CellLanguage).ConfigureAwait(false);
                    if (result.Error is not null) return At(string.Create(CultureInfo.InvariantCulture, $"{name}, cell {count}"), part, result);
                    if (result is { HasValue: true, Value: not DisplayedValue }) Cells.display(result.Value);
                }
                return new CellResult(false, null, null);
            default:
                throw new UnsupportedCellException($"#!import {name}: RadLab imports .ipynb, .cs, .csx, .fs and .fsx files", part.Line);
        }
    }

    private static CellResult At(string file, CellPart part, CellResult result) =>
        result.Error is not { } e ? result : new CellResult(false, null, new CellError(e.Name, $"in {file}: {e.Message}", e.Cell, part.Line, [$"in {file}:", .. e.Traceback]));

    // #!set --name n --value text, or @csharp:expression, @fsharp:name, @sql:name, @input:prompt; #!share --from csharp n [--as m].
    // The value goes to the language in whose stretch of the cell the command stands.
    private async Task<CellResult> SetAsync(CellPart part, CellPlace place)
    {
        var (options, rest) = MagicOptions.Read(part);
        string? name, value;
        if (part.Magic == "set")
        {
            (name, value) = (options.GetValueOrDefault("name"), options.GetValueOrDefault("value"));
            if (value is null) throw new UnsupportedCellException("#!set needs --name NAME --value VALUE; VALUE is a text, @csharp:expression, @fsharp:name, @sql:name or @input:prompt", part.Line);
        }
        else
        {
            string? from = options.GetValueOrDefault("from"), what = options.GetValueOrDefault("name") ?? rest.FirstOrDefault();
            if (from is null || what is null) throw new UnsupportedCellException("#!share needs --from LANGUAGE and a name: #!share --from csharp x [--as y]", part.Line);
            (name, value) = (options.GetValueOrDefault("as") ?? what, $"@{from}:{what}");
        }
        if (name is null || !SyntaxFacts.IsValidIdentifier(name)) throw new UnsupportedCellException($"#!{part.Magic}: '{name}' is not a name that C# allows", part.Line);
        if (part.Language != "csharp" && !_languages.ContainsKey(part.Language)) throw new UnsupportedCellException($"#!{part.Magic}: a {part.Language} cell cannot take values; csharp, {string.Join(" and ", _languages.Keys)} can", part.Line);
        if (!value.StartsWith('@')) return await DeclareAsync(name, value, part).ConfigureAwait(false);

        int colon = value.IndexOf(':', StringComparison.Ordinal);
        string kernel = CellParts.Canonical(colon < 0 ? value[1..] : value[1..colon]), expression = colon < 0 ? "" : value[(colon + 1)..];
        switch (kernel)
        {
            case "input" or "password":
                return await DeclareAsync(name, Cells.Ask(expression.Length == 0 ? name : expression.Trim('"'), kernel == "password"), part).ConfigureAwait(false);
            case "csharp":
                var result = await RunCSharpAsync(place, expression, part.Line).ConfigureAwait(false);
                if (result.Error is not null) return result;
                if (!result.HasValue) throw new UnsupportedCellException($"#!{part.Magic}: '{expression}' is no expression with a value", part.Line);
                return await DeclareAsync(name, result.Value, part).ConfigureAwait(false);
            default:
                if (!_languages.TryGetValue(kernel, out var language)) throw new UnsupportedCellException($"#!{part.Magic}: values come from csharp, {string.Join(", ", _languages.Keys)} or input, '{kernel}' is not known here", part.Line);
                return await DeclareAsync(name, language.Get(expression.Trim(), part.Line), part).ConfigureAwait(false);
        }
    }

    private void ShowVariables(bool values)
    {
        var rows = Variables.OrderBy(v => v.Key, StringComparer.Ordinal);
        if (values) rows.Select(v => new { name = v.Key, type = TypeName.Of(v.Value?.GetType()), value = PlainText.Of(v.Value) }).DisplayTable();
        else rows.Select(v => new { name = v.Key }).DisplayTable();
    }

    // In the language in whose stretch the command stands.
    private async Task<CellResult> DeclareAsync(string name, object? value, CellPart part)
    {
        if (!_languages.TryGetValue(part.Language, out var language)) return await DeclareAsync(name, value).ConfigureAwait(false);
        language.Declare(name, value, part.Line);
        return new CellResult(false, null, null);
    }

    /// <summary>Declares a C# variable with this value, as a cell would.</summary>
    internal async Task<CellResult> DeclareAsync(string name, object? value)
    {
        string type = TypeName.Of(value?.GetType());
        // the library of a type that another language brought along, such as F#'s lists
        string references = string.Concat(TypeName.Assemblies(value?.GetType()).Where(a => !_options.MetadataReferences.Any(r => r.Display == a)).Select(a => $"#r \"{a}\"\n"));
        var script = Script($"{references}{type} @{name} = ({type})global::{typeof(SharedValue).FullName}.Take(\"{SharedValue.Put(value)}\")!;", _options);
        return await ExecuteAsync(script, hasValue: false, Count).ConfigureAwait(false);
    }
}
