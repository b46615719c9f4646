using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class ReportCleanerTests
{
    private static readonly ReportCleaner s_cleaner = new();

    private static Report Good() => new()
    {
        Id = "1", Source = "s", Modality = "CT", Exam = "CT Chest",
        Findings = "The lungs are clear. The heart is of normal size. There is no pleural effusion.",
        Impression = "No acute disease of the chest.",
    };

    private static DropReason? Drop(Func<Report, Report> change, ReportCleaner? cleaner = null) => (cleaner ?? s_cleaner).Clean(change(Good())).Dropped;

    [Fact]
    public void A_usable_report_stays_the_object_it_was()
    {
        var report = Good();
        var cleaned = s_cleaner.Clean(report);
        Assert.Same(report, cleaned.Report);
        Assert.Empty(cleaned.Edits);
    }

    [Fact]
    public void Each_reason_drops_what_it_names()
    {
        Assert.Equal(DropReason.NoFindings, Drop(r => r with { Findings = " \n " }));
        Assert.Equal(DropReason.NoImpression, Drop(r => r with { Impression = ":" }));
        Assert.Equal(DropReason.FindingsTooShort, Drop(r => r with { Findings = "One two three four five six seven eight nine." }));
        Assert.Null(Drop(r => r with { Findings = "One two three four five six seven eight nine ten." }));
        Assert.Equal(DropReason.ImpressionTooShort, Drop(r => r with { Impression = "Normal." }));
        Assert.Equal(DropReason.TooLong, Drop(r => r with { Findings = string.Concat(Enumerable.Repeat("word ", 4001)) }));
        Assert.Equal(DropReason.ImpressionCopiesFindings, Drop(r => r with { Impression = r.Findings.ToUpperInvariant().Replace(".", "", StringComparison.Ordinal) }));
        Assert.Equal(DropReason.TooMuchRemoved, Drop(r => r with { Findings = "XXXX XXXX XXXX XXXX XXXX lungs are clear and the heart is of normal size" }));
        Assert.Equal(DropReason.TooMuchRemoved, Drop(r => r with { Impression = "___ disease" }));
        Assert.Equal(DropReason.DictationArtefacts, Drop(r => r with { Findings = r.Findings + " End of dictation." }));
        Assert.Equal(DropReason.DictationArtefacts, Drop(r => r with { Impression = "No [[acute]] disease." }));
        Assert.Equal(DropReason.DictationArtefacts, Drop(r => r with { Impression = "No acute dise\uFFFDse." }));
        Assert.Equal(DropReason.NotAReport, Drop(r => r with { Modality = "NON-IMAGING" }));
        Assert.Equal(DropReason.NotAReport, Drop(r => r with { Exam = "Nerve Conduction Study" }));
        Assert.Equal(DropReason.NotAReport, Drop(r => r with { Text = "PREOPERATIVE DIAGNOSIS: a\nANESTHESIA: b" }));
        Assert.Null(Drop(r => r with { Text = "ANESTHESIA: none\nFINDINGS: a\nANESTHESIA: none" }));
        Assert.Equal(DropReason.ConflictingModality, Drop(r => r with { Exam = "MRI of the chest" }));
        Assert.Null(Drop(r => r with { Modality = "OTHER", Exam = "MRI of the chest" }));
        Assert.Null(Drop(r => r with { Modality = "CR", Exam = "Chest X-ray, compared with CT" }));
    }

    [Fact]
    public void A_long_impression_that_stands_in_the_findings_is_copied()
    {
        string copied = string.Join(' ', Enumerable.Range(0, 25).Select(i => $"word{i}"));
        Assert.Equal(DropReason.ImpressionCopiesFindings, Drop(r => r with { Findings = $"Before that. {copied}. And more after it.", Impression = copied }));
        // a shorter one may be the one sentence that matters
        Assert.Null(Drop(r => r with { Findings = r.Findings + " There is a nodule in the left lung.", Impression = "There is a nodule in the left lung." }));
    }

    [Fact]
    public void Thresholds_are_settings()
    {
        var strict = new ReportCleaner(CleaningSettings.Default with { MinFindingsWords = 40, MinImpressionWords = 1 });
        Assert.Equal(DropReason.FindingsTooShort, Drop(r => r, strict));
        Assert.Null(Drop(r => r with { Impression = "Normal." }, new ReportCleaner(CleaningSettings.Default with { MinImpressionWords = 1 })));
    }

    [Fact]
    public void Settings_of_a_file_change_what_they_name_and_nothing_else()
    {
        var settings = CleaningSettings.Parse("""{ "minFindingsWords": 3, "dictationArtefacts": [], "maxPlaceholderShare": 1 }"""u8.ToArray(), "c.json");
        Assert.Equal((3, 2, 1.0, 0), (settings.MinFindingsWords, settings.MinImpressionWords, settings.MaxPlaceholderShare, settings.DictationArtefacts.Count));
        Assert.Same(CleaningSettings.Default.NonReports, settings.NonReports);
        Assert.Null(Drop(r => r with { Findings = "Lungs are clear. [[x]]" }, new ReportCleaner(settings)));
        foreach (var (json, message) in new[]
        {
            ("{\"minFindingWords\": 3}", "c.json: unknown field minFindingWords; fields here: minFindingsWords, minImpressionWords, maxSectionWords, copiedWords, maxPlaceholderShare"),
            ("{\"minFindingsWords\": -3}", "c.json: minFindingsWords must be a whole number that is not negative, got number"),
            ("{\"nonReports\": [\" \"]}", "c.json: nonReports must not hold an empty phrase"),
            ("{", "c.json:1: is not JSON; correct the line"),
        })
            Assert.StartsWith(message, Assert.Throws<DataFormatException>(() => CleaningSettings.Parse(System.Text.Encoding.UTF8.GetBytes(json), "c.json")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reasons_have_names_for_files_and_words_for_people()
    {
        Assert.Equal("impression-copies-findings", DropReason.ImpressionCopiesFindings.Name());
        Assert.Equal(Enum.GetValues<DropReason>().Length, Enum.GetValues<DropReason>().Select(r => r.Meaning()).Distinct().Count());
    }

    [Fact]
    public void A_kept_text_changes_only_where_the_edits_say_so()
    {
        string[] pieces = ["lungs ", "clear", "\r\n", "\n\n\n\n", " \n ", "\t", "  ", "\u00A0", "\u0007", ": ", ".", "é", "no effusion", "\r", "\uFEFF"];
        var random = new SeededRandom(11, 1, 1);
        int edited = 0;
        for (int round = 0; round < 2000; round++)
        {
            string Make() => string.Concat(Enumerable.Range(0, random.Between(1, 12)).Select(_ => pieces[random.Below(pieces.Length)]));
            var report = Good() with { Findings = Make() + Good().Findings + Make(), Impression = Make() + "no acute disease" + Make(), Indication = Make(), Technique = Make() };
            var cleaned = s_cleaner.Clean(report);
            if (cleaned.Report is not { } kept) continue;
            foreach (var (section, before, after) in new[]
            {
                (nameof(Report.Findings), report.Findings, kept.Findings), (nameof(Report.Impression), report.Impression, kept.Impression),
                (nameof(Report.Indication), report.Indication, kept.Indication), (nameof(Report.Technique), report.Technique, kept.Technique),
            })
            {
                // rebuilt here from the audit alone, from the end to the beginning
                var rebuilt = new System.Text.StringBuilder(before);
                foreach (var edit in cleaned.Edits.Where(e => e.Section == section).Reverse())
                {
                    Assert.True(edit.Replacement is "" or " " or "\n" or "\n\n", "a word was written");
                    Assert.All(before.Substring(edit.Start, edit.Length), c => Assert.True(c <= ' ' || c is ':' or '\u00A0' or '\uFEFF', "a word was removed"));
                    rebuilt.Remove(edit.Start, edit.Length).Insert(edit.Start, edit.Replacement);
                    edited++;
                }
                Assert.Equal(after, rebuilt.ToString());
            }
            // and a second cleaning finds nothing more to do
            var again = s_cleaner.Clean(kept);
            Assert.Same(kept, again.Report);
        }
        Assert.True(edited > 1000);
    }
}
