using System.Globalization;

namespace RadLab.Training;

/// <summary>A sweep's chart: validation loss against the first axis, a series for each combination of the others.</summary>
internal static class SweepChart
{
    public static string Of(SweepResult result)
    {
        var axis = result.Sweep.Over.FirstOrDefault(o => !o.IsSeed) ?? result.Sweep.Over[0];
        string[] values = [.. result.Trials.Select(X).Distinct(StringComparer.Ordinal)];
        if (values.All(v => double.TryParse(v, NumberStyles.Float, CultureInfo.InvariantCulture, out _))) values = [.. values.OrderBy(v => double.Parse(v, CultureInfo.InvariantCulture))];
        var series = result.Trials.Where(t => t.ValidationLoss is not null).GroupBy(Others, StringComparer.Ordinal)
            .Select(g => new ChartSeries(g.Key.Length > 0 ? g.Key : result.Sweep.Recipe.Name, [.. g.GroupBy(X, StringComparer.Ordinal).Select(p => Point(p.Key, [.. p]))])).ToList();
        bool seeds = result.Sweep.Over.Any(o => o.IsSeed), pruned = result.Trials.Any(t => t.Status is TrialStatus.Pruned or TrialStatus.Begun && t.ValidationLoss is not null);
        var notes = new List<string>();
        if (seeds) notes.Add("small dots: seeds; line: their mean");
        if (pruned) notes.Add("hollow dots: stopped before the end");
        if (series.Count > SvgChart.MostSeries) notes.Add(string.Create(CultureInfo.InvariantCulture, $"the first {SvgChart.MostSeries} of {series.Count} series; all are in {SweepReport.CsvName}"));
        return SvgChart.Draw(new Chart($"{result.Sweep.Name}: validation loss", axis.Paths[0], "validation loss (nats per label)", values, [.. series.Take(SvgChart.MostSeries)], string.Join("; ", notes)));

        string X(TrialResult t) => t.Trial.Settings.First(s => s.Key == axis.Paths[0]).Value;

        string Others(TrialResult t) => string.Join(", ", t.Trial.Settings.Where(s => !axis.Paths.Contains(s.Key) && s.Key != "seed").Select(s => $"{s.Key}={s.Value}"));
    }

    // one that stopped early has seen fewer steps: its loss does not belong in a mean
    private static ChartPoint Point(string x, IReadOnlyList<TrialResult> trials)
    {
        double[] whole = [.. trials.Where(t => t.Status == TrialStatus.Finished).Select(t => t.ValidationLoss!.Value)], part = [.. trials.Where(t => t.Status != TrialStatus.Finished).Select(t => t.ValidationLoss!.Value)];
        return new ChartPoint(x, whole, part, whole.Length > 0 ? whole.Average() : null);
    }
}
