using System.Diagnostics.CodeAnalysis;

namespace RadLab.Notebooks;

/// <summary>
/// What every cell can call without a <c>using</c>; the names are those of .NET Interactive. Cells see the members through
/// <c>using static</c>: in namespace System they would be ambiguous wherever .NET Interactive itself is the host.
/// </summary>
public static class Cells
{
    /// <summary>Shows a value now; the handle can replace it later, in place.</summary>
    /// <param name="mimeTypes">Forms to show; none for those the value prefers.</param>
    [SuppressMessage("Style", "IDE1006", Justification = "The name that C# notebooks use.")]
    public static DisplayedValue display(object? value, params string[] mimeTypes)
    {
        var output = CellOutput.Current ?? throw new InvalidOperationException("display: no cell is running; call it from a notebook cell.");
        var handle = new DisplayedValue(output, mimeTypes);
        output.Display(handle.Id, Formatters.Format(value, mimeTypes));
        return handle;
    }

    /// <summary>Content that is HTML already; show it with <see cref="display"/> or as a cell's result.</summary>
    public static RawContent HTML(string content) => new("text/html", content);

    /// <summary>Cancelled when the reader interrupts the cell: hand it to what takes one, and long loops stop at once and whole.</summary>
    public static CancellationToken Interrupted => Session.Running?.Cancellation ?? CancellationToken.None;

    /// <summary>Asks the reader for a line of text; fails where nobody can answer, as in a headless run.</summary>
    [SuppressMessage("Style", "IDE1006", Justification = "The name that Jupyter's kernels use.")]
    public static string input(string prompt = "") => Ask(prompt, secret: false);

    /// <summary>As <see cref="input"/>, without showing what is typed.</summary>
    [SuppressMessage("Style", "IDE1006", Justification = "The name goes with input.")]
    public static string password(string prompt = "") => Ask(prompt, secret: true);

    public static DisplayedValue Display(this object? value, params string[] mimeTypes) => display(value, mimeTypes);

    /// <summary>Shows a text as content of the given MIME type, such as "text/markdown".</summary>
    public static DisplayedValue DisplayAs(this string value, string mimeType) => display(new RawContent(mimeType, value));

    /// <summary>Shows a sequence as a table: one row per element, one column per public property.</summary>
    public static DisplayedValue DisplayTable<T>(this IEnumerable<T> rows)
    {
        var table = HtmlTable.OfRows(rows, typeof(T));
        var output = CellOutput.Current ?? throw new InvalidOperationException("DisplayTable: no cell is running; call it from a notebook cell.");
        var handle = new DisplayedValue(output, []);
        output.Display(handle.Id, new MimeBundle(("text/html", table.ToHtml()), ("text/plain", table.ToText())));
        return handle;
    }

    internal static string Ask(string prompt, bool secret) => CellOutput.Current is ICellInput asking
        ? asking.Ask(prompt, secret)
        : throw new InvalidOperationException("input: nobody can answer here; give the value as a parameter of the notebook.");
}

/// <summary>Text that is content of a MIME type already and is passed on as it is.</summary>
public sealed record RawContent(string MimeType, string Content);

/// <summary>An output on the page that can be replaced.</summary>
public sealed class DisplayedValue
{
    private readonly ICellOutput _output;
    private readonly string[] _mimeTypes;

    internal DisplayedValue(ICellOutput output, string[] mimeTypes) => (_output, _mimeTypes) = (output, mimeTypes);

    public string Id { get; } = Guid.NewGuid().ToString("N");

    public void Update(object? value) => _output.Update(Id, Formatters.Format(value, _mimeTypes));
}
