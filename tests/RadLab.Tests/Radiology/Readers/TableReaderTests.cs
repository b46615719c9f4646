using System.Text;
using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class TableReaderTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static DataFile Columns(string format, params (string Name, string Role)[] columns) => new()
    {
        Path = "x." + format, Role = "reports", Format = format, Digests = [new NamedDigest("full", null, null, null, null)],
        Columns = [.. columns.Select(c => new DataColumn(c.Name, c.Role, "a column"))],
    };

    private static readonly DataFile s_csv = Columns("csv", ("uid", "id"), ("findings", "findings"));

    private static readonly DataFile s_jsonl = Columns("jsonl", ("uid", "id"), ("findings", "findings"));

    private List<string> Csv(byte[] bytes, DataFile? file = null, ReaderLimits? limits = null) => Read(_folder.Write("x.csv", bytes), file ?? s_csv, limits);

    private List<string> Csv(string text, DataFile? file = null, ReaderLimits? limits = null) => Csv(Encoding.UTF8.GetBytes(text), file, limits);

    private List<string> Jsonl(string text, ReaderLimits? limits = null) => Read(_folder.Write("x.jsonl", text), s_jsonl, limits);

    private static List<string> Read(string path, DataFile file, ReaderLimits? limits) =>
        [.. DataReaders.Reports(path, file, "set", limits).Select(r => r.IsRecord ? $"{r.Line} {r.Value.Id}={r.Value.Findings}" : $"{r.Line} !{r.Rejection!.Reason}")];

    [Fact]
    public void Csv_fields_may_hold_commas_line_breaks_and_doubled_quotes() =>
        Assert.Equal(["2 1=clear", "3 2=a, b\n\"c\"", "5 3=", "6 4=last"], Csv("uid,other,findings\n1,x,clear\n2,,\"a, b\n\"\"c\"\"\"\n3,\"\",\n4,\"y\",last"));

    [Fact]
    public void Csv_takes_either_line_end_a_byte_order_mark_and_blank_lines() =>
        Assert.Equal(["2 1=a", "4 2=b"], Csv("\uFEFFuid,findings\r\n1,a\r\n\r\n\"2\",\"b\"\r\n"));

    [Fact]
    public void A_broken_csv_row_costs_its_line_and_not_the_file()
    {
        Assert.Equal(["2 !field 2 has text after its closing quote; double the quotes inside the field", "3 2=b"], Csv("uid,findings\n1,\"he said \"no\" twice\"\n2,b\n"));
        Assert.Equal(["2 !field 2 has a quote inside an unquoted field; quote the whole field and double the quotes in it", "3 2=b"], Csv("uid,findings\n1,a\"b\n2,b\n"));
        Assert.Equal(["2 !field 2 opens a quote that is never closed", "3 2=b", "4 3=c"], Csv("uid,findings\n1,\"open\n2,b\n3,c\n"));
        Assert.Equal(["2 !has 3 fields where the header has 2", "3 !has 1 fields where the header has 2", "4 3=c"], Csv("uid,findings\n1,a,b\n2\n3,c\n"));
        Assert.Equal(["2 !has no id", "3 2=b"], Csv("uid,findings\n,a\n2,b\n"));
        Assert.Equal(["2 !has a NUL byte; the file is damaged or not text", "3 2=b"], Csv("uid,findings\n1,a\0b\n2,b\n"));
        Assert.Equal(["2 !is not UTF-8; convert the file from its encoding (often Windows-1252 or Latin-1)", "3 2=b"], Csv([.. "uid,findings\n1,"u8, 0xE9, .. "\n2,b\n"u8]));
    }

    [Fact]
    public void A_line_of_any_length_is_passed_over_in_bounded_memory()
    {
        // 100 MB on one line; more than the bound and the buffers may not be taken for it
        string path = _folder.File("x.csv");
        using (var stream = new FileStream(path, FileMode.Create))
        {
            stream.Write("uid,findings\n1,"u8);
            byte[] block = new byte[1 << 20];
            Array.Fill(block, (byte)'a');
            for (int i = 0; i < 100; i++) stream.Write(block);
            stream.Write("\n2,b\n"u8);
        }
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(["2 !is longer than 1048576 bytes; a record may not be", "3 2=b"], Read(path, s_csv, null));
        Assert.Equal(["1 !is longer than 1048576 bytes; a record may not be"], Read(path, s_jsonl, null).Where(l => l.Contains("longer", StringComparison.Ordinal)).Select(l => "1" + l[1..]));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
    }

    [Fact]
    public void An_unclosed_quote_in_a_long_file_is_found_within_the_bound()
    {
        var rows = new StringBuilder("uid,findings\n1,\"open\n");
        for (int i = 2; i < 200; i++) rows.Append("3").Append(i).Append(",text of a row that fills the bound\n");
        var read = Csv(rows.ToString(), limits: new ReaderLimits { MaxRecordBytes = 1000 });
        Assert.Equal("2 !field 2 opens a quote that is never closed within 1000 bytes", read[0]);
        Assert.Equal(199, read.Count);
        Assert.DoesNotContain(read.Skip(1), r => r.Contains('!', StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "x.csv:1: is empty; it must begin with a header row")]
    [InlineData("id,findings\n", "x.csv:1: has no column uid (for id); columns: id, findings")]
    [InlineData("uid,findings,uid\n", "x.csv:1: the column uid stands twice; rename one")]
    [InlineData("uid,\"find\n", "x.csv:1: the header row field 2 opens a quote that is never closed")]
    public void A_header_that_cannot_be_used_is_an_error_of_the_file(string text, string message) => Assert.Equal(message, Assert.Throws<DataFormatException>(() => Csv(text)).Message);

    [Fact]
    public void Another_encoding_or_an_archive_is_told_apart()
    {
        Assert.Equal("x.csv:1: is UTF-16, not UTF-8; convert it first", Assert.Throws<DataFormatException>(() => Csv([.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes("uid,findings\n")])).Message);
        Assert.Equal("x.csv:1: is UTF-16, not UTF-8; convert it first", Assert.Throws<DataFormatException>(() => Csv(Encoding.BigEndianUnicode.GetBytes("uid,findings\n"))).Message);
        Assert.Equal("x.csv:1: is gzip, not UTF-8; convert it first", Assert.Throws<DataFormatException>(() => Csv([0x1F, 0x8B, 8, 0, 0])).Message);
    }

    [Fact]
    public void Csv_that_a_writer_made_reads_back_as_it_was()
    {
        const string Alphabet = "ab \n\r\",é€;'\t";
        var random = new SeededRandom(5, 1, 1);
        for (int round = 0; round < 300; round++)
        {
            string[][] rows = [.. Enumerable.Range(0, random.Between(1, 6)).Select(r => new[] { $"{round}-{r}", string.Concat(Enumerable.Range(0, random.Between(0, 12)).Select(_ => Alphabet[random.Below(Alphabet.Length)])) })];
            string text = "uid,findings\n" + string.Concat(rows.Select(r => $"{r[0]},\"{r[1].Replace("\"", "\"\"", StringComparison.Ordinal)}\"\n"));
            // small bounds, so that every buffer edge is met
            var read = DataReaders.Reports(_folder.Write("x.csv", text), s_csv, "set", new ReaderLimits { MaxRecordBytes = 64 }).ToList();
            Assert.Equal(rows.Select(r => (r[0], r[1])), read.Select(r => (r.Value!.Id, r.Value.Findings)));
        }
    }

    [Fact]
    public void Json_lines_give_texts_numbers_and_nulls()
    {
        Assert.Equal(["1 1=a\nb", "3 2.50="], Jsonl("{\"uid\": 1, \"more\": {\"x\": [1]}, \"findings\": \"a\\nb\"}\n\n{\"findings\": null, \"uid\": 2.50}\n"));
        Assert.Equal(["1 !is not valid JSON", "2 !is not a JSON object", "3 !has no field findings", "4 !has findings as StartArray, which must be a text", "5 !gives uid twice", "6 !is not valid JSON", "7 7=ok"],
            Jsonl("{\"uid\": 1\n[1]\n{\"uid\": 3}\n{\"uid\": 4, \"findings\": [\"a\"]}\n{\"uid\": 5, \"uid\": 5, \"findings\": \"\"}\n{\"uid\": 6, \"findings\": \"\"} trailing\n{\"uid\": 7, \"findings\": \"ok\"}"));
        Assert.Equal(["1 !is not valid JSON"], Jsonl("{\"uid\": 1, \"deep\": " + new string('[', 5000) + "}"));
        Assert.Equal(["1 !has a text with half of a surrogate pair", "2 2=x"], Jsonl("{\"uid\": 1, \"findings\": \"\\ud800\"}\n{\"uid\": 2, \"findings\": \"x\"}\n"));
    }

    [Fact]
    public void Notes_may_have_several_admissible_protocols()
    {
        var file = Columns("csv", ("note", "note"), ("protocol", "protocol")) with { Role = "notes" };
        var read = DataReaders.Notes(_folder.Write("notes.csv", "note,protocol\nchest pain,CT Chest | CTA Chest\nx,\n"), file, "mine").ToList();
        Assert.Equal(["CT Chest", "CTA Chest"], read[0].Value!.Protocols);
        Assert.Equal("notes-2", read[0].Value!.Id);
        Assert.Equal(new Rejection("notes.csv", 3, "has no protocol"), read[1].Rejection);
    }

    [SkippableFact]
    public void Open_i_and_MTSamples_read_without_a_rejection()
    {
        var openi = ManifestCatalog.Find("openi-chest-xray");
        var reports = DataReaders.Reports(SharedData.Require(openi.Files[0].Path), openi.Files[0], openi.Id).ToList();
        Assert.Equal((2568, 2568, 2232), (reports.Count, reports.Count(r => r.IsRecord), reports.Count(r => r.Value!.Findings.Length > 0 && r.Value.Impression.Length > 0)));
        Assert.All(reports, r => Assert.Equal("CR", r.Value!.Modality));

        var mtsamples = ManifestCatalog.Find("mtsamples-radiology");
        var documents = DataReaders.Reports(SharedData.Require(mtsamples.Files[0].Path), mtsamples.Files[0], mtsamples.Id).ToList();
        Assert.Equal((182, 182, 86), (documents.Count, documents.Count(r => r.IsRecord), documents.Count(r => r.Value!.Findings.Length > 0 && r.Value.Impression.Length > 0)));
    }
}
