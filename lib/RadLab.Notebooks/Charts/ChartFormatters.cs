namespace RadLab.Notebooks;

/// <summary>
/// Names how a type is displayed. Found by its simple name, here and in .NET Interactive, so that libraries need no
/// reference to a notebook engine.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct, Inherited = true, AllowMultiple = false)]
internal sealed class TypeFormatterSourceAttribute(Type formatterSourceType) : Attribute
{
    public Type FormatterSourceType { get; } = formatterSourceType;
    public string[]? PreferredMimeTypes { get; set; }
}

/// <summary>One form of a value: the shape that the convention asks for.</summary>
internal sealed class ValueFormatter<T>(string mimeType, Func<T, string> format)
{
    public string MimeType => mimeType;

    public bool Format(object instance, TextWriter writer)
    {
        if (instance is not T value) return false;
        writer.Write(format(value));
        return true;
    }
}

internal sealed class ChartFormatters
{
    public IEnumerable<object> CreateTypeFormatters() =>
    [
        new ValueFormatter<Chart>("image/svg+xml", c => c.ToSvg()),
        new ValueFormatter<Chart>("image/png", c => Convert.ToBase64String(c.ToPng(scale: 1.5))),
        new ValueFormatter<Chart>("text/plain", c => c.ToText()),
        new ValueFormatter<Chart>("text/html", c => c.Interactive().Content),
        new ValueFormatter<Chart>("application/vnd.plotly.v1+json", c => c.ToPlotly()),
    ];
}
