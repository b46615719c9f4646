namespace RadLab.Training;

/// <summary>Names how notebooks show a type. RadLab's kernel and .NET Interactive find it by its simple name, so no reference to either is needed.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = true, AllowMultiple = false)]
internal sealed class TypeFormatterSourceAttribute(Type formatterSourceType) : Attribute
{
    public Type FormatterSourceType { get; } = formatterSourceType;
    public string[]? PreferredMimeTypes { get; set; }
}

internal sealed class ChartFormatters
{
    public IEnumerable<object> CreateTypeFormatters() =>
    [
        new ChartFormatter("image/svg+xml", c => c.ToSvg()),
        new ChartFormatter("image/png", c => Convert.ToBase64String(c.ToPng(scale: 1.5))),
        new ChartFormatter("text/plain", c => c.ToText()),
        new ChartFormatter("text/html", c => c.ToHtml()),
        new ChartFormatter("application/vnd.plotly.v1+json", c => c.ToPlotly()),
    ];
}

/// <summary>One form of a chart: the shape that the convention asks for.</summary>
internal sealed class ChartFormatter(string mimeType, Func<Chart, string> format)
{
    public string MimeType => mimeType;

    public bool Format(object instance, TextWriter writer)
    {
        if (instance is not Chart chart) return false;
        writer.Write(format(chart));
        return true;
    }
}
