using RadLab.Notebooks;
using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class RadiologyFormattersTests
{
    private static readonly Report s_report = new() { Id = "1", Source = "made-up", Modality = "CR", Exam = "Chest <2>", Findings = "No effusion.\nLeft nodule & scar.", Impression = "Nodule." };

    [Fact]
    public void A_report_is_a_table_of_its_sections_with_escaped_text()
    {
        var bundle = Formatters.Format(s_report);
        Assert.Equal(["text/html", "text/plain"], bundle.Forms.Select(f => f.Key));
        Assert.Equal("""
            <table>
            <tr><th align="left" valign="top">Report</th><td align="left">made-up/1</td></tr>
            <tr><th align="left" valign="top">Examination</th><td align="left">Chest &lt;2&gt; (CR)</td></tr>
            <tr><th align="left" valign="top">Findings</th><td align="left">No effusion.<br>Left nodule &amp; scar.</td></tr>
            <tr><th align="left" valign="top">Impression</th><td align="left">Nodule.</td></tr>
            </table>
            """.ReplaceLineEndings("\n"), bundle["text/html"]);
        Assert.Equal("made-up/1\nChest <2> (CR)\nFINDINGS: No effusion.\nLeft nodule & scar.\nIMPRESSION: Nodule.", bundle["text/plain"]);
    }

    [Fact]
    public void Highlights_mark_their_stretch_once()
    {
        var view = new ReportView(s_report, [new(ReportSection.Findings, 18, 6, "a \"nodule\"", HighlightKind.Present), new(ReportSection.Findings, 3, 8, "effusion", HighlightKind.Absent), new(ReportSection.Findings, 20, 8, "overlap", HighlightKind.Flag)]);
        var bundle = Formatters.Format(view);
        Assert.Contains("title=\"a &quot;nodule&quot;\">nodule</span> &amp; scar.", bundle["text/html"], StringComparison.Ordinal);
        Assert.Contains("FINDINGS: No (effusion).\nLeft [nodule] & scar.", bundle["text/plain"], StringComparison.Ordinal);
        Assert.DoesNotContain("overlap", bundle["text/html"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_highlight_outside_of_its_section_is_named()
    {
        var e = Assert.Throws<ArgumentException>(() => ReportPage.Text(new ReportView(s_report, [new(ReportSection.Impression, 5, 4, "late", HighlightKind.Flag)])));
        Assert.Equal("ReportView: highlight 'late' covers 5..9 of Impression, which has 7 characters.", e.Message);
    }

    [Fact]
    public void A_generated_report_shows_its_entities_and_a_note_its_rule()
    {
        var report = SyntheticReports.At(1, 0);
        var shown = Formatters.Format(report);
        foreach (var entity in report.Entities) Assert.Contains($"<td align=\"left\">{entity.Name}</td>", shown["text/html"], StringComparison.Ordinal);
        Assert.Contains("stated in", shown["text/plain"], StringComparison.Ordinal);

        var note = SyntheticProtocols.At(1, 0);
        Assert.Contains(note.Rule.Because, Formatters.Format(note)["text/plain"], StringComparison.Ordinal);
        Assert.StartsWith("note", Formatters.Format(note.Note)["text/plain"], StringComparison.Ordinal);
    }

    [Fact]
    public void Printing_a_record_shows_no_text()
    {
        Assert.DoesNotContain("nodule", $"{s_report} {new ReportView(s_report, [])}", StringComparison.OrdinalIgnoreCase);
        var report = SyntheticReports.At(1, 0);
        Assert.DoesNotContain(report.Report.Findings, report.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(SyntheticProtocols.At(1, 0).Note.Note, SyntheticProtocols.At(1, 0).ToString(), StringComparison.Ordinal);
    }
}
