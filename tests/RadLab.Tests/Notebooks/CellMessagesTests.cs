using RadLab.Notebooks;

namespace RadLab.Tests;

/// <summary>What cells of several languages are told when something is wrong.</summary>
public sealed class CellMessagesTests : CellTests
{
    [Theory]
    [InlineData("#!sql extra", "#!sql: 'extra' is no option; #!sql [--db FILE")]
    [InlineData("#!sql --csv a.csv --db b.db", "#!sql: --csv and --db exclude each other; open one file on each line")]
    [InlineData("#!sql --as t", "#!sql: --as names what --db, --csv or --jsonl opens; #!sql [--db FILE")]
    [InlineData("#!sql --csv empty.csv", "#!sql --csv empty.csv: empty.csv: is empty; the first line of a CSV file names its columns")]
    [InlineData("#!sql --csv twice.csv", "#!sql --csv twice.csv: twice.csv: two columns are called 'A' (SQL does not tell capitals apart); rename one")]
    [InlineData("#!sql --jsonl empty.jsonl", "#!sql --jsonl empty.jsonl: empty.jsonl: holds no JSON object with members")]
    [InlineData("#!sql --jsonl list.jsonl", "#!sql --jsonl list.jsonl: list.jsonl:1: is JSON but no object; a line holds one object")]
    [InlineData("#!sql --jsonl wide.jsonl", "#!sql --jsonl wide.jsonl: wide.jsonl: has more than 1000 different members")]
    [InlineData("var some = new[] { 1 };\n#!sql\nselect @some", "the parameter @some is a sequence; make it a table with #!share --from csharp some in a SQL cell")]
    [InlineData("var twice = new[] { new { A = 1, a = 2 } };\n#!sql\n#!share --from csharp twice", "#!share: 'twice' cannot be a table: ")]
    [InlineData("object nothing = null;\n#!fsharp\n#!share --from csharp nothing", "'nothing' is null, which F# has no type for; share a value")]
    [InlineData("#!import a.txt", "#!import a.txt: RadLab imports .ipynb, .cs, .csx, .fs and .fsx files")]
    [InlineData("#!set --name x", "#!set needs --name NAME --value VALUE; VALUE is a text, @csharp:expression, @fsharp:name, @sql:name or @input:prompt")]
    [InlineData("#!share --from ruby x", "#!share: values come from csharp, fsharp, sql or input, 'ruby' is not known here")]
    public async Task Says_what_is_wrong_and_what_to_do(string cell, string expected)
    {
        foreach (var (name, text) in new[] { ("a.csv", "a\n1\n"), ("a.txt", "x"), ("empty.csv", ""), ("twice.csv", "a,A\n1,2\n"), ("empty.jsonl", "{}\n"), ("list.jsonl", "[1]\n") }) Folder.Write(name, text);
        Folder.Write("wide.jsonl", "{" + string.Join(",", Enumerable.Range(0, 1001).Select(i => FormattableString.Invariant($"\"m{i}\":1"))) + "}\n");
        Assert.StartsWith(expected, (await ErrorOf(cell)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_has_a_name_of_a_bounded_length()
    {
        Folder.Write("a.csv", "a\n1\n");
        Assert.Equal("#!sql: a table's name has 1 to 128 characters; give one with --as", (await ErrorOf($"#!sql --csv a.csv --as {new string('n', 129)}")).Message);
    }

    [Fact]
    public async Task Rows_say_which_columns_there_are_and_keep_their_values_to_themselves()
    {
        var table = (SqlTable)(await ValueOf("#!sql\nselect 'Smith' as name, null as n"))!;
        Assert.Equal("SqlTable: there is no column 'age'; the columns are name, n.", Assert.Throws<ArgumentException>(() => table.Column("age")).Message);
        Assert.Equal("SqlRow.Get<Int32>: column 'name' holds String, which is no Int32.", Assert.Throws<ArgumentException>(() => table[0].Get<int>("name")).Message);
        Assert.Equal("SqlRow.Get<Int32>: column 'n' holds null, which is no Int32.", Assert.Throws<ArgumentException>(() => table[0].Get<int>("n")).Message);
        Assert.Null(table[0].Get<int?>("n"));
    }
}
