using RadLab.Training;

namespace RadLab.Tests;

public sealed class TerminalPlotTests
{
    private static LineChart Falling => Chart.Line(
        new Series("training", Enumerable.Range(0, 200).Select(i => (double)i), Enumerable.Range(0, 200).Select(i => 4 - i * 0.015)),
        new Series("validation", [0, 100, 199], [3.9, 2.6, 1.2])) with { Title = "Loss", X = "step", Y = new Axis("loss", "nats per label") };

    [Theory]
    [InlineData(40, 6)]
    [InlineData(80, 16)]
    [InlineData(133, 24)]
    [InlineData(200, 60)]
    public void It_is_as_wide_and_high_as_asked_for(int columns, int rows)
    {
        foreach (bool ascii in (bool[])[false, true])
        {
            string[] lines = Falling.ToTerminal(columns, rows, ascii).Split('\n');
            Assert.InRange(lines.Max(l => l.Length), columns - 4, columns);
            Assert.Equal(rows + (columns == 40 ? 7 : 6), lines.Length);   // title, unit, axis, its labels, its name, legend, which may need a second line
            Assert.All(lines, l => Assert.Equal(l.TrimEnd(), l));
        }
        Assert.Equal(Falling.ToTerminal(40, 6), Falling.ToTerminal(1, 1));
        Assert.Equal(Falling.ToTerminal(200, 60), Falling.ToTerminal(9999, 9999));
    }

    [Fact]
    public void A_falling_line_goes_from_the_upper_left_to_the_lower_right()
    {
        foreach (bool ascii in (bool[])[false, true])
        {
            var rows = Plot(Falling.ToTerminal(80, 12, ascii));
            int before = -1;
            foreach (string row in rows)
            {
                int[] at = [.. Enumerable.Range(0, row.Length).Where(i => ascii ? row[i] is '.' or ':' or '\'' : row[i] is >= '\u2801' and <= '\u28ff')];
                if (at.Length == 0) continue;
                Assert.True(at.Average() > before, $"'{row}' lies to the left of the one above it");
                before = (int)at.Average();
            }
            Assert.True(before > 60);
            Assert.Equal(3, rows.Sum(r => r.Count(c => c == (ascii ? 'o' : '●'))));
        }
    }

    [Fact]
    public void Far_more_values_than_dots_are_drawn_by_their_means()
    {
        var noisy = Chart.Line(new Series("training", Enumerable.Range(0, 10_000).Select(i => i % 2 == 0 ? 0.0 : 2.0)), new Series("validation", [0, 9_999], [0.5, 1.5]));
        string text = noisy.ToTerminal(80, 12);
        Assert.EndsWith("⠤⠤ training (means of 62)   ● validation", text, StringComparison.Ordinal);
        Assert.InRange(Plot(text).Count(r => r.Any(c => c > '\u2800')), 1, 2);   // a level line at 1, not a blot from 0 to 2
        Assert.EndsWith("':. training (means of 125)   o validation", noisy.ToTerminal(80, 12, ascii: true), StringComparison.Ordinal);
        Assert.DoesNotContain("means", Falling.ToTerminal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Axes_have_round_numbers_and_names()
    {
        string text = Falling.ToTerminal(80, 16);
        string[] lines = text.Split('\n');
        Assert.Equal(["Loss", "loss [nats per label]"], lines[..2]);
        foreach (string label in (string[])["4", "3", "2", "1"]) Assert.Contains(lines, l => l.Split('┤')[0].Trim() == label);
        Assert.Matches(@"^ +0 .* 100 .* 200$", lines[^3]);
        Assert.Equal("step", lines[^2].Trim());
        Assert.EndsWith("⠤⠤ training   ● validation", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Without_utf8_every_character_is_ascii()
    {
        string text = (Falling with { Title = "Verlust für „x“", Y = new Axis("change") { Min = -2, Max = 4 } }).ToTerminal(ascii: true);
        Assert.All(text, c => Assert.True(char.IsAscii(c), $"'{c}'"));
        Assert.Contains("\n-2+", text, StringComparison.Ordinal);
        Assert.StartsWith("Verlust f?r ?x?\nchange\n", text, StringComparison.Ordinal);
        Assert.EndsWith("':. training (means of 2)   o validation", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_number_is_a_gap_and_a_chart_without_values_says_so()
    {
        var gap = Chart.Line(new Series("", Enumerable.Range(0, 100).Select(i => i is > 30 and < 70 ? double.NaN : 1.0)));
        string row = Assert.Single(Plot(gap.ToTerminal(80, 7)), r => r.Any(c => c > '\u2800'));
        Assert.Matches("^ *[\u2801-\u28ff]{20,} {25,}[\u2801-\u28ff]{20,} *$", row);
        Assert.Contains("no values yet", Chart.Line(new Series("training", [], [])).ToTerminal(), StringComparison.Ordinal);
    }

    // what stands to the right of the vertical axis
    private static List<string> Plot(string text) => [.. text.Split('\n').Where(l => l.Length > 0 && l.TrimStart(' ', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '.', '−', '-') is [('│' or '┤' or '|' or '+'), ..] && !l.Contains("---", StringComparison.Ordinal)).Select(l => l[(l.IndexOfAny(['│', '┤', '|', '+']) + 1)..])];
}
