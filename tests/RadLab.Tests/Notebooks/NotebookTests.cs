using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Notebooks;

namespace RadLab.Tests;

public sealed class NotebookTests
{
    public static TheoryData<string> Goldens => ["windows.ipynb", "failing.ipynb", "foreign.ipynb"];

    [Theory, MemberData(nameof(Goldens))]
    public void An_unchanged_notebook_is_written_back_byte_for_byte(string name)
    {
        byte[] bytes = File.ReadAllBytes(NotebookFiles.Golden(name));
        Assert.Equal(bytes, Notebook.Parse(bytes, name).ToBytes());
    }

    [Theory]
    [InlineData("{\"cells\":[],\"nbformat\":4,\"nbformat_minor\":5,\"metadata\":{}}")]
    [InlineData("\uFEFF{\r\n  \"nbformat\": 4,\r\n  \"cells\": [ ],\r\n  \"x\": 1.0e-0\r\n}\r\n")]
    [InlineData("{\"nbformat\":4,\"cells\":[{\"cell_type\":\"raw\",\"source\":[]} , {\"cell_type\":\"raw\",\"source\":\"a\\u0062\"}]}")]
    public void Unusual_layouts_survive_as_well(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Assert.Equal(bytes, Notebook.Parse(bytes, "x.ipynb").ToBytes());
    }

    [Fact]
    public void Setting_outputs_changes_nothing_else()
    {
        string before = File.ReadAllText(NotebookFiles.Golden("foreign.ipynb"));
        var notebook = Notebook.Parse(Encoding.UTF8.GetBytes(before), "foreign.ipynb");
        notebook.Cells[1].SetResult(7, [new JsonObject { ["output_type"] = "stream" }]);

        string after = Encoding.UTF8.GetString(notebook.ToBytes());

        string expected = before
            .Replace("\"execution_count\": null", "\"execution_count\": 7", StringComparison.Ordinal)
            .Replace("\"outputs\": []", "\"outputs\": [\n        {\n          \"output_type\": \"stream\"\n        }\n      ]", StringComparison.Ordinal);
        Assert.Equal(expected, after);
    }

    [Fact]
    public void Setting_metadata_keeps_the_other_entries_and_can_be_repeated()
    {
        var notebook = Notebook.Load(NotebookFiles.Golden("foreign.ipynb"));
        notebook.SetMetadata("radlab", new JsonObject { ["format"] = 1 });
        notebook.SetMetadata("radlab", new JsonObject { ["format"] = 2 });
        string text = Encoding.UTF8.GetString(notebook.ToBytes());
        Assert.Contains("\"zz\": 1E2,\n    \"radlab\": {\n      \"format\": 2\n    }}", text, StringComparison.Ordinal);
        using var parsed = JsonDocument.Parse(text);
        Assert.Equal(2, parsed.RootElement.GetProperty("metadata").GetProperty("radlab").GetProperty("format").GetInt32());
    }

    [Fact]
    public void A_notebook_without_metadata_gets_them()
    {
        var notebook = Notebook.Parse("{\"nbformat\":4,\"cells\":[]}"u8.ToArray(), "x.ipynb");
        notebook.SetMetadata("radlab", new JsonObject { ["a"] = 1 });
        Assert.Equal("{\"nbformat\":4,\"cells\":[],\"metadata\":{\"radlab\":{\"a\":1}}}", Encoding.UTF8.GetString(notebook.ToBytes()));
    }

    [Fact]
    public void Cells_can_be_inserted_and_removed_at_both_ends()
    {
        var notebook = Notebook.Load(NotebookFiles.Golden("windows.ipynb"));
        string[] sources = [.. notebook.Cells.Select(c => c.Source)];
        notebook.InsertCode(0, "first\n", []);
        notebook.InsertCode(notebook.Cells.Count, "last", []);
        notebook.RemoveAt(1);

        var again = Notebook.Parse(notebook.ToBytes(), "again.ipynb");

        Assert.Equal(["first\n", .. sources[1..], "last"], again.Cells.Select(c => c.Source));
    }

    [Fact]
    public void Cells_can_be_added_to_an_empty_notebook()
    {
        var notebook = Notebook.Parse("{\n \"cells\": [],\n \"nbformat\": 4\n}"u8.ToArray(), "x.ipynb");
        notebook.InsertCode(0, "1", []);
        Assert.Equal("1", Assert.Single(Notebook.Parse(notebook.ToBytes(), "x.ipynb").Cells).Source);
    }

