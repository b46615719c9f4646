using System.Buffers.Binary;
using System.IO.Compression;
using System.Text.Json;
using System.Xml.Linq;
using RadLab.Notebooks;
using RadLab.Training;

namespace RadLab.Tests;

public sealed class ChartTests
{
    private static readonly Dictionary<string, Chart> s_kinds = new()
    {
        ["line"] = Chart.Line(new Series("a <b>", [0, 1, 2], [3, double.NaN, 5]) { Low = [2, 3, 4], High = [4, 5, 6] }, new Series("c", [1, 2, 3])) with { Title = "T & \"t\" </script>", X = "step", Y = new Axis("loss", "nats") },
        ["panels"] = Chart.Panels("two of them", Chart.Line(new Series("a", [1, 2, 3])) with { Title = "upper", Height = 200 }, Chart.Line(new Series("b", [3, 2, 1])) with { X = "step", Height = 150, Width = 500 }),
        ["scatter"] = Chart.Scatter(new Series("p", [1, 10, 100], [1, 2, 3]) { Low = [0, 1, 2], High = [2, 3, 4] }) with { X = new Axis("rank") { Log = true } },
        ["bar"] = Chart.Bar(["yes", "no"], new Series("s", [1, -2]), new Series("t", [0.5, 4])),
        ["repeats"] = Chart.Repeats(["2", "4", "16"], new RepeatSeries("a", [new("2", [1.0, 1.2]) { Mean = 1.1 }, new("4", [0.9]) { Mean = 0.9 }, new("16", [0.8]) { Mean = 0.8, Apart = [1.5] }]), new RepeatSeries("b", [new("4", []) { Mean = 0.7, Low = 0.6, High = 0.85 }])) with { X = "rank", ValueLabel = "one seed", IntervalLabel = "95 % interval", ApartLabel = "stopped" },
        ["box"] = Chart.Box(("a", [1, 2, 3, 4, 100]), ("b", [5])),
        ["histogram"] = Chart.Histogram([0, 1, 1, 2, 9.5], bins: 4),
        ["heat"] = Chart.HeatMap(new double[,] { { -1, 0 }, { 0.5, double.NaN } }, ["r", "s"], ["c", "d"]),
        ["confusion"] = Chart.Confusion(new long[,] { { 3, 1 }, { 0, 0 } }, ["chest", "head"]),
        ["images"] = Chart.Images([("one", Picture.FromGray(new float[,] { { 0, 1 }, { 2, 3 } })), ("", Picture.FromRgb(1, 1, [1, 2, 3]))]),
    };

    public static TheoryData<string> Kinds => [.. s_kinds.Keys];

