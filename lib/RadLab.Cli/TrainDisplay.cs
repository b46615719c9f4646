using System.Globalization;
using RadLab.Training;

namespace RadLab.Cli;

/// <summary>A run's progress: one line that changes on a terminal, a plain line now and then elsewhere.</summary>
internal sealed class TrainDisplay : IProgress<TrainingProgress>, IDisposable
{
    private const int BarWidth = 16;

    private static readonly TimeSpan s_apart = TimeSpan.FromSeconds(10), s_redrawn = TimeSpan.FromMilliseconds(100);

    private readonly bool _quiet, _terminal;
    private readonly TextWriter _writer;
    private readonly Func<int> _columns;
    private readonly TimeProvider _clock;
    private long? _last;
    private bool _open;

    public TrainDisplay(bool quiet) : this(quiet, !Console.IsErrorRedirected, Console.Error, Terminal.Columns, TimeProvider.System) { }

    internal TrainDisplay(bool quiet, bool terminal, TextWriter writer, Func<int> columns, TimeProvider clock) =>
        (_quiet, _terminal, _writer, _columns, _clock) = (quiet, terminal && !quiet, writer, columns, clock);

    public void Note(string text)
    {
        EndLine();
        _writer.WriteLine(text);
    }

    public void Report(TrainingProgress p)
    {
        if (_quiet) return;
        bool told = p.ValidationLoss is not null || p.Step == p.TotalSteps;
        long now = _clock.GetTimestamp();
        if (!told && _last is { } last && _clock.GetElapsedTime(last, now) < (_terminal ? s_redrawn : s_apart)) return;
        _last = now;
        if (_terminal)
        {
            _writer.Write("\r\u001b[2K" + Line(p, _columns()));
            _open = true;
            if (told) EndLine();
        }
        else
        {
            _writer.WriteLine(Line(p, null));
        }
    }

    public void Dispose() => EndLine();

    /// <summary>One line that a terminal of so many columns does not break: what does not fit is left out, the least important first.</summary>
    /// <param name="columns">Null: all of it, without the bar.</param>
    internal static string Line(TrainingProgress p, int? columns)
    {
        // in the order of the line; the number says when a part goes
        (int Goes, string Text)[] parts =
        [
            (0, Bar(p)),
            (9, Invariant($"step {p.Step}/{p.TotalSteps}")),
            (8, Invariant($"loss {p.Loss:0.0000}")),
            (2, Invariant($"rate {p.LearningRate:0.0e+0}")),
            (1, Invariant($"norm {p.GradientNorm:0.00}")),
            (4, Invariant($"{p.TokensPerSecond:0} tokens/s")),
            (3, Invariant($"{p.LiveBytes / 1e6:0} MB, peak {p.PeakBytes / 1e6:0}")),
            (6, $"left {Left(p.Left)}"),
            (7, p.ValidationLoss is { } v ? Invariant($"validation {v:0.0000}") : ""),
        ];
        for (int gone = columns is null ? 0 : -1; ; gone++)
        {
            string line = string.Join("  ", parts.Where(part => part.Goes > gone && part.Text.Length > 0).Select(part => part.Text));
            // the last column stays free: some terminals break the line as soon as it is written
            if (columns is null || line.Length < columns || gone == 8) return columns is { } width && line.Length >= width ? line[..Math.Max(0, width - 1)] : line;
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private void EndLine()
    {
        if (_open) _writer.WriteLine();
        _open = false;
    }

    private static string Bar(TrainingProgress p)
    {
        int full = (int)(p.Step * BarWidth / Math.Max(1, p.TotalSteps));
        return new string('█', full) + new string('░', BarWidth - full);
    }

    private static string Left(TimeSpan t) => t.TotalHours >= 1 ? string.Create(CultureInfo.InvariantCulture, $@"{(long)t.TotalHours}:{t:mm\:ss}") : t.ToString(@"m\:ss", CultureInfo.InvariantCulture);
}
