using System.Diagnostics;
using System.Globalization;
using RadLab.Training;

namespace RadLab.Notebooks;

/// <summary>
/// The loss of a run as it falls, on request with learning rate and memory: hand it to <c>TrainingRun.Train</c> as its progress. One output that changes in place, at
/// most every half second and at the end; what a finished notebook keeps is the whole curve.
/// </summary>
/// <example><code>setup.Run(engine, folder).Train(new LiveTrainingChart { Title = "QLoRA", Panels = true });</code></example>
public sealed class LiveTrainingChart : IProgress<TrainingProgress>
{
    private readonly TimeSpan _apart;
    private readonly Lock _gate = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly List<(long Step, double Value)> _training = [], _validation = [], _rate = [], _live = [], _peak = [];
    private DisplayedValue? _shown;
    private TimeSpan _last = TimeSpan.MinValue;

    /// <param name="every">Least time between two changes of the page; null for half a second.</param>
    public LiveTrainingChart(TimeSpan? every = null) => _apart = every ?? TimeSpan.FromMilliseconds(500);

    public string Title { get; init; } = "Training";

    /// <summary>Learning rate and memory are drawn below the loss. The memory is the engine's, which depends on the number of threads.</summary>
    public bool Panels { get; init; }

    public void Report(TrainingProgress value)
    {
        ArgumentNullException.ThrowIfNull(value);
        lock (_gate)
        {
            // a resumed run repeats steps: the later word counts
            Put(_training, value.Step, value.Loss);
            Put(_rate, value.Step, value.LearningRate);
            Put(_live, value.Step, value.LiveBytes / 1e6);
            Put(_peak, value.Step, value.PeakBytes / 1e6);
            if (value.ValidationLoss is { } validation) Put(_validation, value.Step, validation);
            var now = Stopwatch.GetElapsedTime(_start);
            if (_shown is not null && value.Step < value.TotalSteps && now - _last < _apart) return;
            _last = now;
            var chart = Shown(value);
            if (_shown is null) _shown = Cells.display(chart);
            else _shown.Update(chart);
        }
    }

    /// <summary>The loss so far.</summary>
    public LineChart Chart()
    {
        lock (_gate) return Chart(null);
    }

    private Training.Chart Shown(TrainingProgress p)
    {
        var loss = Chart(p);
        if (!Panels) return loss;
        return Training.Chart.Panels(loss.Title,
            loss with { Title = "Loss", X = "", Height = 290 },
            Training.Chart.Line(Of("", _rate)) with { Title = "Learning rate", Height = 140 },
            Training.Chart.Line(Of("in use", _live), Of("peak", _peak)) with { Title = "Memory", X = "step", Y = new Axis("", "MB"), Height = 190 });
    }

    private LineChart Chart(TrainingProgress? p)
    {
        var series = new List<Series> { Of("training", _training) };
        if (_validation.Count > 0) series.Add(Of("validation", _validation));
        // Nothing that depends on the clock: two runs of a notebook must show the same.
        string title = p is null ? Title : string.Create(CultureInfo.InvariantCulture, $"{Title}: step {p.Step:N0} of {p.TotalSteps:N0}, loss {p.Loss:0.0000}");
        return Training.Chart.Line(series) with { Title = title, X = "step", Y = new Axis("loss", "nats per label") };
    }

    private static Series Of(string name, List<(long Step, double Value)> values) => new(name, values.Select(v => (double)v.Step), values.Select(v => v.Value));

    private static void Put(List<(long Step, double Value)> values, long step, double value)
    {
        while (values.Count > 0 && values[^1].Step >= step) values.RemoveAt(values.Count - 1);
        values.Add((step, value));
    }
}
