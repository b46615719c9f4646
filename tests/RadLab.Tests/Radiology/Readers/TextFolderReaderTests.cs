using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class TextFolderReaderTests : IDisposable
{
    private readonly ScratchFolder _folder = new();
    private static readonly DataFile s_file = ManifestCatalog.Find("mimic-cxr").Files[0];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Folders_name_the_patient_and_files_the_report_in_a_fixed_order()
    {
        _folder.Write("files/p10/p10000032/s2.txt", "FINDINGS: b");
        _folder.Write("files/p10/p10000032/s1.txt", "\uFEFFFINDINGS: a");
        _folder.Write("files/p11/p11000001/s3.txt", "FINDINGS: c");
        _folder.Write("files/p10/index.html", "no report");
        var read = DataReaders.Reports(_folder.File("files"), s_file, "mimic-cxr").ToList();
        Assert.Equal([("s1", "p10000032", "FINDINGS: a"), ("s2", "p10000032", "FINDINGS: b"), ("s3", "p11000001", "FINDINGS: c")], read.Select(r => (r.Value!.Id, r.Value.PatientId, r.Value.Text)));
        Assert.Equal(("p10/p10000032/s1.txt", "CR"), (read[0].File, read[0].Value!.Modality));
    }

    [Fact]
    public void A_file_that_is_no_text_is_rejected_by_name()
    {
        _folder.Write("files/p1/s1.txt", [0x41, 0xE9, 0x42]);
        _folder.Write("files/p1/s2.txt", [0x41, 0, 0x42]);
        _folder.Write("files/p1/s3.txt", new byte[2000]);
        var read = DataReaders.Reports(_folder.File("files"), s_file, "mimic-cxr", new ReaderLimits { MaxRecordBytes = 1000 }).Select(r => r.Rejection).ToList();
        Assert.Equal(
        [
            new Rejection("p1/s1.txt", 1, "is not UTF-8; convert the file from its encoding (often Windows-1252 or Latin-1)"),
            new Rejection("p1/s2.txt", 1, "has a NUL byte; the file is damaged or not text"),
            new Rejection("p1/s3.txt", 1, "is longer than 1000 bytes; a record may not be"),
        ], read);
    }
}
