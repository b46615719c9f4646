using System.Text;
using System.Text.Json.Nodes;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>
/// A chart: make one with the methods here, refine it with <c>with</c>, let a cell end with it. Shown as SVG (light and dark),
/// PNG and text; no script, no network, and the same bytes on every machine.
/// </summary>
[TypeFormatterSource(typeof(ChartFormatters), PreferredMimeTypes = ["image/svg+xml", "image/png", "text/plain"])]
public abstract partial record Chart
{
    /// <summary>Element of an SVG's metadata that holds what the chart shows as JSON: two charts are compared by it.</summary>
    public const string DataElement = "radlab-chart";

    private int _width = 640, _height = 400;

    public string? Title { get; init; }

    /// <summary>The horizontal axis.</summary>
    public Axis X { get; init; } = new();

    /// <summary>The vertical axis.</summary>
    public Axis Y { get; init; } = new();

    /// <summary>In CSS pixels, 120 to 4000.</summary>
    public int Width { get => _width; init => _width = Side(value, nameof(Width)); }

    /// <summary>In CSS pixels, 120 to 4000.</summary>
    public int Height { get => _height; init => _height = Side(value, nameof(Height)); }

    public string ToSvg() => SvgWriter.ToSvg(Drawn(), Title ?? Kind, Data().ToJsonString(Json));

    /// <param name="scale">Pixels per CSS pixel.</param>
    public byte[] ToPng(bool dark = false, double scale = 2)
    {
        if (scale is not (>= 0.25 and <= 8)) throw new ArgumentException(FormattableString.Invariant($"Chart: scale must be 0.25 to 8, got {scale}."));
        return RasterWriter.ToPng(Drawn(), dark, scale);
    }

    /// <summary>The numbers in words and little bars, for terminals, diffs and readers who do not see pictures.</summary>
    public string ToText()
    {
        var text = new StringBuilder().Append(Title ?? Kind).Append('\n');
        Describe(text);
        return text.ToString().TrimEnd('\n');
    }

    /// <summary>The figure as Plotly's JSON: an object with data and layout.</summary>
    public string ToPlotly() => Figure().ToJsonString(Json);

    /// <summary>The chart as HTML whose marks tell their values when pointed at. Needs no download; shows a still picture where scripts do not run.</summary>
    public string ToHtml() => InteractiveChart.ToHtml(Drawn(), ToSvg(), Title ?? Kind);

    /// <summary>Writes .svg, .png, .txt, .json (Plotly) or .html (interactive), as the name ends.</summary>
    public void Save(string path)
    {
        byte[] content = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".svg" => Encoding.UTF8.GetBytes(ToSvg()),
            ".png" => ToPng(),
            ".txt" => Encoding.UTF8.GetBytes(ToText() + "\n"),
            ".json" => Encoding.UTF8.GetBytes(ToPlotly()),
            ".html" => Encoding.UTF8.GetBytes("<!DOCTYPE html>\n<meta charset=\"utf-8\">\n" + ToHtml()),
            var other => throw new ArgumentException($"Chart: '{other}' is not a form of a chart; use .svg, .png, .txt, .json or .html."),
        };
        WholeFile.Write(path, content);
    }

    public sealed override string ToString() => ToText();

    internal Drawing Drawn()
    {
        var drawing = new Drawing(Width, Height);
        Draw(drawing);
        return drawing;
    }

    /// <summary>What is compared when a notebook is checked: kind and numbers, not how they are drawn.</summary>
    internal JsonObject Data()
    {
        var data = new JsonObject { ["kind"] = Kind, ["title"] = Title, ["x"] = X.Text, ["y"] = Y.Text };
        foreach (var (name, value) in Values()) data[name] = value;
        return data;
    }

    internal abstract string Kind { get; }

    private protected abstract void Draw(Drawing drawing);

    private protected abstract IEnumerable<(string Name, JsonNode Value)> Values();

    private protected abstract IEnumerable<JsonObject> Traces();

    private protected abstract void Describe(StringBuilder text);

    private protected virtual void Layout(JsonObject layout) { }

    private JsonObject Figure()
    {
        var layout = new JsonObject
        {
            ["width"] = Width, ["height"] = Height,
            ["title"] = new JsonObject { ["text"] = Title ?? "" },
            ["xaxis"] = PlotlyJson.Axis(X), ["yaxis"] = PlotlyJson.Axis(Y),
        };
        Layout(layout);
        return new JsonObject { ["data"] = new JsonArray([.. Traces()]), ["layout"] = layout };
    }

    private static int Side(int value, string name) =>
        value is >= 120 and <= 4000 ? value : throw new ArgumentException(FormattableString.Invariant($"Chart: {name} must be 120 to 4000 pixels, got {value}."));

    internal static readonly System.Text.Json.JsonSerializerOptions Json = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
