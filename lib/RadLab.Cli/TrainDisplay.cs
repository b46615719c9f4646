using System.Globalization;
using RadLab.Training;

namespace RadLab.Cli;

/// <summary>A run's progress: one line that changes on a terminal, a plain line now and then elsewhere.</summary>
internal sealed class TrainDisplay(bool quiet) : IProgress<TrainingProgress>, IDisposable
{
    private static readonly TimeSpan s_apart = TimeSpan.FromSeconds(10);

    private readonly bool _terminal = !quiet && !Console.IsErrorRedirected;
    private DateTime _last = DateTime.MinValue;
    private bool _open;

    public void Note(string text)
    {
        EndLine();
        if (!quiet) Console.Error.WriteLine(text);
    }

    public void Report(TrainingProgress p)
    {
        if (quiet) return;
        bool told = p.ValidationLoss is not null || p.Step == p.TotalSteps;
        var now = DateTime.UtcNow;
        if (!_terminal && !told && now - _last < s_apart) return;
        _last = now;
        string line = string.Create(CultureInfo.InvariantCulture,
            $"step {p.Step}/{p.TotalSteps}  loss {p.Loss:0.0000}  rate {p.LearningRate:0.0e+0}  norm {p.GradientNorm:0.00}  {p.TokensPerSecond:0} tokens/s  {p.LiveBytes / 1e6:0} MB, peak {p.PeakBytes / 1e6:0}  left {Left(p.Left)}{(p.ValidationLoss is { } v ? $"  validation {v:0.0000}" : "")}");
        if (_terminal)
        {
            Console.Error.Write("\r\u001b[2K" + Bar(p) + line);
            _open = true;
            if (told) EndLine();
        }
        else
        {
            Console.Error.WriteLine(line);
        }
    }

    public void Dispose() => EndLine();

    private void EndLine()
    {
        if (_open) Console.Error.WriteLine();
        _open = false;
    }

    private static string Bar(TrainingProgress p)
    {
        const int width = 16;
        int full = (int)(p.Step * width / Math.Max(1, p.TotalSteps));
        return new string('█', full) + new string('░', width - full) + " ";
    }

    private static string Left(TimeSpan t) => t.TotalHours >= 1 ? t.ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture) : t.ToString(@"m\:ss", CultureInfo.InvariantCulture);
}
