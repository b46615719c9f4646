using System.Globalization;

namespace RadLab.Training;

/// <summary>A sweep's chart: validation loss against the first axis, a series for each combination of the others.</summary>
internal static class SweepChart
{
    // more cannot be told apart
    private const int MostSeries = 8;

    public static RepeatChart Of(SweepResult result)
    {
        var axis = result.Sweep.Over.FirstOrDefault(o => !o.IsSeed) ?? result.Sweep.Over[0];
        string[] places = [.. result.Trials.Select(X).Distinct(StringComparer.Ordinal)];
        if (places.All(v => double.TryParse(v, NumberStyles.Float, CultureInfo.InvariantCulture, out _))) places = [.. places.OrderBy(v => double.Parse(v, CultureInfo.InvariantCulture))];
        var series = result.Trials.Where(t => t.ValidationLoss is not null).GroupBy(Others, StringComparer.Ordinal)
            .Select(g => new RepeatSeries(g.Key.Length > 0 ? g.Key : result.Sweep.Recipe.Name, [.. g.GroupBy(X, StringComparer.Ordinal).Select(p => Point(p.Key, [.. p]))])).ToList();
        bool seeds = result.Sweep.Over.Any(o => o.IsSeed), stopped = result.Trials.Any(t => t.Status is TrialStatus.Pruned or TrialStatus.Begun && t.ValidationLoss is not null);
        string part = series.Count > MostSeries ? string.Create(CultureInfo.InvariantCulture, $" (the first {MostSeries} of {series.Count} series; all are in {SweepReport.CsvName})") : "";
        return Chart.Repeats(places, series.Take(MostSeries)) with
        {
            Title = $"{result.Sweep.Name}: validation loss{(TeachingModel.Is(result.Sweep.Recipe.Model) ? TeachingModel.InTitle : "")}{part}", X = axis.Paths[0], Y = new Axis("validation loss", "nats per label"), Width = 760, Height = 460, ValueLabel = seeds ? "one seed" : "", ApartLabel = stopped ? "stopped before the end" : "",
        };

        string X(TrialResult t) => t.Trial.Settings.First(s => s.Key == axis.Paths[0]).Value;

        string Others(TrialResult t) => string.Join(", ", t.Trial.Settings.Where(s => !axis.Paths.Contains(s.Key) && s.Key != "seed").Select(s => $"{s.Key}={s.Value}"));
    }

    // one that stopped early has seen fewer steps: its loss does not belong in a mean
    private static RepeatPoint Point(string x, IReadOnlyList<TrialResult> trials)
    {
        double[] whole = [.. trials.Where(t => t.Status == TrialStatus.Finished).Select(t => t.ValidationLoss!.Value)], part = [.. trials.Where(t => t.Status != TrialStatus.Finished).Select(t => t.ValidationLoss!.Value)];
        return new RepeatPoint(x, whole) { Mean = whole.Length > 0 ? whole.Average() : null, Apart = part };
    }
}
