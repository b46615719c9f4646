using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class PromptRecordsTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private PromptRecords Records(string name, string text, string id = "id", string input = "input") => new(_folder.Write(name, text), id, input);

    private static string Message(Action act) => Assert.Throws<DataFormatException>(act).Message;

    [Fact]
    public void Csv_json_lines_and_prepared_examples_give_the_same_records()
    {
        var csv = Records("a.csv", "order,age,\"note\"\r\n17,40,\"pain, left\nsince \"\"May\"\"\"\r\n18,41,cough\r\n", "order", "note").Read().ToList();
        var plain = Records("a.jsonl", "{\"note\":\"pain, left\\nsince \\\"May\\\"\",\"order\":17,\"more\":[{}]}\n\n{\"order\":\"18\",\"note\":\"cough\"}", "order", "note").Read().ToList();
        Assert.Equal([("17", "pain, left\nsince \"May\"", 2L), ("18", "cough", 4L)], csv.Select(r => (r.Record.Id, r.Record.Input, r.Line)));
        Assert.Equal(csv.Select(r => r.Record), plain.Select(r => r.Record));
        var prepared = Assert.Single(Records("p.jsonl", "{\"id\":\"1\",\"task\":\"protocol\",\"split\":\"test\",\"instruction\":\"Choose.\",\"input\":\"cough\",\"answer\":\"XR\"}\n").Read()).Record;
        Assert.Equal(new PromptRecord("1", "cough", "Choose.", "protocol"), prepared);
    }

    [Fact]
    public void An_id_that_comes_twice_is_named_by_its_lines()
    {
        Assert.Equal(new PromptRecordCount(3, null), Records("a.csv", "id,input\n1,a\n2,b\n3,c\n").Check());
        Assert.Equal("a.csv:4: has the id of line 2; each record needs an id of its own", Message(() => Records("a.csv", "id,input\nMRN1,a\n2,b\nMRN1,c\n").Check()));
        Assert.Equal(2, Records("a.csv", "id,input\n1,a\n2,b\n1,c\n").Check(limit: 2).Records);
    }

    [Fact]
    public void What_is_wrong_is_told_by_line_and_never_by_text()
    {
        Assert.Equal("a.csv:1: has no column note; name it with --input-column", Message(() => Records("a.csv", "id,input\n1,a\n", "id", "note").Check()));
        Assert.Equal("a.csv:3: has 1 fields where the header has 2", Message(() => Records("a.csv", "id,input\n1,a\nsecret\n").Check()));
        Assert.Equal("a.jsonl:2: is not valid JSON", Message(() => Records("a.jsonl", "{\"id\":\"1\",\"input\":\"a\"}\n{\"id\":secret\n").Check()));
        Assert.Equal("a.jsonl:1: gives input twice", Message(() => Records("a.jsonl", "{\"id\":\"1\",\"input\":\"a\",\"input\":\"secret\"}\n").Check()));
        Assert.Equal("a.jsonl:1: has no input; name the column of the texts with --input-column", Message(() => Records("a.jsonl", "{\"id\":\"1\",\"text\":\"secret\"}\n").Check()));
        Assert.Equal("a.jsonl:1: has no id; name the column of the ids with --id-column", Message(() => Records("a.jsonl", "{\"input\":\"secret\"}\n").Check()));
        Assert.Equal("a.jsonl:1: has input as StartArray, which must be a text", Message(() => Records("a.jsonl", "{\"id\":1,\"input\":[\"secret\"]}\n").Check()));
        Assert.Equal("a.jsonl:2: has another task than the first record; split the file by task", Message(() => Records("a.jsonl", "{\"id\":1,\"input\":\"a\",\"task\":\"protocol\"}\n{\"id\":2,\"input\":\"a\",\"task\":\"impression\"}\n").Check()));
        Assert.EndsWith("must be JSON lines (.jsonl) or CSV (.csv); rename or convert it", Message(() => Records("a.txt", "")), StringComparison.Ordinal);
        Assert.EndsWith("there is no such file; check the path", Message(() => _ = new PromptRecords(_folder.File("none.csv"))), StringComparison.Ordinal);
    }
}
