using System.Collections;
using System.Net;

namespace RadLab.Notebooks;

/// <summary>Forms for values whose type says nothing about its display.</summary>
internal static class DefaultFormat
{
    public static readonly string[] MimeTypes = ["text/html", "text/plain"];

    /// <summary>Tables for sequences of records and for dictionaries, text for all else.</summary>
    public static IReadOnlyList<string> Preferred(object? value) => Table(value) is null ? ["text/plain"] : MimeTypes;

    /// <summary>Null when there is no such form.</summary>
    public static string? Format(object? value, string mimeType) => mimeType switch
    {
        "text/html" => Table(value)?.ToHtml() ?? $"<pre>{WebUtility.HtmlEncode(PlainText.Of(value))}</pre>",
        "text/plain" => Table(value)?.ToText() ?? PlainText.Of(value),
        _ => null,
    };

    private static HtmlTable? Table(object? value) => value switch
    {
        IDictionary dictionary => HtmlTable.OfDictionary(dictionary),
        string => null,
        IEnumerable rows when HtmlTable.ElementType(rows.GetType()) is { } element && HtmlTable.IsRow(element) => HtmlTable.OfRows(rows, element),
        _ => null,
    };
}
