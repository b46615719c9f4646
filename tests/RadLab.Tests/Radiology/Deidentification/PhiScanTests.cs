using System.Text;
using RadLab.Cli;
using RadLab.Radiology;

namespace RadLab.Tests;

/// <summary>Files and folders: what is found, where, and what is never printed.</summary>
public sealed class PhiScanTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-scan-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Text_gives_line_and_column()
    {
        var found = Scan("note.txt", "The lungs are clear.\nMRN: 4452310, seen by Dr. Halvorsen.\n");
        Assert.Equal([(2L, 6, PhiKind.MedicalRecord), (2L, 27, PhiKind.Name)], found);
    }

    [Fact]
    public void A_notebooks_cells_and_outputs_are_read_and_its_ids_and_pictures_are_not()
    {
        string notebook = """
            {
             "cells": [
              {"cell_type": "markdown", "id": "a1b2c3d4", "source": ["Case of Mrs.\n", "Halvorsen\n"]},
              {"cell_type": "code", "id": "99887766", "execution_count": 1, "source": "var x = 1;",
               "outputs": [
                {"output_type": "stream", "name": "stdout", "text": ["seen 3/14/2014\n"]},
                {"output_type": "display_data", "data": {"text/html": "<table><tr><td>Phone</td><td>617-555-0123</td></tr></table>", "image/png": "iVBORw0KGgo1234567890123456"}}]}
             ],
             "metadata": {}, "nbformat": 4, "nbformat_minor": 5
            }
            """;
        var found = Scan("case.ipynb", notebook);
        Assert.Equal([(3L, PhiKind.Name), (6L, PhiKind.Date), (7L, PhiKind.Phone)], found.Select(f => (f.Line, f.Kind)));
    }

    [Fact]
    public void Json_keys_are_labels_and_counts_are_left_alone()
    {
        var found = Scan("rows.jsonl", """
            {"id": 1, "mrn": "4452310", "steps": 1000000, "input": "The lungs are clear."}
            {"id": 2, "patientName": "Ifeanyi Quist", "accession": 88120034, "loss": 0.123456}
            {"started": "2026-01-03T10:00:00Z", "sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "input": "Seen \u0033/14/2014."}
            """);
        Assert.Equal([(1L, PhiKind.MedicalRecord), (2L, PhiKind.Name), (2L, PhiKind.OtherId), (3L, PhiKind.Date)], found.Select(f => (f.Line, f.Kind)));
        Assert.Equal(19, found[0].Column);
    }

    [Fact]
    public void Html_is_read_without_its_tags()
    {
        var found = Scan("page.html", "<html><head><style>.a12345678{}</style></head>\n<body><p title=\"Dr. Halvorsen\">Seen on <b>3/14</b>/2014 &amp; well</p></body></html>");
        Assert.Equal([(2L, PhiKind.Name), (2L, PhiKind.Date)], found.OrderBy(f => f.Column).Select(f => (f.Line, f.Kind)));
    }

    [Fact]
    public void A_long_line_is_scanned_in_pieces_with_true_columns()
    {
        string filler = string.Concat(Enumerable.Repeat("The lungs are clear. ", 8000));
        var found = Scan("long.txt", filler + "MRN 4452310.");
        Assert.Equal([(1L, filler.Length + 5, PhiKind.MedicalRecord)], found);
    }

    [Fact]
    public void A_folder_is_scanned_whole_and_binary_files_are_named()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "checkpoints"));
        File.WriteAllBytes(Path.Combine(_folder, "checkpoints", "weights.bin"), [1, 0, 2, 0]);
        File.WriteAllText(Path.Combine(_folder, "a.md"), "Dr. Halvorsen");
        File.WriteAllText(Path.Combine(_folder, "b.csv"), "id,text\n1,clear lungs\n");
        var found = new List<PhiScanFinding>();
        var summary = PhiScan.Run(_folder, found.Add);
        Assert.Equal("a.md", Assert.Single(found).File);
        Assert.Equal(["checkpoints/weights.bin"], summary.Skipped);
        Assert.Equal((2, 1), (summary.Files, summary.Total));
    }

    [Fact]
    public void The_verb_exits_4_on_a_finding_and_prints_no_value()
    {
        string file = Path.Combine(_folder, "note.txt");
        File.WriteAllText(file, "Seen by Dr. Halvorsen on 3/14/2014.");
        using var output = new StringWriter();
        Assert.Equal(ExitCodes.Found, DataScanVerb.Run(file, [], 1000, json: false, output));
        Assert.Contains("note.txt:1:13: Name", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("2 suspected in 1 files: Name 1, Date 1", output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Halvorsen", output.ToString(), StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Done, DataScanVerb.Run(file, [PhiKind.Name, PhiKind.Date], 1000, json: false, TextWriter.Null));
        using var json = new StringWriter();
        Assert.Equal(ExitCodes.Found, DataScanVerb.Run(file, [], 1, json: true, json));
        Assert.Contains("\"found\": 2", json.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Halvorsen", json.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_and_an_unknown_kind_are_named()
    {
        Assert.Contains("there is no such file or folder", Assert.Throws<UsageException>(() => DataScanVerb.Create().Parse(["nowhere.txt"]).Invoke(new() { EnableDefaultExceptionHandler = false })).Message, StringComparison.Ordinal);
        Assert.Contains("--skip fax-machine is no kind; known are Name", Assert.Throws<UsageException>(() => DataScanVerb.Create().Parse([_folder, "--skip", "fax-machine"]).Invoke(new() { EnableDefaultExceptionHandler = false })).Message, StringComparison.Ordinal);
    }

    private List<(long Line, int Column, PhiKind Kind)> Scan(string name, string text)
    {
        string file = Path.Combine(_folder, name);
        File.WriteAllText(file, text, new UTF8Encoding(false));
        var found = new List<(long, int, PhiKind)>();
        PhiScan.Run(file, f => found.Add((f.Line, f.Column, f.Kind)));
        return found;
    }
}
