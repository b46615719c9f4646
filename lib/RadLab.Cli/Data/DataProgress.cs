using System.Diagnostics;
using System.Globalization;

namespace RadLab.Cli;

/// <summary>Progress on standard error: one line that is written over on a terminal, a line now and then elsewhere.</summary>
internal sealed class DataProgress(bool quiet) : IDisposable
{
    private static readonly TimeSpan s_terminal = TimeSpan.FromMilliseconds(100), s_elsewhere = TimeSpan.FromSeconds(10);

    private readonly bool _terminal = !Console.IsErrorRedirected;
    private long _last = Stopwatch.GetTimestamp();
    private string _stage = "";
    private int _width;

    public void Bytes(string what, long done, long? total) => Show(what, total is { } all
        ? string.Create(CultureInfo.InvariantCulture, $"{what}: {done / 1e6:N1} of {all / 1e6:N1} MB ({(all == 0 ? 100 : 100 * done / all)} %)")
        : string.Create(CultureInfo.InvariantCulture, $"{what}: {done / 1e6:N1} MB"));

    public void Records(string stage, long records) => Show(stage, string.Create(CultureInfo.InvariantCulture, $"{stage}: {records:N0} records"));

    public void Rows(string stage, long done, long total, double perSecond) =>
        Show(stage, string.Create(CultureInfo.InvariantCulture, $"{stage}: {done:N0} of {(total > done ? "about " : "")}{Math.Max(done, total):N0} rows, {perSecond:0.0} rows/s"));

    private void Show(string stage, string line)
    {
        if (quiet) return;
        bool due = Stopwatch.GetElapsedTime(_last) >= (_terminal ? s_terminal : s_elsewhere);
        if (!due && (stage == _stage || _terminal)) return;
        if (!_terminal && stage != _stage) line = stage;
        (_last, _stage) = (Stopwatch.GetTimestamp(), stage);
        if (!_terminal)
        {
            Console.Error.WriteLine(line);
            return;
        }
        Console.Error.Write($"\r{line.PadRight(_width)}");
        _width = line.Length;
    }

    public void Dispose()
    {
        if (_terminal && _width > 0) Console.Error.Write($"\r{new string(' ', _width)}\r");
    }
}
