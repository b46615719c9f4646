namespace RadLab.Training;

/// <summary>What a chart shows; <see cref="SvgChart"/> draws it.</summary>
/// <param name="XLabel">With its unit, if it has one.</param>
/// <param name="YLabel">With its unit.</param>
/// <param name="XValues">In their order. Numbers stand at their place, on a logarithmic axis where they span a factor of 5 or more; others stand side by side.</param>
/// <param name="Note">What the marks mean; under the legend.</param>
internal sealed record Chart(string Title, string XLabel, string YLabel, IReadOnlyList<string> XValues, IReadOnlyList<ChartSeries> Series, string Note);

internal sealed record ChartSeries(string Name, IReadOnlyList<ChartPoint> Points);

/// <param name="X">One of the chart's x values.</param>
/// <param name="Dots">Single values.</param>
/// <param name="Hollow">Single values that do not belong to the mean.</param>
/// <param name="Mean">Means of a series are joined by a line.</param>
/// <param name="Low">Lower end of an interval around the mean.</param>
/// <param name="High">Its upper end.</param>
internal sealed record ChartPoint(string X, IReadOnlyList<double> Dots, IReadOnlyList<double> Hollow, double? Mean, double? Low = null, double? High = null)
{
    public IEnumerable<double> All => [.. Dots, .. Hollow, .. ((double?[])[Mean, Low, High]).OfType<double>()];
}
