using System.Text;
using RadLab.Notebooks;

namespace RadLab.Tests;

public sealed class HtmlExportTests
{
    private static string Page(string cells, string? folder = null) =>
        HtmlExport.ToHtml(Notebook.Parse(Encoding.UTF8.GetBytes($$"""{"nbformat":4,"cells":[{{cells}}]}"""), "page.ipynb"), folder);

    private static string Code(string outputs) => $$"""{"cell_type":"code","source":"var x = \"<b>\"; // note","execution_count":4,"outputs":[{{outputs}}]}""";

    [Fact]
    public void Code_is_escaped_and_coloured_and_keeps_every_character()
    {
        string page = Page(Code(""));
        Assert.Contains("<span class=\"k\">var</span> x = <span class=\"s\">&quot;&lt;b&gt;&quot;</span>; <span class=\"c\">// note</span>", page, StringComparison.Ordinal);
        Assert.Contains("<span class=\"count\">[4]</span>", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("#r \"a.dll\"\nvar s = $\"{1:0}\";\n\n/* x */ int F<T>(T t) where T : class => 1 // end")]
    [InlineData("this is ) not { C#")]
    [InlineData("\"\"\"raw\n  text\"\"\"")]
    [InlineData("#!fsharp\nlet s = \"a \\\" b\" // c\n(* open\n#!sql --db x\nselect 'it''s' -- c\n/* 1.5\n#!js\nlet `${1}\n#!mermaid\nA-->B")]
    public void The_highlighter_changes_no_text(string code)
    {
        string text = System.Net.WebUtility.HtmlDecode(System.Text.RegularExpressions.Regex.Replace(CodeHighlighter.ToHtml(code, "csharp"), "<[^>]+>", ""));
        Assert.Equal(code, text);
    }

    [Fact]
    public void Other_languages_are_coloured_and_diagrams_shown_as_source()
    {
        string page = Page("""{"cell_type":"code","metadata":{"polyglot_notebook":{"kernelName":"sql"}},"source":"SELECT 'a' -- b\n#!fsharp\nlet x = 1","outputs":[{"output_type":"display_data","data":{"text/plain":"p","text/vnd.mermaid":["A-->B"]}}]}""");
        Assert.Contains("<span class=\"k\">SELECT</span> <span class=\"s\">&#39;a&#39;</span> <span class=\"c\">-- b</span>\n<span class=\"d\">#!fsharp\n</span><span class=\"k\">let</span> x = <span class=\"n\">1</span>", page, StringComparison.Ordinal);
        Assert.Contains("<pre class=\"diagram\">A--&gt;B</pre><p class=\"missing\">A Mermaid diagram as its source", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Streams_and_errors_are_escaped_and_lose_terminal_colours()
    {
        string page = Page(Code("""{"output_type":"stream","name":"stderr","text":["a\u001b[31m<b>\u001b[0m\n"]},{"output_type":"error","ename":"E","evalue":"<i>","traceback":["E: <i>","   at cell 4, line 1"]}"""));
        Assert.Contains("<pre class=\"output stderr\">a&lt;b&gt;\n</pre>", page, StringComparison.Ordinal);
        Assert.Contains("<pre class=\"output error\"><strong>E</strong>: &lt;i&gt;\n   at cell 4, line 1</pre>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_richest_form_is_shown_and_charts_are_pictures_inside_the_page()
    {
        string page = Page(Code("""
            {"output_type":"display_data","data":{"text/plain":"plain","text/html":"<p>rich</p>"}},
            {"output_type":"display_data","data":{"text/plain":"a \"chart\"","image/svg+xml":["<svg ","/>"]}},
            {"output_type":"execute_result","data":{"image/png":"aGk=\n"}},
            {"output_type":"execute_result","data":{"application/x-unknown":"?"}}
            """));
        Assert.Contains("<div class=\"output\"><p>rich</p></div>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("plain</pre>", page, StringComparison.Ordinal);
        Assert.Contains($"<img alt=\"a &quot;chart&quot;\" src=\"data:image/svg+xml;base64,{Convert.ToBase64String("<svg />"u8)}\">", page, StringComparison.Ordinal);
        Assert.Contains("src=\"data:image/png;base64,aGk=\"", page, StringComparison.Ordinal);
        Assert.Contains("[no form of this output can be shown here: application/x-unknown]", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_forbids_scripts_and_the_network()
    {
        string page = Page(Code("""{"output_type":"display_data","data":{"text/html":"<script>alert(1)</script>"}}"""));
        int policy = page.IndexOf("Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'", StringComparison.Ordinal);
        Assert.InRange(policy, 0, page.IndexOf("<style>", StringComparison.Ordinal));
        Assert.DoesNotContain("http://", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Markdown_has_tables_and_the_first_heading_is_the_title()
    {
        string page = Page("""{"cell_type":"markdown","source":"# A & B\n\n| a | b |\n|--|--:|\n| 1 | 2 |\n"}""");
        Assert.Contains("<title>A &amp; B</title>", page, StringComparison.Ordinal);
        Assert.Contains("<td style=\"text-align: right;\">2</td>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Pictures_come_from_attachments_and_from_below_the_folder_only()
    {
        using var folder = new TemporaryFolder();
        folder.Write("secret.png", "s");
        folder.Write("nb/figures/a b.png", "p");
        string page = Page("""
            {"cell_type":"markdown","source":"![one](figures/a%20b.png) ![two](attachment:x.png) ![three](../secret.png) ![four](https://example.org/y.png)",
             "attachments":{"x.png":{"image/png":"QQ=="}}}
            """, Path.Combine(folder.Path, "nb"));
        Assert.Contains($"src=\"data:image/png;base64,{Convert.ToBase64String("p"u8)}\" alt=\"one\"", page, StringComparison.Ordinal);
        Assert.Contains("src=\"data:image/png;base64,QQ==\" alt=\"two\"", page, StringComparison.Ordinal);
        Assert.Contains("[picture not in this page: ../secret.png]", page, StringComparison.Ordinal);
        Assert.Contains("[picture not in this page: https://example.org/y.png]", page, StringComparison.Ordinal);
    }
}
