using System.Text.Json.Nodes;
using RadLab.Notebooks;

namespace RadLab.Tests;

public sealed class FormattersTests
{
    // As a library would carry it: internal, in its own namespace, found by its name alone.
    [AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
    private sealed class TypeFormatterSourceAttribute(Type formatterSourceType) : Attribute
    {
        public Type FormatterSourceType { get; } = formatterSourceType;
        public string[]? PreferredMimeTypes { get; set; }
    }

    private sealed class ShapeFormatters
    {
        public IEnumerable<object> CreateTypeFormatters() =>
            [new Formatter("text/html", s => $"<b>{s}</b>"), new Formatter("image/svg+xml", s => $"<svg>{s}</svg>"), new Formatter("text/plain", s => s is Shape { Sides: 0 } ? null : $"Shape({s})")];
    }

    private sealed class Formatter(string mimeType, Func<object, string?> format)
    {
        public string MimeType => mimeType;

        public bool Format(object instance, TextWriter writer)
        {
            string? text = format(instance);
            writer.Write(text);
            return text is not null;
        }
    }

    [TypeFormatterSource(typeof(ShapeFormatters), PreferredMimeTypes = ["image/svg+xml", "text/plain"])]
    private class Shape(int sides)
    {
        public int Sides => sides;
        public override string ToString() => $"{sides} sides";
    }

    private sealed class Square() : Shape(4);

    [TypeFormatterSource(typeof(ShapeFormatters))]
    private struct Plain
    {
        public override readonly string ToString() => "plain";
    }

    [TypeFormatterSource(typeof(ShapeFormatters), PreferredMimeTypes = ["image/png"])]
    private sealed class WithoutForm;

    private sealed class BadFormatter
    {
        public string MimeType => "text/html";
        public bool Format(object instance, TextWriter writer) => true;
        public bool Format(string instance, TextWriter writer) => true;
    }

    private sealed class BadSource
    {
        public object[] CreateTypeFormatters() => [new BadFormatter()];
    }

    private sealed class EmptySource;

    [TypeFormatterSource(typeof(BadSource))]
    private sealed class Overloaded;

    [TypeFormatterSource(typeof(EmptySource))]
    private sealed class NoMethod;

    private static string[] Types(MimeBundle bundle) => [.. bundle.Forms.Select(f => f.Key)];

    [Fact]
    public void Preferred_types_make_the_bundle_in_their_order_and_reach_subclasses()
    {
        var bundle = Formatters.Format(new Square());
        Assert.Equal(["image/svg+xml", "text/plain"], Types(bundle));
        Assert.Equal("<svg>4 sides</svg>", bundle["image/svg+xml"]);
        Assert.Equal("Shape(4 sides)", bundle["text/plain"]);
    }

    [Fact]
    public void Without_preferred_types_there_is_html_only() => Assert.Equal(["text/html"], Types(Formatters.Format(new Plain())));

    [Fact]
    public void Asked_for_types_come_alone() => Assert.Equal(["text/html"], Types(Formatters.Format(new Shape(3), "text/html")));

    [Fact]
    public void A_formatter_that_declines_leaves_the_default() => Assert.Equal("0 sides", Formatters.Format(new Shape(0))["text/plain"]);

    [Fact]
    public void A_type_without_formatter_is_an_error_that_names_the_known_ones()
    {
        var e = Assert.Throws<ArgumentException>(() => Formatters.Format(new WithoutForm()));
        Assert.EndsWith("WithoutForm has no form 'image/png'; known: text/html, image/svg+xml, text/plain.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Mistakes_in_a_formatter_are_named()
    {
        Assert.EndsWith("BadFormatter needs exactly one public method bool Format(object, TextWriter).", Assert.Throws<InvalidOperationException>(() => Formatters.Format(new Overloaded())).Message, StringComparison.Ordinal);
        Assert.EndsWith("EmptySource needs a public method CreateTypeFormatters() that returns the formatters.", Assert.Throws<InvalidOperationException>(() => Formatters.Format(new NoMethod())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "<null>")]
    [InlineData("a\nb", "a\nb")]
    [InlineData(0.1, "0.1")]
    [InlineData(true, "True")]
    public void Plain_values_are_text(object? value, string expected)
    {
        var bundle = Formatters.Format(value);
        Assert.Equal(["text/plain"], Types(bundle));
        Assert.Equal(expected, bundle["text/plain"]);
    }

    [Fact]
    public void Long_and_endless_sequences_are_cut()
    {
        static IEnumerable<int> Endless()
        {
            for (int i = 0; ; i++) yield return i;
        }
        Assert.Equal("[ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, ... (80 more) ]", Formatters.Format(Enumerable.Range(0, 100).ToArray())["text/plain"]);
        Assert.EndsWith("19, ... ]", Formatters.Format(Endless())["text/plain"], StringComparison.Ordinal);
        var rows = Formatters.Format(Endless().Select(i => new { Row = i }));
        Assert.EndsWith("more rows follow", rows["text/plain"], StringComparison.Ordinal);
    }

    [Fact]
    public void Records_and_dictionaries_become_tables_with_escaped_text()
    {
        var table = Formatters.Format(new[] { new { Name = "<a>", Count = 1.5 } });
        Assert.Equal("<table>\n<thead><tr><th>Name</th><th align=\"right\">Count</th></tr></thead>\n<tbody>\n<tr><td>&lt;a&gt;</td><td align=\"right\">1.5</td></tr>\n</tbody>\n</table>", table["text/html"]);
        Assert.Equal("Name  Count\n----  -----\n<a>     1.5", table["text/plain"]);
        Assert.Contains("<td>k</td>", Formatters.Format(new Dictionary<string, int> { ["k"] = 1 })["text/html"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_cell_of_several_lines_keeps_them()
    {
        var table = Formatters.Format(new[] { new { Terms = "a\nb\r\n<c>", Of = 1 }, new { Terms = "d", Of = 2 } });
        Assert.Contains("<tr><td>a<br>b<br>&lt;c&gt;</td><td align=\"right\">1</td></tr>", table["text/html"], StringComparison.Ordinal);
        Assert.Equal("Terms  Of\n-----  --\na       1\nb\n<c>\nd       2", table["text/plain"]);
    }

    [Fact]
    public async Task Cells_display_update_and_tabulate()
    {
        using var session = new Session(AppContext.BaseDirectory);
        var output = new CellOutputs();
        var result = await session.RunAsync("""
            var d = display("one");
            5.Display();
            "**b**".DisplayAs("text/markdown");
            new[] { (1, 2) }.Select(t => new { t.Item1 }).DisplayTable();
            HTML("<i>x</i>").Display();
            d.Update("two");
            """, output);
        Assert.True(result.Succeeded, result.Error?.ToString());
        var data = output.ToJson(1, null).Select(o => o!["data"]!.AsObject()).ToArray();
        Assert.Equal(["text/plain", "text/plain", "text/markdown", "text/html", "text/html"], data.Select(d => d.First().Key));
        Assert.Equal("[\"two\"]", data[0]["text/plain"]!.ToJsonString());
        Assert.Equal(["<i>x</i>"], data[4]["text/html"]!.AsArray().Select(n => n!.GetValue<string>()));
    }

    [Fact]
    public void Display_outside_a_cell_says_so() =>
        Assert.Equal("display: no cell is running; call it from a notebook cell.", Assert.Throws<InvalidOperationException>(() => Cells.display(1)).Message);

    [Fact]
    public void Json_is_stored_as_json_and_broken_json_is_refused()
    {
        var output = new CellOutputs();
        output.Display("a", new MimeBundle(("application/vnd.plotly.v1+json", "{\"x\":1}")));
        Assert.Equal(1, (int)output.ToJson(1, null)[0]!["data"]!["application/vnd.plotly.v1+json"]!["x"]!);
        Assert.StartsWith("display: the content of application/json is not JSON", Assert.Throws<ArgumentException>(() => output.Display("b", new MimeBundle(("application/json", "{")))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Endless_printing_is_cut_with_a_note()
    {
        var output = new CellOutputs();
        for (int i = 0; i < 300; i++) output.Write("stdout", new string('x', 10_000));
        var json = output.ToJson(1, null);
        Assert.Equal(CellOutputs.MaxPrinted, string.Concat(json[0]!["text"]!.AsArray().Select(t => (string)t!)).Length);
        Assert.Equal($"[output cut: {3_000_000 - CellOutputs.MaxPrinted} of 3000000 printed characters left out]\n", (string)json[1]!["text"]![0]!);
    }
}
