using System.Text.Json;

namespace RadLab.Training;

/// <summary>A step as <c>metrics.jsonl</c> tells it.</summary>
/// <param name="Loss">In nats per label; NaN where it was not finite.</param>
/// <param name="ProcessorSeconds">Null in runs of versions that did not write it, as are the bytes.</param>
public sealed record CurveStep(long Step, double Loss, double LearningRate, double Tokens, double Seconds, double? ProcessorSeconds, long? LiveBytes, long? PeakBytes);

/// <param name="Loss">On held-out texts, in nats per label; NaN where it was not finite.</param>
public sealed record CurveEvaluation(long Step, double Loss);

/// <summary>What a run's <c>metrics.jsonl</c> says, also while it is being written.</summary>
public sealed record RunCurve(IReadOnlyList<CurveStep> Steps, IReadOnlyList<CurveEvaluation> Evaluations)
{
    private const int MaxLines = 2_000_000;

    /// <summary>By the clock, evaluation and saving not counted.</summary>
    public double Seconds => Steps.Sum(s => s.Seconds);

    /// <summary>Of all processors; null where a step does not say.</summary>
    public double? ProcessorSeconds => Steps.Any(s => s.ProcessorSeconds is null) ? null : Steps.Sum(s => s.ProcessorSeconds!.Value);

    public double Tokens => Steps.Sum(s => s.Tokens);

    /// <summary>The engine's; of all parts where the run was resumed.</summary>
    public long? PeakBytes => Steps.Max(s => s.PeakBytes);

    /// <summary>Training and, where it was measured, validation loss by step.</summary>
    public LineChart Loss()
    {
        var series = new List<Series> { Of("training", Steps.Where(s => double.IsFinite(s.Loss)).Select(s => (s.Step, s.Loss))) };
        if (Evaluations.Any(e => double.IsFinite(e.Loss))) series.Add(Of("validation", Evaluations.Where(e => double.IsFinite(e.Loss)).Select(e => (e.Step, e.Loss))));
        return Chart.Line(series) with { Title = "Loss", X = "step", Y = new Axis("loss", "nats per label"), Height = 300 };
    }

    public LineChart LearningRate() => Chart.Line(Of("", Steps.Select(s => (s.Step, s.LearningRate)))) with { Title = "Learning rate", X = "step", Y = "learning rate", Height = 220 };

    /// <param name="folder">Of the run; one without the file has no steps yet.</param>
    public static RunCurve Read(string folder)
    {
        var steps = new List<CurveStep>();
        var evaluations = new List<CurveEvaluation>();
        string path = Path.Combine(folder, MetricsLog.FileName);
        if (!File.Exists(path)) return new RunCurve(steps, evaluations);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        // the last line may be one that is being written, or was cut by a crash and will be written again
        int n = 0;
        while (n < MaxLines && reader.ReadLine() is { } line && Read(line, steps, evaluations)) n++;
        return new RunCurve(steps, evaluations);
    }

    private static bool Read(string line, List<CurveStep> steps, List<CurveEvaluation> evaluations)
    {
        try
        {
            using var json = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 4 });
            var root = json.RootElement;
            long step = root.GetProperty("step").GetInt64();
            if (root.GetProperty("kind").GetString() == "validation")
                evaluations.Add(new CurveEvaluation(step, Number("loss") ?? double.NaN));
            else
                steps.Add(new CurveStep(step, Number("loss") ?? double.NaN, Number("learning_rate") ?? 0, Number("tokens") ?? 0, Number("seconds") ?? 0, Number("processor_seconds"), (long?)Number("live_bytes"), (long?)Number("peak_bytes")));
            return true;

            double? Number(string name) => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }

    private static Series Of(string name, IEnumerable<(long Step, double Value)> points)
    {
        var all = points.ToList();
        return new Series(name, all.Select(p => (double)p.Step), all.Select(p => p.Value));
    }
}
