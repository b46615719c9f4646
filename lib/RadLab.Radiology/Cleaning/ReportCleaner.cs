using System.Buffers;

namespace RadLab.Radiology;

/// <summary>A cleaned report with what was changed, or the reason why it is dropped.</summary>
public readonly record struct CleanedReport(Report? Report, DropReason? Dropped, IReadOnlyList<TextEdit> Edits);

/// <summary>Drops unusable reports, each for one named reason (the first that holds, in the order of <see cref="DropReason"/>'s use below), and tidies the others. Safe for several threads.</summary>
public sealed class ReportCleaner
{
    private readonly CleaningSettings _settings;
    private readonly SearchValues<string> _artefacts, _nonReports, _headings;

    public ReportCleaner(CleaningSettings? settings = null)
    {
        _settings = settings ?? CleaningSettings.Default;
        _artefacts = SearchValues.Create([.. _settings.DictationArtefacts], StringComparison.OrdinalIgnoreCase);
        _nonReports = SearchValues.Create([.. _settings.NonReports], StringComparison.OrdinalIgnoreCase);
        _headings = SearchValues.Create([.. _settings.NonReportHeadings], StringComparison.Ordinal);
    }

    public CleanedReport Clean(Report report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var edits = new List<TextEdit>();
        string findings = SectionTidier.Tidy(nameof(Report.Findings), report.Findings, edits);
        string impression = SectionTidier.Tidy(nameof(Report.Impression), report.Impression, edits);
        if (Reason(report, findings, impression) is { } reason) return new CleanedReport(null, reason, []);

        string indication = SectionTidier.Tidy(nameof(Report.Indication), report.Indication, edits);
        string technique = SectionTidier.Tidy(nameof(Report.Technique), report.Technique, edits);
        string comparison = SectionTidier.Tidy(nameof(Report.Comparison), report.Comparison, edits);
        string exam = SectionTidier.Tidy(nameof(Report.Exam), report.Exam, edits);
        return edits.Count == 0
            ? new CleanedReport(report, null, [])
            : new CleanedReport(report with { Exam = exam, Indication = indication, Technique = technique, Comparison = comparison, Findings = findings, Impression = impression }, null, edits);
    }

    private DropReason? Reason(Report report, string findings, string impression)
    {
        if (IsNoReport(report)) return DropReason.NotAReport;
        if (findings.Length == 0) return DropReason.NoFindings;
        if (impression.Length == 0) return DropReason.NoImpression;
        if (Modalities.OfCode(report.Modality) is { } coded && Modalities.OfExam(report.Exam) is { } named && !Agree(coded, named)) return DropReason.ConflictingModality;
        if (IsGarbled(findings) || IsGarbled(impression)) return DropReason.DictationArtefacts;
        var (findingsWords, findingsGone) = Words(findings);
        var (impressionWords, impressionGone) = Words(impression);
        if (findingsWords < _settings.MinFindingsWords) return DropReason.FindingsTooShort;
        if (impressionWords < _settings.MinImpressionWords) return DropReason.ImpressionTooShort;
        if (findingsWords > _settings.MaxSectionWords || impressionWords > _settings.MaxSectionWords) return DropReason.TooLong;
        if (findingsGone > _settings.MaxPlaceholderShare * findingsWords || impressionGone > _settings.MaxPlaceholderShare * impressionWords) return DropReason.TooMuchRemoved;
        return IsCopied(findings, impression, impressionWords) ? DropReason.ImpressionCopiesFindings : null;
    }

    private bool IsGarbled(string text) => text.AsSpan().ContainsAny(_artefacts) || text.Contains('\uFFFD');

    private bool IsNoReport(Report report)
    {
        if (string.Equals(report.Modality, "NON-IMAGING", StringComparison.OrdinalIgnoreCase)) return true;
        if (report.Exam.AsSpan().ContainsAny(_nonReports)) return true;
        int first = report.Text.AsSpan().IndexOfAny(_headings);
        if (first < 0) return false;
        // a second, different heading; the same one twice may be a report of two parts
        var rest = report.Text.AsSpan(first);
        string heading = _settings.NonReportHeadings[0];
        foreach (string h in _settings.NonReportHeadings)
            if (rest.StartsWith(h, StringComparison.Ordinal)) heading = h;
        while (true)
        {
            rest = rest[1..];
            int next = rest.IndexOfAny(_headings);
            if (next < 0) return false;
            rest = rest[next..];
            if (!rest.StartsWith(heading, StringComparison.Ordinal)) return true;
        }
    }

    // XA and RF show moving X-rays, CR and RF share rooms and names: no contradiction to drop a report for
    private static bool Agree(string coded, string named) => coded == named || (coded is "XR" or "RF" or "XA" && named is "XR" or "RF" or "XA") || (coded is "NM" or "PT" or "CT" && named is "NM" or "PT") || (coded == "PT" && named == "CT");

    private bool IsCopied(string findings, string impression, int impressionWords)
    {
        if (impression.Length > findings.Length + 32) return false;
        bool longEnough = impressionWords >= _settings.CopiedWords;
        // the same words: about the same length, or long enough to be looked for inside
        if (!longEnough && Math.Abs(impression.Length - findings.Length) > findings.Length / 4) return false;
        string a = NormalizedText.Of(findings), b = NormalizedText.Of(impression);
        return a == b || (longEnough && a.Contains(b, StringComparison.Ordinal));
    }

    /// <summary>Words separated by blanks, and how many of them stand for something removed.</summary>
    private static (int Words, int Placeholders) Words(string text)
    {
        int words = 0, placeholders = 0;
        for (int i = 0; i < text.Length;)
        {
            if (text[i] <= ' ')
            {
                i++;
                continue;
            }
            int start = i;
            bool letters = false;
            while (i < text.Length && text[i] > ' ') letters |= char.IsLetterOrDigit(text[i++]);
            var word = text.AsSpan(start, i - start);
            bool blank = word.StartsWith("___", StringComparison.Ordinal);
            if (!letters && !blank) continue;
            words++;
            if (blank || word.StartsWith("XXXX", StringComparison.Ordinal)) placeholders++;
        }
        return (words, placeholders);
    }
}