    // Reads a PNG with the framework's inflater: shares no code with the writer.
    private static (int Width, int Height, byte[] Rgb) Decode(byte[] png)
    {
        Assert.Equal([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], png[..8]);
        int width = 0, height = 0, type = 0;
        byte[] palette = [];
        var data = new MemoryStream();
        for (int i = 8; i < png.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(i));
            string name = System.Text.Encoding.ASCII.GetString(png, i + 4, 4);
            var body = png.AsSpan(i + 8, length);
            if (name == "IHDR") (width, height, type) = (BinaryPrimitives.ReadInt32BigEndian(body), BinaryPrimitives.ReadInt32BigEndian(body[4..]), body[9]);
            if (name == "PLTE") palette = body.ToArray();
            if (name == "IDAT") data.Write(body);
            i += length + 12;
        }
        data.Position = 0;
        var raw = new MemoryStream();
        using (var inflate = new ZLibStream(data, CompressionMode.Decompress)) inflate.CopyTo(raw);
        byte[] rows = raw.ToArray();
        int stride = width * (type == 2 ? 3 : 1);
        Assert.Equal((stride + 1) * height, rows.Length);
        var rgb = new byte[width * height * 3];
        var before = new byte[stride];
        for (int y = 0; y < height; y++)
        {
            byte[] row = rows[(y * (stride + 1) + 1)..((y + 1) * (stride + 1))];
            if (rows[y * (stride + 1)] == 2)
                for (int x = 0; x < stride; x++) row[x] += before[x];
            if (type == 2) row.CopyTo(rgb, y * stride);
            else
                for (int x = 0; x < width; x++) palette.AsSpan(row[x] * 3, 3).CopyTo(rgb.AsSpan((y * width + x) * 3));
            before = row;
        }
        return (width, height, rgb);
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(300, 7, 2)]
    [InlineData(64, 64, 255)]
    [InlineData(91, 53, 100_000)]
    [InlineData(400, 300, 5)]
    public void Any_picture_comes_back_from_its_png(int width, int height, int colours)
    {
        var rgb = new byte[width * height * 3];
        uint state = 12345;
        for (int i = 0; i < width * height; i++)
        {
            state = state * 1664525 + 1013904223;
            uint colour = (state >> 8) % (uint)colours * 2654435761u;
            (rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]) = ((byte)(colour >> 24), (byte)(colour >> 16), (byte)(colour >> 8));
        }
        var (w, h, back) = Decode(Picture.FromRgb(width, height, rgb).ToPng());
        Assert.Equal((width, height), (w, h));
        Assert.Equal(rgb, back);
    }

    [Fact]
    public void Flat_pictures_become_small_files() => Assert.InRange(Picture.FromRgb(1000, 1000, new byte[3_000_000]).ToPng().Length, 50, 4000);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Each_kind_has_its_forms_and_they_are_the_same_each_time(string kind)
    {
        var chart = s_kinds[kind];
        var svg = XDocument.Parse(chart.ToSvg());
        Assert.DoesNotContain(svg.Descendants(), e => e.Name.LocalName is "script" or "foreignObject" or "use");
        Assert.DoesNotContain(svg.Descendants().Attributes(), a => a.Name.LocalName == "href" && !a.Value.StartsWith("data:image/png;base64,", StringComparison.Ordinal));
        Assert.Contains("prefers-color-scheme:dark", svg.Descendants().First(e => e.Name.LocalName == "style").Value, StringComparison.Ordinal);
        using var data = JsonDocument.Parse(svg.Descendants().First(e => e.Name.LocalName == Chart.DataElement).Value);
        Assert.Equal(chart.Kind, data.RootElement.GetProperty("kind").GetString());
        using var figure = JsonDocument.Parse(chart.ToPlotly());
        Assert.NotEqual(0, figure.RootElement.GetProperty("data").GetArrayLength());
        Assert.StartsWith(chart.Title ?? chart.Kind, chart.ToText(), StringComparison.Ordinal);

        var (width, height, light) = Decode(chart.ToPng(scale: 1));
        Assert.Equal((chart.Width, chart.Height), (width, height));
        var dark = Decode(chart.ToPng(dark: true, scale: 1)).Rgb;
        Assert.True(light[0] == 255 && dark[0] < 64);
        Assert.Equal(chart.ToPng(), chart.ToPng());
        Assert.Equal(chart.ToSvg(), chart.ToSvg());
        Assert.DoesNotContain("\r", chart.ToSvg(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Nothing_is_drawn_outside_the_page(string kind)
    {
        var drawing = s_kinds[kind].Drawn();
        void Inside(double x, double y) => Assert.True(x >= -1 && x <= drawing.Width + 1 && y >= -1 && y <= drawing.Height + 1, $"({x}, {y})");
        foreach (var shape in drawing.Shapes)
            switch (shape)
            {
                case StrokedLine l: foreach (var p in l.Points) Inside(p.X, p.Y); break;
                case FilledPolygon p: foreach (var q in p.Points) Inside(q.X, q.Y); break;
                case FilledRectangle r: Inside(r.X, r.Y); Inside(r.X + r.Width, r.Y + r.Height); break;
                case FilledCircle c: Inside(c.X, c.Y); break;
                case PictureBox b: Inside(b.X, b.Y); Inside(b.X + b.Width, b.Y + b.Height); break;
                case TextLine { Upward: false } t:
                    double width = StrokeFont.Width(t.Text, t.Size, t.Bold), left = t.X - width * t.Anchor switch { TextAnchor.Start => 0, TextAnchor.Middle => 0.5, _ => 1 };
                    Inside(left, t.Y);
                    Inside(left + width, t.Y);
                    break;
            }
        Assert.NotEmpty(drawing.Marks);
    }

    [Fact]
    public void Panels_stand_one_below_the_other_with_axes_of_their_own()
    {
        var chart = (PanelChart)s_kinds["panels"];
        Assert.All(chart.Charts, c => Assert.Equal(640, c.Width));
        var lines = chart.Drawn().Shapes.OfType<StrokedLine>().Where(l => l.Points.Count == 3).ToList();
        double head = chart.Height - 350;
        Assert.InRange(lines[0].Points.Max(p => p.Y), head, head + 200);
        Assert.InRange(lines[1].Points.Min(p => p.Y), head + 200, chart.Height);
        using var figure = JsonDocument.Parse(chart.ToPlotly());
        Assert.Equal(["y", "y2"], figure.RootElement.GetProperty("data").EnumerateArray().Select(t => t.GetProperty("yaxis").GetString()));
        var layout = figure.RootElement.GetProperty("layout");
        double[] upper = [.. layout.GetProperty("yaxis").GetProperty("domain").EnumerateArray().Select(v => v.GetDouble())], lower = [.. layout.GetProperty("yaxis2").GetProperty("domain").EnumerateArray().Select(v => v.GetDouble())];
        Assert.True(lower[0] == 0 && lower[1] > 0 && upper[0] > lower[1] && upper[1] == 1, $"{upper[0]} {upper[1]} {lower[0]} {lower[1]}");
        Assert.Equal("Chart.Panels: needs 1 to 12 charts, got 0.", Assert.Throws<ArgumentException>(() => Chart.Panels(null)).Message);
    }

    [Fact]
    public void The_same_step_is_at_the_same_place_in_every_panel()
    {
        double[] Places(params LineChart[] panels) => [.. Chart.Panels(null, panels).Drawn().Shapes.OfType<StrokedLine>().Where(l => l.Points.Count == 3).SelectMany(l => l.Points.Select(p => p.X))];
        LineChart narrow = Chart.Line(new Series("a", [1, 2, 3])), wide = Chart.Line(new Series("b", [0.0001, 0.0002, 0.0003])) with { Y = new Axis("rate") };
        double[] places = Places(narrow, wide);
        Assert.Equal(places[..3], places[3..]);
        // the wider numbers' edge, not the narrow ones'
        Assert.Equal(Places(wide), places[3..]);
        Assert.True(Places(narrow)[0] < places[0]);
    }

    [Fact]
    public void Bars_are_as_long_as_their_values_and_begin_at_zero()
    {
        var bars = Chart.Bar(["a", "b", "c"], new Series("", [10, 20, -5])).Drawn().Shapes.OfType<FilledRectangle>().ToArray();
        Assert.Equal(3, bars.Length);
        Assert.Equal(2, bars[1].Height / bars[0].Height, 9);
        Assert.Equal(0.5, bars[2].Height / bars[0].Height, 9);
        Assert.Equal(bars[0].Y + bars[0].Height, bars[1].Y + bars[1].Height, 9);
        Assert.Equal(bars[0].Y + bars[0].Height, bars[2].Y, 9);
    }

    [Fact]
    public void Points_lie_where_their_values_are_also_on_logarithmic_axes()
    {
        var points = Chart.Scatter(new Series("", [1, 10, 100], [0, 5, 10])) with { X = new Axis { Log = true } };
        var dots = points.Drawn().Shapes.OfType<FilledCircle>().ToArray();
        Assert.Equal(dots[1].X - dots[0].X, dots[2].X - dots[1].X, 9);
        Assert.Equal(dots[0].Y - dots[1].Y, dots[1].Y - dots[2].Y, 9);
        Assert.True(dots[0].Y > dots[2].Y && dots[0].X < dots[2].X);
    }

    [Theory]
    [InlineData(0, 1, 6, "0, 0.2, 0.4, 0.6, 0.8, 1.0")]
    [InlineData(0, 97, 5, "0, 20, 40, 60, 80")]
    [InlineData(-1.5, 1.5, 4, "−1, 0, 1")]
    [InlineData(0, 5_000_000, 5, "0, 1e6, 2e6, 3e6, 4e6, 5e6")]
    [InlineData(0, 2e-4, 4, "0, 5e−5, 1e−4, 1.5e−4, 2e−4")]
    [InlineData(9_990, 10_010, 4, "9,990, 9,995, 10,000, 10,005, 10,010")]
    public void Ticks_are_round_numbers_with_just_enough_digits(double from, double to, int most, string expected) =>
        Assert.Equal(expected, string.Join(", ", new LinearScale(from, to).Ticks(most).Select(t => t.Label)));

    [Fact]
    public void Logarithmic_ticks_are_decades_or_1_2_5()
    {
        Assert.Equal("1, 2, 5, 10, 20", string.Join(", ", new LogScale(1, 32).Ticks(8).Select(t => t.Label)));
        Assert.Equal("1e−4, 0.01, 1, 100", string.Join(", ", new LogScale(1e-4, 1e3).Ticks(5).Select(t => t.Label)));
    }

    [Fact]
    public void Repeated_values_lie_at_their_numbers_beside_each_other_and_in_the_legend()
    {
        var shapes = ((RepeatChart)s_kinds["repeats"]).Drawn().Shapes;
        var dots = shapes.OfType<FilledCircle>().Where(c => c.Radius == 2.5 && c.Fill == Palette.Series(0)).ToList();   // 1.0, 1.2, 0.9, 0.8
        Assert.Equal(4, dots.Count);
        Assert.Equal(dots[0].X, dots[1].X);
        Assert.Equal(2 * (dots[2].X - dots[0].X), dots[3].X - dots[2].X, 1e-6);   // 2, 4, 16: equal factors, equal lengths
        Assert.Equal(2 * (dots[2].Y - dots[0].Y), 1 * (dots[0].Y - dots[1].Y), 1e-6);   // 0.2 from 1.0 to 1.2, 0.1 from 0.9 to 1.0
        var means = shapes.OfType<FilledRectangle>().Where(r => r.Fill == Palette.Series(1)).ToList();   // of b: in the legend and at 4
        Assert.Equal(2, means.Count);
        Assert.True(means[1].X + means[1].Width / 2 > dots[2].X, "two series at one place must not hide each other");
        string[] texts = [.. shapes.OfType<TextLine>().Select(t => t.Text)];
        foreach (string text in (string[])["2", "4", "16", "rank", "a", "b", "one seed", "95 % interval", "stopped"]) Assert.Contains(text, texts);
        Assert.Matches(@"\n16 +a +0\.800 +- +0\.800, \(1\.50\)", s_kinds["repeats"].ToText());
        Assert.Contains("no values yet", Chart.Repeats(["1", "2"]).ToSvg(), StringComparison.Ordinal);
        // what is no number stands side by side
        Assert.Equal([0.25, 0.75], PlaceScale.Of(["1.5M", "6M"]).Ticks(9).Select(t => t.Place));
    }

    [Fact]
    public void A_histogram_counts_each_value_once()
    {
        var chart = Chart.Histogram([0, 1, 1, 2, 4, double.NaN], bins: 4);
        Assert.Equal([0, 1, 2, 3, 4], chart.Edges);
        Assert.Equal([1, 2, 1, 1], chart.Counts());
        Assert.Equal(1000, Chart.Histogram(Enumerable.Range(0, 1000).Select(i => i * i / 7.0)).Counts().Sum());
    }

    [Fact]
    public void Boxes_show_quartiles_as_r_and_numpy_compute_them()
    {
        string text = s_kinds["box"].ToText();
        // quantile([1,2,3,4,100], .25 .5 .75) = 2, 3, 4; reach 1.5 * 2, so 100 lies beyond
        Assert.Matches(@"\na +5 +1 +2 +3 +4 +4 +1", text);
    }

    [Fact]
    public void Confusion_shares_are_of_the_true_class()
    {
        var chart = (ConfusionChart)s_kinds["confusion"];
        Assert.Equal(0.75, chart.Share(0, 0));
        Assert.True(double.IsNaN(chart.Share(1, 1)));
        Assert.Matches(@"chest +3 +1 +0\.750", chart.ToText());
    }

    [Fact]
    public void Long_series_are_thinned_but_keep_their_peaks()
    {
        double[] y = new double[100_000];
        y[77_777] = 9;
        var chart = Chart.Line(new Series("", y));
        Assert.InRange(chart.ToSvg().Length, 1000, 100_000);
        Assert.Contains("9", JsonDocument.Parse(chart.Data().ToJsonString()).RootElement.GetProperty("series")[0].GetProperty("y").EnumerateArray().Select(v => v.GetRawText()));
    }

    [Fact]
    public void The_bundle_is_svg_png_and_text_and_plotly_comes_on_request()
    {
        var bundle = Formatters.Format(s_kinds["line"]);
        Assert.Equal(["image/svg+xml", "image/png", "text/plain"], bundle.Forms.Select(f => f.Key));
        Assert.Equal(960, Decode(Convert.FromBase64String(bundle["image/png"]!)).Width);
        Assert.StartsWith("{\"data\":", Formatters.Format(s_kinds["line"], "application/vnd.plotly.v1+json")["application/vnd.plotly.v1+json"], StringComparison.Ordinal);
    }

    [Fact]
    public void The_interactive_form_needs_nothing_else_and_text_cannot_end_its_script()
    {
        string html = s_kinds["line"].Interactive().Content;
        Assert.Equal("text/html", s_kinds["line"].Interactive().MimeType);
        Assert.DoesNotContain("http", html.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(1, html.Split("</script>").Length - 1);
        Assert.Contains("a \\u003Cb\\u003E (0, 3)", html, StringComparison.Ordinal);
        Assert.Contains("alt=\"T &amp; &quot;t&quot; &lt;/script&gt;\"", html, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chart_is_saved_in_the_form_its_name_asks_for()
    {
        using var folder = new TemporaryFolder();
        foreach (string form in new[] { "svg", "png", "txt", "json", "html" }) s_kinds["bar"].Save(Path.Combine(folder.Path, "c." + form));
        Assert.Equal(5, Directory.GetFiles(folder.Path).Length);
        Assert.Equal(s_kinds["bar"].ToPng(), File.ReadAllBytes(Path.Combine(folder.Path, "c.png")));
        Assert.Equal("Chart: '.gif' is not a form of a chart; use .svg, .png, .txt, .json or .html.", Assert.Throws<ArgumentException>(() => s_kinds["bar"].Save("c.gif")).Message);
    }

    [Fact]
    public void Mistakes_are_named()
    {
        static string Message(Action make) => Assert.ThrowsAny<ArgumentException>(make).Message;
        Assert.Equal("Series: 'a' needs as many x as Y, got 1 and 2.", Message(() => _ = new Series("a", [1], [1, 2])));
        Assert.Equal("Chart.Line: series 'a' has Low without High; give both or neither.", Message(() => Chart.Line(new Series("a", [1]) { Low = [0] })));
        Assert.Equal("Chart.Scatter: needs at least one series.", Message(() => Chart.Scatter()));
        Assert.Equal("Chart.Bar: series 's' has 1 values for 2 labels.", Message(() => Chart.Bar(["a", "b"], new Series("s", [1]))));
        Assert.Equal("Chart.Bar: bars begin at zero, which a logarithmic axis does not have; use Chart.Scatter.", Message(() => (Chart.Bar(["a"], new Series("s", [1])) with { Y = new Axis { Log = true } }).ToSvg()));
        Assert.Equal("Chart.Repeats: needs at least one place.", Message(() => Chart.Repeats([])));
        Assert.Equal("Chart.Repeats: series 's' has values at '3', which is none of the places 1, 2.", Message(() => Chart.Repeats(["1", "2"], new RepeatSeries("s", [new("3", [1])]))));
        Assert.Equal("Chart.Repeats: series 's' has Low without High at '1'; give both or neither.", Message(() => Chart.Repeats(["1"], new RepeatSeries("s", [new("1", [1]) { Low = 0 }]))));
        Assert.Equal("Chart.Box: sample 'x' has no finite value.", Message(() => Chart.Box(("x", [double.NaN]))));
        Assert.Equal("Chart.Histogram: needs at least one finite value.", Message(() => Chart.Histogram(Array.Empty<double>())));
        Assert.Equal("Chart.HeatMap: 1 rows need as many row labels, got 2.", Message(() => Chart.HeatMap(new double[1, 1], ["a", "b"])));
        Assert.Equal("Chart.Confusion: 2 labels need 2 x 2 counts, got 1 x 2.", Message(() => Chart.Confusion(new long[1, 2], ["a", "b"])));
        Assert.Equal("Chart.Images: needs 1 to 400 pictures, got 0.", Message(() => Chart.Images([])));
        Assert.Equal("Picture: 2 x 2 pixels need 12 bytes (red, green, blue), got 3.", Message(() => Picture.FromRgb(2, 2, [1, 2, 3])));
        Assert.Equal("Chart: Width must be 120 to 4000 pixels, got 5.", Message(() => _ = s_kinds["bar"] with { Width = 5 }));
        Assert.Equal("Chart: axis 'y' would go from 5 to 1; Min must be below Max.", Message(() => (s_kinds["line"] with { Y = new Axis("y") { Min = 5, Max = 1 } }).ToSvg()));
    }
}
