using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace RadLab.Notebooks;

/// <summary>A bar on the page that fills in place. Report what is done; the page changes at most ten times a second.</summary>
/// <param name="total">What counts as all; 0 or less shows the count alone.</param>
/// <param name="label">What is counted.</param>
public sealed class ProgressBar(double total, string label = "") : IProgress<double>
{
    private static readonly TimeSpan s_apart = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private DisplayedValue? _shown;
    private TimeSpan _last = TimeSpan.MinValue;
    private double _done;

    /// <summary>What is done now.</summary>
    public double Value
    {
        get => _done;
        set => Report(value);
    }

    /// <summary>One more is done.</summary>
    public void Step(double by = 1)
    {
        lock (_gate) Show(_done + by);
    }

    public void Report(double value)
    {
        lock (_gate) Show(value);
    }

    private void Show(double done)
    {
        _done = done;
        var now = Stopwatch.GetElapsedTime(_start);
        bool end = total > 0 && done >= total;
        if (_shown is not null && !end && now - _last < s_apart) return;
        _last = now;
        var content = new Content(label, done, total);
        if (_shown is null) _shown = Cells.display(content);
        else _shown.Update(content);
    }

    [TypeFormatterSource(typeof(Formatters), PreferredMimeTypes = ["text/html", "text/plain"])]
    private sealed record Content(string Label, double Done, double Total)
    {
        public string Count => Total > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{Done:#,0.##} of {Total:#,0.##} ({Math.Floor(Math.Clamp(Done / Total, 0, 1) * 100):0} %)")
            : Done.ToString("#,0.##", CultureInfo.InvariantCulture);

        public string ToHtml()
        {
            string bar = Total > 0 ? string.Create(CultureInfo.InvariantCulture, $"<progress max=\"1\" value=\"{Math.Clamp(Done / Total, 0, 1):0.####}\"></progress> ") : "";
            return $"<div>{WebUtility.HtmlEncode(Label)} {bar}{Count}</div>";
        }

        public string ToText() => $"{Label}{(Label.Length > 0 ? ": " : "")}{Count}";
    }

    private sealed class Formatters
    {
        public IEnumerable<object> CreateTypeFormatters() =>
            [new ValueFormatter<Content>("text/html", c => c.ToHtml()), new ValueFormatter<Content>("text/plain", c => c.ToText())];
    }
}
