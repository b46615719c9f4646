using System.Text.Json;
using System.Xml.Linq;
using RadLab.Notebooks;

namespace RadLab.Tests;

public sealed class TexMathTests
{
    private static string Inner(string tex, bool display = false)
    {
        string mathMl = TexMath.ToMathMl(tex, display);
        XDocument.Parse(mathMl);   // well-formed
        int start = mathMl.IndexOf("<mrow>", StringComparison.Ordinal) + 6;
        return mathMl[start..mathMl.LastIndexOf("</mrow><annotation", StringComparison.Ordinal)];
    }

    [Theory]
    [InlineData("a_i^2", "<msubsup><mi>a</mi><mi>i</mi><mn>2</mn></msubsup>")]
    [InlineData("f''", "<msup><mi>f</mi><mrow><mo>′</mo><mo>′</mo></mrow></msup>")]
    [InlineData("12.5x", "<mn>12.5</mn><mi>x</mi>")]
    [InlineData(@"\frac{1}{\sqrt{d}}", "<mfrac><mrow><mn>1</mn></mrow><mrow><msqrt><mrow><mi>d</mi></mrow></msqrt></mrow></mfrac>")]
    [InlineData(@"W + \frac\alpha r BA", "<mi>W</mi><mo>+</mo><mfrac><mi>α</mi><mi>r</mi></mfrac><mi>B</mi><mi>A</mi>")]
    [InlineData(@"\left(\hat{y}-y'\right)", "<mrow><mo stretchy=\"true\">(</mo><mrow><mover accent=\"true\"><mrow><mi>y</mi></mrow><mo stretchy=\"false\">^</mo></mover><mo>−</mo><msup><mi>y</mi><mo>′</mo></msup></mrow><mo stretchy=\"true\">)</mo></mrow>")]
    [InlineData(@"B \in \mathbb{R}^{d \times r}", "<mi>B</mi><mo>∈</mo><msup><mi>ℝ</mi><mrow><mi>d</mi><mo>×</mo><mi>r</mi></mrow></msup>")]
    [InlineData(@"\text{loss if } x < 3\%", "<mtext>loss\u00a0if\u00a0</mtext><mi>x</mi><mo>&lt;</mo><mn>3</mn><mo>%</mo>")]
    [InlineData(@"\foo{x}", "<mtext class=\"tex\">\\foo</mtext><mrow><mi>x</mi></mrow>")]
    [InlineData(@"\mathbf{W}_q \operatorname{rank}", "<msub><mi>𝐖</mi><mi>q</mi></msub><mo lspace=\"0.1667em\" rspace=\"0.1667em\">rank</mo>")]
    [InlineData(@"\begin{cases} 1 & x \\ 0 \end{cases}", "<mrow><mo stretchy=\"true\">{</mo><mtable columnalign=\"left\"><mtr><mtd style=\"text-align:left\"><mrow><mn>1</mn></mrow></mtd><mtd style=\"text-align:left\"><mrow><mi>x</mi></mrow></mtd></mtr><mtr><mtd style=\"text-align:left\"><mrow><mn>0</mn></mrow></mtd></mtr></mtable></mrow>")]
    public void Formulas_become_MathML(string tex, string expected) => Assert.Equal(expected, Inner(tex));

    [Fact]
    public void Bounds_of_sums_stand_above_and_below_on_a_line_of_their_own()
    {
        Assert.StartsWith("<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover>", Inner(@"\sum_{i=1}^n x_i", display: true), StringComparison.Ordinal);
        Assert.StartsWith("<msubsup><mo>∑</mo>", Inner(@"\sum_{i=1}^n x_i"), StringComparison.Ordinal);
        Assert.StartsWith("<math display=\"block\">", TexMath.ToMathMl("x", display: true), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{x")]
    [InlineData("x}")]
    [InlineData(@"\frac{1}")]
    [InlineData(@"\left( x")]
    [InlineData(@"\begin{tikzpicture} <b> \end{tikzpicture}")]
    [InlineData(@"x\")]
    [InlineData("x_1_2")]
    [InlineData("x_")]
    public void What_is_not_TeX_stays_as_its_escaped_source(string tex) => Assert.Equal($"<code>{System.Net.WebUtility.HtmlEncode(tex)}</code>", TexMath.ToMathMl(tex, display: false));

    [Fact]
    public void Deep_and_long_formulas_are_bounded()
    {
        Assert.StartsWith("<code>", TexMath.ToMathMl(new string('{', 5000) + new string('}', 5000), display: false), StringComparison.Ordinal);
        Assert.StartsWith("<code>", TexMath.ToMathMl(string.Concat(Enumerable.Repeat(@"\sqrt", 3000)) + "x", display: false), StringComparison.Ordinal);
        Assert.StartsWith("<code>", TexMath.ToMathMl(new string('x', 30_000), display: false), StringComparison.Ordinal);
    }

    [Fact]
    public void Markdown_cells_show_inline_and_block_formulas()
    {
        string html = MarkdownPage.ToHtml("Costs 5, but $x^2$.\n\n$$\n\\frac{a}{b}\n$$\n", default(JsonElement), folder: null);
        Assert.Contains("but <math><semantics><mrow><msup><mi>x</mi><mn>2</mn></msup></mrow><annotation encoding=\"application/x-tex\">x^2</annotation></semantics></math>.", html, StringComparison.Ordinal);
        Assert.Contains("<math display=\"block\"><semantics><mrow><mfrac>", html, StringComparison.Ordinal);
    }
}
