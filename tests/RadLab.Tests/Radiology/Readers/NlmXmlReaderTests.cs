using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class NlmXmlReaderTests : IDisposable
{
    private const string Good = """
        <?xml version="1.0" encoding="utf-8"?>
        <eCitation><uId id="CXR7"/><IUXRId id="7"/><MedlineCitation><Article><Abstract>
        <AbstractText Label="COMPARISON"/><AbstractText Label="INDICATION">Cough &amp; fever.</AbstractText>
        <AbstractText Label="FINDINGS">Clear.</AbstractText><AbstractText Label="IMPRESSION">Normal.</AbstractText>
        </Abstract></Article></MedlineCitation><parentImage id="a"><caption>PA and lateral</caption></parentImage><parentImage id="b"><caption>Other</caption></parentImage></eCitation>
        """;

    private readonly ScratchFolder _folder = new();
    private static readonly DataFile s_file = new() { Path = "xml", Role = "reports", Format = "nlm-xml", Folder = true, Digests = [], Constants = new Dictionary<string, string> { ["modality"] = "CR" } };

    public void Dispose() => _folder.Dispose();

    private ReadResult<Report> One(string xml, ReaderLimits? limits = null)
    {
        _folder.Write("xml/a.xml", xml);
        return Assert.Single(DataReaders.Reports(_folder.File("xml"), s_file, "set", limits));
    }

    [Fact]
    public void The_sections_come_from_their_labels()
    {
        var report = One(Good).Value!;
        Assert.Equal(("7", "CR", "PA and lateral", "Cough & fever.", "", "Clear.", "Normal."), (report.Id, report.Modality, report.Exam, report.Indication, report.Comparison, report.Findings, report.Impression));
    }

    [Fact]
    public void Entity_bombs_and_external_entities_are_refused_unread()
    {
        const string Refused = "has a document type declaration, which is refused: its entities could grow without end or read other files; remove it";
        string bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\">" + string.Concat(Enumerable.Range(1, 9).Select(i => $"<!ENTITY {(char)('a' + i)} \"{string.Concat(Enumerable.Repeat($"&{(char)('a' + i - 1)};", 10))}\">")) + "]>";
        Assert.Equal(Refused, One(Good.Replace("<eCitation>", bomb + "<eCitation>", StringComparison.Ordinal).Replace("Clear.", "&j;", StringComparison.Ordinal)).Rejection!.Reason);
        string secret = _folder.Write("secret.txt", "secret");
        var external = One(Good.Replace("<eCitation>", $"<!DOCTYPE x [<!ENTITY s SYSTEM \"file://{secret}\">]><eCitation>", StringComparison.Ordinal).Replace("Clear.", "&s;", StringComparison.Ordinal));
        Assert.Equal(Refused, external.Rejection!.Reason);
    }

    [Fact]
    public void Broken_long_and_nameless_files_are_rejected_with_their_line()
    {
        Assert.Equal(new Rejection("a.xml", 4, "is not well-formed XML"), One(Good.Replace("Clear.</AbstractText>", "Clear.</Abstract>", StringComparison.Ordinal)).Rejection);
        Assert.Equal(new Rejection("a.xml", 1, "has no id"), One(Good.Replace("<IUXRId id=\"7\"/>", "", StringComparison.Ordinal)).Rejection);
        Assert.Equal("is longer than 100 bytes; a record may not be", One(Good, new ReaderLimits { MaxRecordBytes = 100 }).Rejection!.Reason);
    }

    [Fact]
    public void An_archive_is_read_as_a_stream()
    {
        string path = _folder.File("reports.tgz");
        using (var file = File.Create(path))
        using (var gzip = new GZipStream(file, CompressionLevel.Fastest))
        using (var tar = new TarWriter(gzip))
            foreach (int id in new[] { 3, 1 })
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"ecgen-radiology/{id}.xml") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(Good.Replace("\"7\"", $"\"{id}\"", StringComparison.Ordinal))) });
        Assert.Equal(["3", "1"], DataReaders.Reports(path, s_file, "set").Select(r => r.Value!.Id));

        byte[] whole = File.ReadAllBytes(path);
        File.WriteAllText(path, "not an archive");
        Assert.Equal("reports.tgz: is not a whole tar.gz archive; get it again", Assert.Throws<DataFormatException>(() => DataReaders.Reports(path, s_file, "set").ToList()).Message);
        File.WriteAllBytes(path, whole[..(whole.Length / 2)]);
        Assert.Throws<DataFormatException>(() => DataReaders.Reports(path, s_file, "set").ToList());
    }

    [SkippableFact]
    public void The_original_files_say_what_the_table_made_from_them_says()
    {
        var openi = ManifestCatalog.Find("openi-chest-xray");
        var table = DataReaders.Reports(SharedData.Require(openi.Files[0].Path), openi.Files[0], openi.Id).ToDictionary(r => r.Value!.Id, r => r.Value!);
        var originals = DataReaders.Reports(SharedData.Require("reports/openi-chest-xray-NONCOMMERCIAL/xml"), openi.Files[2], openi.Id).ToList();
        Assert.Equal(24, originals.Count);
        int compared = 0;
        foreach (var original in originals)
        {
            var report = original.Value!;
            if (!table.TryGetValue(report.Id, out var row)) continue;
            Assert.Equal((row.Findings.Trim(), row.Impression.Trim(), row.Indication.Trim(), row.Exam.Trim()), (report.Findings, report.Impression, report.Indication, report.Exam));
            compared++;
        }
        Assert.True(compared >= 10, $"only {compared} of them are in the table");
    }
}
