using System.Diagnostics;
using System.Globalization;
using RadLab.Training;

namespace RadLab.Notebooks;

/// <summary>
/// The loss of a run as it falls: hand it to <c>TrainingRun.Train</c> as its progress. One output that changes in place, at
/// most every half second and at the end; what a finished notebook keeps is the whole curve.
/// </summary>
public sealed class LiveTrainingChart : IProgress<TrainingProgress>
{
    private readonly TimeSpan _apart;
    private readonly Lock _gate = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly List<(long Step, double Loss)> _training = [], _validation = [];
    private DisplayedValue? _shown;
    private TimeSpan _last = TimeSpan.MinValue;

    /// <param name="every">Least time between two changes of the page; null for half a second.</param>
    public LiveTrainingChart(TimeSpan? every = null) => _apart = every ?? TimeSpan.FromMilliseconds(500);

    public string Title { get; init; } = "Training";

    public void Report(TrainingProgress value)
    {
        ArgumentNullException.ThrowIfNull(value);
        lock (_gate)
        {
            // a resumed run repeats steps: the later word counts
            Put(_training, value.Step, value.Loss);
            if (value.ValidationLoss is { } validation) Put(_validation, value.Step, validation);
            var now = Stopwatch.GetElapsedTime(_start);
            if (_shown is not null && value.Step < value.TotalSteps && now - _last < _apart) return;
            _last = now;
            var chart = Chart(value);
            if (_shown is null) _shown = Cells.display(chart);
            else _shown.Update(chart);
        }
    }

    /// <summary>The curves so far.</summary>
    public LineChart Chart()
    {
        lock (_gate) return Chart(null);
    }

    private LineChart Chart(TrainingProgress? p)
    {
        var series = new List<Series> { new("training", _training.Select(t => (double)t.Step), _training.Select(t => t.Loss)) };
        if (_validation.Count > 0) series.Add(new("validation", _validation.Select(t => (double)t.Step), _validation.Select(t => t.Loss)));
        // Nothing that depends on the clock: two runs of a notebook must show the same.
        string title = p is null ? Title : string.Create(CultureInfo.InvariantCulture, $"{Title}: step {p.Step:N0} of {p.TotalSteps:N0}, loss {p.Loss:0.0000}");
        return Training.Chart.Line(series) with { Title = title, X = "step", Y = new Axis("loss", "nats per label") };
    }

    private static void Put(List<(long Step, double Loss)> values, long step, double loss)
    {
        while (values.Count > 0 && values[^1].Step >= step) values.RemoveAt(values.Count - 1);
        values.Add((step, loss));
    }
}
