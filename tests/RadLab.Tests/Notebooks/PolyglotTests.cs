using Microsoft.Data.Sqlite;
using RadLab.Notebooks;

namespace RadLab.Tests;

public sealed class PolyglotTests : CellTests
{
    private string Printed() => string.Concat(Output.ToJson(1, null).Where(o => o!["text"] is not null).SelectMany(o => o!["text"]!.AsArray()).Select(t => (string)t!));

    [Fact]
    public async Task FSharp_keeps_its_state_and_shares_values_with_CSharp_both_ways()
    {
        Assert.Equal(7, await ValueOf("#!fsharp\nlet x = 3\nlet twice a = 2 * a", "#!f#\ntwice x + 1"));
        Assert.Null((await Session.RunAsync("#!fsharp\nlet y = 5", Output)).Value);
        await ValueOf("#!fsharp\nprintfn \"printed %d\" x\ndisplay(HTML(\"<b>f</b>\")) |> ignore");
        Assert.Equal("printed 3\n", Printed());
        Assert.Equal("<b>f</b>", (string)Output.ToJson(1, null)[^1]!["data"]!["text/html"]![0]!);

        Assert.Equal(6.5, await ValueOf("var numbers = new List<double> { 1.5, 5 };", "#!fsharp\n#!share --from csharp numbers\nlet total = Seq.sum numbers", "#!share --from fsharp total\ntotal"));
        Assert.Equal(2, await ValueOf("#!fsharp\nlet words = [ \"a\"; \"b\" ]\ntype P = { A: int }\nlet people = [ { A = 1 } ]", "#!share --from fsharp words\nwords.Head.Length + words.Tail.Length"));
        Assert.Equal("FSharpList`1", await ValueOf("#!share --from fsharp people\npeople.GetType().Name"));
        Assert.Equal("[ 1, 2, 3, 4 ]", Formatters.Format(await ValueOf("#!fsharp\n[1 .. 4]"))["text/plain"]);

        Assert.Equal("F# has no value 'nothing'; a cell must have bound it with let before (functions cannot be shared)", (await ErrorOf("#!share --from fsharp nothing")).Message);
        Assert.Contains("which a cell declared or which has no name", (await ErrorOf("var own = new { A = 1 };\n#!fsharp\n#!share --from csharp own")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FSharp_errors_have_cell_and_line()
    {
        var broken = await ErrorOf("#!fsharp\nlet a = 1\nlet b = nothere");
        Assert.Equal(("CompilationError", "cell 1, line 3"), (broken.Name, broken.Place));
        Assert.StartsWith("cell 1, line 3, column 9: FS0039", broken.Traceback[0], StringComparison.Ordinal);
        var thrown = await ErrorOf("int c = 1;\n#!fsharp\nlet fail (n: int) : int =\n  if n > 0 then failwith \"boom\"\n  n\n\nfail 1");
        Assert.Equal(("Exception", "boom", "cell 2, line 4"), (thrown.Name, thrown.Message, thrown.Place));
        Assert.Equal(["System.Exception: boom", "   at fail(Int32 n), cell 2, line 4", "   at cell 2, line 7"], thrown.Traceback);
        Assert.StartsWith("the magic command #!nothing is not supported; RadLab knows #!csharp, #!fsharp,", (await ErrorOf("#!fsharp\n#!nothing")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_native_value_that_FSharp_declares_again_is_given_back()
    {
        await ValueOf("var engine = new Engine(new EngineOptions { Threads = 1 });");
        const string cell = "#!fsharp\nlet big = engine.Empty(Shape.op_Implicit [| 1024; 1024 |], DType.F32)";
        await ValueOf("#!fsharp\n#!share --from csharp engine", cell);
        long once = (long)(await ValueOf("engine.Memory.LiveBytes"))!;
        await ValueOf(cell, "#!share --from fsharp big\nbig.Shape[0]");
        Assert.Equal((4L << 20, once), (once, await ValueOf("engine.Memory.LiveBytes")));
        await ValueOf("#!fsharp\nlet big = 1");
        Assert.Equal(once, await ValueOf("engine.Memory.LiveBytes"));   // C# still has it
        Assert.Equal(0L, await ValueOf("var big = 1;", "engine.Memory.LiveBytes"));
    }

    [Fact]
    public async Task Sql_reads_csv_and_json_lines_and_its_answers_are_rows_elsewhere()
    {
        Folder.Write("data/notes.csv", "id,code,score,note\r\n1,007,0.5,\"a, \"\"b\"\"\"\r\n2,010,,line\n");
        Folder.Write("more.jsonl", "{\"id\":1,\"tag\":\"x\"}\n\n{\"id\":2,\"tag\":null,\"list\":[1,2]}\n");
        var table = (SqlTable)(await ValueOf("#!sql --csv data/notes.csv\n#!sql --jsonl more.jsonl --as more\n-- both; of them\nselect n.id, code, score, note, tag, list from notes n join more m on m.id = n.id order by n.id;"))!;
        Assert.Equal("notes: 2 rows of data/notes.csv\nmore: 2 rows of more.jsonl\n", Printed());
        Assert.Equal(["id", "code", "score", "note", "tag", "list"], table.Columns);
        Assert.Equal([1L, "007", 0.5, "a, \"b\"", "x", null], table[0].Values);
        Assert.Equal([2L, "010", null, "line", null, "[1,2]"], table[1].Values);
        Assert.Equal("id  code   score  note    tag     list\n--  ----  ------  ------  ------  ------\n 1  007      0.5  a, \"b\"  x       <null>\n 2  010   <null>  line    <null>  [1,2]", Formatters.Format(table)["text/plain"]);
        Assert.Equal(3, await ValueOf("#!share --from sql result\nresult.Sum(r => r.Get<int>(\"id\"))"));
        Assert.Equal(1, await ValueOf("int least = 2;", "#!sql --name chosen\nselect id from notes where id >= @least", "#!share --from sql chosen\nchosen.Count"));
        Assert.Equal(4.5, await ValueOf("var made = new[] { new { Name = \"a\", Value = 1.5f }, new { Name = \"b\", Value = 3f } };", "#!sql\n#!share --from csharp made\nselect sum(Value) as s from made", "#!share --from sql result\nresult[0][\"s\"]"));
    }

    [Fact]
    public async Task Sql_changes_nothing_unless_it_is_told_to()
    {
        string path = Path.Combine(Folder.Path, "real.db");
        using (var made = new SqliteConnection($"Data Source={path};Pooling=False"))
        {
            made.Open();
            using var command = made.CreateCommand();
            command.CommandText = "create table t(a integer); insert into t values (1), (2); create view v as select a + 1 as b from t";
            command.ExecuteNonQuery();
        }
        var before = File.ReadAllBytes(path);
        Assert.Equal(2L, ((SqlTable)(await ValueOf("#!sql --db real.db\nselect count(*) from t"))!)[0][0]);
        var refused = await ErrorOf("#!sql\nselect 1;\n\ninsert into t values (3);");
        Assert.Equal(("SqlError", "cell 2, line 4"), (refused.Name, refused.Place));
        Assert.StartsWith("the statement changes data, and SQL cells only read; write #!sql --write", refused.Message, StringComparison.Ordinal);
        Assert.StartsWith("the statement changes data", (await ErrorOf("#!sql --write\ndelete from t")).Message, StringComparison.Ordinal);   // the file itself was opened to read
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Equal(5L, ((SqlTable)(await ValueOf("#!sql --db real.db --write\ninsert into t values (4);\nselect max(b) from v"))!)[0][0]);
        Assert.EndsWith("1 row changed\n", Printed(), StringComparison.Ordinal);
        Assert.NotEqual(before, File.ReadAllBytes(path));
        await ValueOf("#!sql --write\ncreate table own(x); create trigger two after insert on own begin update own set x = x + 1; end; insert into own values (1);");
        Assert.Equal(2L, ((SqlTable)(await ValueOf("#!sql\nselect x from own"))!)[0][0]);
    }

    [Theory]
    [InlineData("#!sql\nselect 1;\nselec 2", "cell 2, line 3: near \"selec\": syntax error")]
    [InlineData("#!sql\nselect a,\n  b\nfrom notes", "cell 2, line 3: no such column: b")]
    [InlineData("#!sql\nselect * from other", "cell 2, line 2: no such table: other; there are notes")]
    [InlineData("#!sql\nselect @none", "cell 2, line 2: the parameter @none has no value; declare a C# variable 'none' or give one with #!set or #!share")]
    [InlineData("#!sql --csv none.csv", "cell 2, line 1: #!sql --csv none.csv: there is no such file beside the notebook")]
    [InlineData("#!sql --csv bad.csv", "cell 2, line 1: #!sql --csv bad.csv: bad.csv:3: has 3 fields, and the header has 2")]
    [InlineData("#!sql --db bad.csv", "cell 2, line 1: #!sql --db bad.csv: file is not a database")]
    [InlineData("#!sql --jsonl bad.csv", "cell 2, line 1: #!sql --jsonl bad.csv: bad.csv:1: is not JSON")]
    [InlineData("#!sql --url x", "cell 2, line 1: #!sql: --url is not known; #!sql [--db FILE | --csv FILE | --jsonl FILE] [--as TABLE] [--name RESULT] [--write]")]
    [InlineData("#!share --from sql nothing", "cell 2, line 1: SQL has no result 'nothing'; name one with #!sql --name nothing (the last one is 'result')")]
    [InlineData("#!connect mssql", "cell 2, line 1: the magic command #!connect is not supported (open SQLite, CSV and JSON-lines files with #!sql --db, --csv or --jsonl); RadLab knows")]
    [InlineData("#!html\n#!set --name x --value 1", "cell 2, line 2: #!set: a html cell cannot take values; csharp, fsharp and sql can")]
    public async Task What_sql_cannot_do_is_said_with_its_line(string cell, string expected)
    {
        Folder.Write("notes.csv", "a\n1\n");
        Folder.Write("bad.csv", "a,b\n1,2\n1,2,3\n");
        await ValueOf("#!sql --csv notes.csv");
        var error = await ErrorOf(cell);
        Assert.StartsWith(expected, error.Traceback[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_answer_is_bounded_and_an_endless_one_is_interrupted()
    {
        const string endless = "#!sql\nwith recursive n(i) as (select 1 union all select i + 1 from n) ";
        var table = (SqlTable)(await ValueOf(endless + "select i from n"))!;
        Assert.Equal((SqlTable.MaxRows, true), (table.Count, table.IsCut));
        Assert.EndsWith("the first 100000 rows were read, and there are more", Formatters.Format(table)["text/plain"], StringComparison.Ordinal);
        var run = Task.Run(() => Session.RunAsync(endless + "select sum(i) from n", Output));
        await Task.Delay(200);
        Session.Interrupt();
        var error = (await run).Error!;
        Assert.Equal(("OperationCanceledException", "the SQL statement was interrupted"), (error.Name, error.Message));
    }

    [Fact]
    public async Task Scripts_and_diagrams_are_passed_on_and_not_run()
    {
        await ValueOf("#!javascript\nalert(1)", "#!mermaid\ngraph TD; A-->B");
        var shown = Output.ToJson(1, null).Select(o => o!["data"]!.AsObject()).ToArray();
        Assert.Equal(["application/javascript", "text/plain"], shown[0].Select(f => f.Key));
        Assert.Equal(["text/vnd.mermaid", "text/plain"], shown[1].Select(f => f.Key));
        Assert.Equal("graph TD; A-->B", (string)shown[1]["text/plain"]![0]!);
    }

    [Fact]
    public async Task The_language_of_a_cells_metadata_counts_and_a_magic_may_change_it()
    {
        Assert.Equal(3, (await Session.RunAsync("let n = 3\nn", Output, "fsharp")).Value);
        Assert.Equal(1L, ((SqlTable)(await Session.RunAsync("select 1", Output, "sql")).Value!)[0][0]);
        Assert.Equal(4, (await Session.RunAsync("#!csharp\n2 + 2", Output, "sql")).Value);
    }
}
