using System.Diagnostics;
using System.Globalization;
using Microsoft.CodeAnalysis.CSharp;

namespace RadLab.Notebooks;

public sealed partial class Session
{
    private const int MaxImports = 16;

    /// <summary>Languages besides C#: name to what runs a part's text. Add one, and cells can use it.</summary>
    private readonly Dictionary<string, Func<CellPart, CellPlace, Task<CellResult>>> _languages = [];

    private IReadOnlyCollection<string> KnownLanguages => ["csharp", "markdown", "html", .. _languages.Keys];

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
            case "markdown" or "html":
                Cells.display(new RawContent("text/" + part.Magic, part.Text));
                return new CellResult(false, null, null);
            case "import":
                return await ImportAsync(part, place).ConfigureAwait(false);
            case "who" or "whos":
                ShowVariables(part.Magic == "whos");
                return new CellResult(false, null, null);
            case "set" or "share":
                return await SetAsync(part, place).ConfigureAwait(false);
            default:
                return await _languages[part.Magic](part, place).ConfigureAwait(false);
        }
    }

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
            case ".cs" or ".csx":
                return At(name, part, await RunPartsAsync(inner with { File = Path.GetFileName(path) }, await File.ReadAllTextAsync(path, Cancellation).ConfigureAwait(false), null).ConfigureAwait(false));
            case ".ipynb":
                int count = 0;
                foreach (var cell in Notebook.Load(path).Cells)
                {
                    if (cell.Kind == CellKind.Markdown) Cells.display(new RawContent("text/markdown", cell.Source));
                    if (cell.Kind != CellKind.Code || string.IsNullOrWhiteSpace(cell.Source)) continue;
                    string file = string.Create(CultureInfo.InvariantCulture, $"{stem}-{++count}.csx");
                    var result = await RunPartsAsync(inner with { File = file }, cell.Source, cell.Language).ConfigureAwait(false);
                    if (result.Error is not null) return At(string.Create(CultureInfo.InvariantCulture, $"{name}, cell {count}"), part, result);
                    if (result is { HasValue: true, Value: not DisplayedValue }) Cells.display(result.Value);
                }
                return new CellResult(false, null, null);
            default:
                throw new UnsupportedCellException($"#!import {name}: RadLab imports .ipynb, .cs and .csx files", part.Line);
        }
    }

    private static CellResult At(string file, CellPart part, CellResult result) =>
        result.Error is not { } e ? result : new CellResult(false, null, new CellError(e.Name, $"in {file}: {e.Message}", e.Cell, part.Line, [$"in {file}:", .. e.Traceback]));

    // #!set --name n --value text, or @csharp:expression, or @input:prompt; #!share --from csharp n [--as m].
    private async Task<CellResult> SetAsync(CellPart part, CellPlace place)
    {
        var (options, rest) = Options(part);
        string? name, value;
        if (part.Magic == "set")
        {
            (name, value) = (options.GetValueOrDefault("name"), options.GetValueOrDefault("value"));
            if (value is null) throw new UnsupportedCellException("#!set needs --name NAME --value VALUE; VALUE is a text, @csharp:expression or @input:prompt", part.Line);
        }
        else
        {
            string? from = options.GetValueOrDefault("from"), what = options.GetValueOrDefault("name") ?? rest.FirstOrDefault();
            if (from is null || what is null) throw new UnsupportedCellException("#!share needs --from LANGUAGE and a name: #!share --from csharp x [--as y]", part.Line);
            (name, value) = (options.GetValueOrDefault("as") ?? what, $"@{from}:{what}");
        }
        if (name is null || !SyntaxFacts.IsValidIdentifier(name)) throw new UnsupportedCellException($"#!{part.Magic}: '{name}' is not a name that C# allows", part.Line);
        if (!value.StartsWith('@')) return await DeclareAsync(name, value).ConfigureAwait(false);

        int colon = value.IndexOf(':', StringComparison.Ordinal);
        string kernel = CellParts.Canonical(colon < 0 ? value[1..] : value[1..colon]), expression = colon < 0 ? "" : value[(colon + 1)..];
        switch (kernel)
        {
            case "input" or "password":
                return await DeclareAsync(name, Cells.Ask(expression.Length == 0 ? name : expression.Trim('"'), kernel == "password")).ConfigureAwait(false);
            case "csharp":
                var result = await RunCSharpAsync(place, expression, part.Line).ConfigureAwait(false);
                if (result.Error is not null) return result;
                if (!result.HasValue) throw new UnsupportedCellException($"#!{part.Magic}: '{expression}' is no expression with a value", part.Line);
                return await DeclareAsync(name, result.Value).ConfigureAwait(false);
            default:
                throw new UnsupportedCellException($"#!{part.Magic}: values come from csharp or input, '{kernel}' is not known here", part.Line);
        }
    }

    private static (Dictionary<string, string> Options, List<string> Others) Options(CellPart part)
    {
        var (options, rest) = (new Dictionary<string, string>(), new List<string>());
        var words = Words(part.Arguments);
        for (int i = 0; i < words.Count; i++)
        {
            if (!words[i].StartsWith("--", StringComparison.Ordinal)) rest.Add(words[i]);
            else if (i + 1 == words.Count) throw new UnsupportedCellException($"#!{part.Magic}: {words[i]} needs a value", part.Line);
            else options[words[i][2..]] = words[++i];
        }
        return (options, rest);
    }

    // Blanks separate, quotation marks hold together; a reference @kernel:... goes on to the next option.
    private static List<string> Words(string text)
    {
        var words = new List<string>();
        for (int i = 0; i < text.Length;)
        {
            if (char.IsWhiteSpace(text[i]))
            {
                i++;
                continue;
            }
            int end;
            if (text[i] == '"' && (end = text.IndexOf('"', i + 1)) > 0)
            {
                words.Add(text[(i + 1)..end]);
                i = end + 1;
                continue;
            }
            end = text[i] == '@' ? text.IndexOf(" --", i, StringComparison.Ordinal) : text.AsSpan(i).IndexOfAny(' ', '\t') is >= 0 and var n ? i + n : -1;
            if (end < 0) end = text.Length;
            words.Add(text[i..end].TrimEnd());
            i = end;
        }
        return words;
    }

    private void ShowVariables(bool values)
    {
        var rows = Variables.OrderBy(v => v.Key, StringComparer.Ordinal);
        if (values) rows.Select(v => new { name = v.Key, type = TypeName.Of(v.Value?.GetType()), value = PlainText.Of(v.Value) }).DisplayTable();
        else rows.Select(v => new { name = v.Key }).DisplayTable();
    }

    /// <summary>Declares a C# variable with this value, as a cell would.</summary>
    internal async Task<CellResult> DeclareAsync(string name, object? value)
    {
        string type = TypeName.Of(value?.GetType());
        var script = Script($"{type} @{name} = ({type})global::{typeof(SharedValue).FullName}.Take(\"{SharedValue.Put(value)}\")!;", _options);
        return await ExecuteAsync(script, hasValue: false, Count).ConfigureAwait(false);
    }
}