    [Fact]
    public void Ids_are_added_where_missing_and_are_the_same_each_time()
    {
        static Notebook Make()
        {
            var n = Notebook.Parse("""{"nbformat":4,"nbformat_minor":2,"cells":[{"cell_type":"raw","source":"a"},{"cell_type":"raw","source":"a","id":"mine"}]}"""u8.ToArray(), "x.ipynb");
            n.EnsureIds();
            return n;
        }
        var (first, second) = (Make(), Make());
        Assert.Equal("mine", first.Cells[1].Id);
        Assert.Matches("^[0-9a-f]{8}$", first.Cells[0].Id);
        Assert.Equal(first.ToBytes(), second.ToBytes());
        Assert.Contains("\"nbformat_minor\":5", Encoding.UTF8.GetString(first.ToBytes()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"vscode":{"languageId":"sql"}}""", "sql")]
    [InlineData("""{"vscode":{"languageId":"sql"},"polyglot_notebook":{"kernelName":"fsharp"}}""", "fsharp")]
    [InlineData("""{"vscode":{"languageId":7}}""", null)]
    public void The_language_that_VS_Code_keeps_counts_where_nothing_more_special_is_said(string metadata, string? language) =>
        Assert.Equal(language, Assert.Single(Notebook.Parse(Encoding.UTF8.GetBytes("{\"nbformat\":4,\"cells\":[{\"cell_type\":\"code\",\"source\":\"1\",\"outputs\":[],\"metadata\":" + metadata + "}]}"), "x.ipynb").Cells).Language);

    [Fact]
    public void Tags_language_outputs_and_counts_are_read()
    {
        var notebook = Notebook.Parse("""
            {"nbformat":4,"cells":[{"cell_type":"code","source":["a\n","b"],"execution_count":3,"outputs":[{"output_type":"stream"}],
             "metadata":{"tags":["x","y",1],"dotnet_interactive":{"language":"fsharp"}}}]}
            """u8.ToArray(), "x.ipynb");
        var cell = Assert.Single(notebook.Cells);
        Assert.Equal("a\nb", cell.Source);
        Assert.Equal(["x", "y"], cell.Tags.Order());
        Assert.Equal("fsharp", cell.Language);
        Assert.Equal(3, cell.ExecutionCount);
        Assert.Single(cell.Outputs);
    }

    [Theory]
    [InlineData("", "broken JSON at line 1")]
    [InlineData("{\n \"cells\": [\n  {\"a\": }\n]}", "broken JSON at line 3, byte 9; repair the file")]
    [InlineData("[]", "not a notebook: expected an object")]
    [InlineData("{\"cells\":[]}", "'nbformat' is missing")]
    [InlineData("{\"nbformat\":3,\"worksheets\":[]}", "nbformat 3 is not supported, RadLab reads nbformat 4; convert it with: jupyter nbconvert")]
    [InlineData("{\"nbformat\":4}", "the list 'cells' is missing")]
    [InlineData("{\"nbformat\":4,\"cells\":{}}", "the list 'cells' is missing")]
    [InlineData("{\"nbformat\":4,\"nbformat\":4,\"cells\":[]}", "'nbformat' occurs twice")]
    [InlineData("{\"nbformat\":4,\"cells\":[{\"cell_type\":\"raw\",\"source\":\"\"},{\"cell_type\":\"sql\",\"source\":\"\"}]}", "cell 2 of the file: cell_type 'sql' is unknown")]
    [InlineData("{\"nbformat\":4,\"cells\":[{\"source\":\"\"}]}", "cell 1 of the file: 'cell_type' is missing")]
    [InlineData("{\"nbformat\":4,\"cells\":[{\"cell_type\":\"code\",\"source\":7}]}", "cell 1 of the file: 'source' must be a string or a list of strings")]
    [InlineData("{\"nbformat\":4,\"cells\":[5]}", "cell 1 of the file: expected an object")]
    [InlineData("{\"nbformat\":4,\"cells\":[{\"cell_type\":\"raw\",\"source\":\"\\ud800\"}]}", "half a character")]
    public void Bad_files_are_refused_in_one_clear_line(string text, string expected)
    {
        var e = Assert.Throws<NotebookFormatException>(() => Notebook.Parse(Encoding.UTF8.GetBytes(text), "bad.ipynb"));
        Assert.StartsWith("bad.ipynb: " + expected, e.Message.Replace("not a notebook: 'nbformat'", "'nbformat'", StringComparison.Ordinal).Replace("a string holds half", "half", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void Text_that_is_not_utf8_and_files_that_are_not_there_are_refused()
    {
        Assert.Equal("x.ipynb: the file is not UTF-8 text", Assert.Throws<NotebookFormatException>(() => Notebook.Parse([(byte)'{', 0xff, (byte)'}'], "x.ipynb")).Message);
        Assert.Equal("none.ipynb: no such file", Assert.Throws<NotebookFormatException>(() => Notebook.Load("none.ipynb")).Message);
    }

    [Fact]
    public void Deep_nesting_is_refused_and_does_not_overflow_the_stack()
    {
        string text = "{\"nbformat\":4,\"cells\":[],\"x\":" + new string('[', 100_000) + new string(']', 100_000) + "}";
        Assert.Throws<NotebookFormatException>(() => Notebook.Parse(Encoding.UTF8.GetBytes(text), "deep.ipynb"));
    }

    [Fact]
    public void Saving_replaces_the_file_and_leaves_no_temporary_one()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "a.ipynb");
        File.WriteAllText(path, "old");
        Notebook.Load(NotebookFiles.Golden("foreign.ipynb")).Save(path);
        Assert.Equal(File.ReadAllBytes(NotebookFiles.Golden("foreign.ipynb")), File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }
}
