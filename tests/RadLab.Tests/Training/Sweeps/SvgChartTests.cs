using System.Globalization;
using System.Xml.Linq;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

public sealed class SvgChartTests
{
    private static readonly Chart s_chart = new("Loss & <rank>", "lora.rank", "validation loss (nats per label)", ["2", "4", "16"],
    [
        new ChartSeries("a", [new ChartPoint("2", [1.0, 1.2], [], 1.1), new ChartPoint("4", [0.9], [], 0.9), new ChartPoint("16", [0.8], [1.5], 0.8)]),
        new ChartSeries("b", [new ChartPoint("4", [], [], 0.7, 0.6, 0.85)]),
    ], "small dots: seeds");

    [Fact]
    public void It_is_well_formed_with_labels_units_legend_and_both_colour_schemes()
    {
        var svg = XDocument.Parse(SvgChart.Draw(s_chart));
        string[] texts = [.. svg.Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value)];
        foreach (string text in (string[])["Loss & <rank>", "lora.rank", "validation loss (nats per label)", "2", "4", "16", "a", "b", "small dots: seeds"]) Assert.Contains(text, texts);
        Assert.Contains("prefers-color-scheme:dark", svg.Descendants().Single(e => e.Name.LocalName == "style").Value, StringComparison.Ordinal);
        Assert.DoesNotContain(svg.Descendants(), e => e.Name.LocalName == "script");
    }

    [Fact]
    public void Higher_values_stand_higher_and_powers_at_equal_distances()
    {
        var svg = XDocument.Parse(SvgChart.Draw(s_chart));
        var dots = svg.Descendants().Where(e => (string?)e.Attribute("class") == "dot f0").Select(e => (X: Number(e, "cx"), Y: Number(e, "cy"))).ToList();
        Assert.Equal(4, dots.Count);
        Assert.Equal(dots[0].X, dots[1].X);
        Assert.Equal(2 * (dots[2].X - dots[0].X), dots[3].X - dots[2].X, 0.25);   // 2, 4, 16 on a logarithmic axis
        Assert.Equal([1.2, 1.0, 0.9, 0.8], dots.Zip([1.0, 1.2, 0.9, 0.8]).OrderBy(d => d.First.Y).Select(d => d.Second));
        Assert.Equal(2 * (dots[2].Y - dots[0].Y), dots[0].Y - dots[1].Y, 0.25);   // 0.2 from 1.0 to 1.2, 0.1 from 0.9 to 1.0
        Assert.Single(svg.Descendants(), e => (string?)e.Attribute("class") == "hollow s0");
        Assert.Single(svg.Descendants(), e => (string?)e.Attribute("class") == "bar s1");
    }

    [Theory]
    [InlineData(0.0, 1.0)]
    [InlineData(2.31, 2.34)]
    [InlineData(-5, 12_000)]
    [InlineData(3, 3)]
    public void Ticks_are_few_round_and_inside(double low, double high)
    {
        var scale = ChartScale.Of([low, high]);
        Assert.InRange(scale.Ticks.Count, 3, 9);
        Assert.All(scale.Ticks, t => Assert.Equal(t.Value, double.Parse(t.Label, CultureInfo.InvariantCulture), 1e-12));
        Assert.True(scale.Low < low && scale.High > high);
        Assert.All(scale.Ticks, t => Assert.InRange(t.Value, scale.Low, scale.High));
    }

    [Fact]
    public void A_chart_without_values_says_so() => Assert.Contains("no values yet", SvgChart.Draw(s_chart with { Series = [] }), StringComparison.Ordinal);

    private static double Number(XElement e, string name) => double.Parse(e.Attribute(name)!.Value, CultureInfo.InvariantCulture);
}
