using System.Globalization;
using System.Net;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace RadLab.Notebooks;

/// <summary>
/// A notebook as one HTML page that needs nothing else: style and pictures are inside, and a content security policy
/// keeps what cells emitted from running scripts or calling the network.
/// </summary>
public static partial class HtmlExport
{
    private const string Policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; media-src data:";

    // The richest form that a page without scripts can show comes first.
    private static readonly string[] s_order = ["text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "image/gif", "text/latex", "text/vnd.mermaid", "application/json", "text/plain"];

    /// <param name="folder">Where pictures in markdown cells are looked for: the notebook's folder.</param>
    public static string ToHtml(Notebook notebook, string? folder = null)
    {
        var body = new StringBuilder();
        foreach (var cell in notebook.Cells) AppendCell(body, cell, notebook.CellLanguage ?? "csharp", folder);
        return $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="{Policy}">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>{Encode(Title(notebook))}</title>
            <style>
            {Style()}
            </style>
            </head>
            <body>
            <main>
            {body}</main>
            {Footer(notebook)}</body>
            </html>

            """.ReplaceLineEndings("\n");
    }

    private static void AppendCell(StringBuilder html, NotebookCell cell, string language, string? folder)
    {
        switch (cell.Kind)
        {
            case CellKind.Markdown:
                html.Append("<section class=\"markdown\">\n").Append(MarkdownPage.ToHtml(cell.Source, cell.Attachments, folder)).Append("</section>\n");
                break;
            case CellKind.Raw:
                html.Append($"<section class=\"raw\"><pre>{Encode(cell.Source)}</pre></section>\n");
                break;
            case CellKind.Code when !string.IsNullOrWhiteSpace(cell.Source):
                string count = cell.ExecutionCount?.ToString(CultureInfo.InvariantCulture) ?? " ";
                string note = cell.Tags.Contains(Parameters.InjectedTag) ? "<span class=\"note\">parameters of this run</span>" : "";
                html.Append($"<section class=\"code\">\n<div class=\"input\"><span class=\"count\">[{count}]</span><pre><code>{CodeHighlighter.ToHtml(cell.Source, cell.Language ?? language)}</code></pre>{note}</div>\n");
                foreach (var output in cell.Outputs) AppendOutput(html, output);
                html.Append("</section>\n");
                break;
        }
    }

    private static void AppendOutput(StringBuilder html, JsonElement output)
    {
        switch (Text(output, "output_type"))
        {
            case "stream":
                html.Append($"<pre class=\"output {(Text(output, "name") == "stderr" ? "stderr" : "stdout")}\">{Plain(output, "text")}</pre>\n");
                break;
            case "error":
                html.Append($"<pre class=\"output error\"><strong>{Encode(Text(output, "ename"))}</strong>: {Encode(Text(output, "evalue"))}\n{Traceback(output)}</pre>\n");
                break;
            case "display_data" or "execute_result" when output.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object:
                html.Append($"<div class=\"output\">{Data(data)}</div>\n");
                break;
        }
    }

    private static string Data(JsonElement data)
    {
        string alt = Encode(Joined(data, "text/plain") is { Length: <= 300 } text ? text : "picture");
        foreach (string mimeType in s_order)
        {
            if (!data.TryGetProperty(mimeType, out var value)) continue;
            string? content = NotebookCell.Joined(value);
            return mimeType switch
            {
                "text/html" => content ?? "",
                "text/markdown" => MarkdownPage.ToHtml(content ?? "", default, folder: null),
                // As an image and not as elements: ids of several charts do not clash, and broken markup stays inside.
                "image/svg+xml" => $"<img alt=\"{alt}\" src=\"data:{mimeType};base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(content ?? ""))}\">",
                "image/png" or "image/jpeg" or "image/gif" => $"<img alt=\"{alt}\" src=\"data:{mimeType};base64,{Encode((content ?? "").ReplaceLineEndings(""))}\">",
                "text/vnd.mermaid" => $"<pre class=\"diagram\">{Encode(content)}</pre><p class=\"missing\">A Mermaid diagram as its source: this page runs no script that could draw it.</p>",
                "application/json" => $"<pre>{Encode(JsonSerializer.Serialize(value, s_indented))}</pre>",
                _ => $"<pre>{Encode(Ansi().Replace(content ?? "", ""))}</pre>",
            };
        }
        return $"<p class=\"missing\">[no form of this output can be shown here: {Encode(string.Join(", ", data.EnumerateObject().Select(p => p.Name)))}]</p>";
    }

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // The first line of the traceback repeats type and message.
    private static string Traceback(JsonElement output)
    {
        if (!output.TryGetProperty("traceback", out var lines) || lines.ValueKind != JsonValueKind.Array) return "";
        string evalue = Text(output, "evalue") ?? "";
        return Encode(Ansi().Replace(string.Join('\n', lines.EnumerateArray().Select(l => l.ToString()).Where((l, i) => i > 0 || !l.EndsWith(evalue, StringComparison.Ordinal))), ""));
    }

    private static string Title(Notebook notebook)
    {
        foreach (var cell in notebook.Cells.Where(c => c.Kind == CellKind.Markdown))
            foreach (string line in cell.Source.Split('\n'))
                if (line.StartsWith("# ", StringComparison.Ordinal)) return line[2..].Trim();
        return Path.GetFileNameWithoutExtension(notebook.File);
    }

    private static string Footer(Notebook notebook)
    {
        if (notebook.Metadata is not { ValueKind: JsonValueKind.Object } metadata || !metadata.TryGetProperty(Provenance.Name, out var own) || own.ValueKind != JsonValueKind.Object) return "";
        var facts = new List<string>();
        if (own.TryGetProperty("libraries", out var libraries) && libraries.TryGetProperty("RadLab.Notebooks", out var library)) facts.Add($"RadLab {Version().Replace(Text(library, "version") ?? "", "")}");
        if (own.TryGetProperty("machine", out var machine)) facts.AddRange([Text(machine, "runtime") ?? "", Text(machine, "cpu") ?? "", Text(machine, "operatingSystem") ?? ""]);
        if (own.TryGetProperty("parameters", out var set) && set.ValueKind == JsonValueKind.Object)
            facts.AddRange(set.EnumerateObject().Select(p => $"{p.Name} = {p.Value}"));
        if (own.TryGetProperty("volatile", out var times)) facts.Add($"{Text(times, "startedUtc")}, {times.GetProperty("seconds")} s");
        string hash = Text(own, "sourceSha256") is { Length: 64 } sha ? $"<br>Source cells: sha256 <code>{sha}</code>" : "";
        return $"<footer>Executed by {string.Join(" · ", facts.Where(f => f.Length > 0).Select(Encode))}{hash}</footer>\n";
    }

    private static string Style()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("page.css")!;
        return new StreamReader(stream).ReadToEnd();
    }

    private static string Plain(JsonElement output, string member) => Encode(Ansi().Replace(Joined(output, member) ?? "", ""));

    private static string? Joined(JsonElement owner, string member) => owner.TryGetProperty(member, out var value) ? NotebookCell.Joined(value) : null;

    private static string? Text(JsonElement owner, string member) =>
        owner.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string Encode(string? text) => WebUtility.HtmlEncode(text ?? "");

    [GeneratedRegex("\u001b\\[[0-9;?]*[ -/]*[@-~]")]
    private static partial Regex Ansi();

    [GeneratedRegex(@"\+.*$")]
    private static partial Regex Version();
}
