using System.Globalization;

namespace RadLab.Radiology;

/// <summary>Fills empty sections from the whole text, which then goes: nothing downstream needs it, and what is not there cannot leak.</summary>
public sealed class SectionStep : IRecordStep<Report>
{
    public string Name => "sections";

    public StepResult<Report> Apply(Report record)
    {
        if (record.Text.Length == 0) return new StepResult<Report>(record);
        var filled = SectionParser.Fill(record);
        var done = new List<string>(5);
        Note(record.Findings, filled.Findings, "findings found in the text");
        Note(record.Impression, filled.Impression, "impression found in the text");
        Note(record.Indication, filled.Indication, "indication found in the text");
        Note(record.Technique, filled.Technique, "technique found in the text");
        Note(record.Comparison, filled.Comparison, "comparison found in the text");
        return new StepResult<Report>(filled, null, [], done);

        void Note(string before, string after, string what)
        {
            if (before.Length == 0 && after.Length > 0) done.Add(what);
        }
    }
}

/// <summary>Drops unusable reports and tidies the others.</summary>
public sealed class CleaningStep(CleaningSettings? settings = null) : IRecordStep<Report>
{
    private readonly ReportCleaner _cleaner = new(settings);

    public string Name => "clean";

    public StepResult<Report> Apply(Report record)
    {
        var cleaned = _cleaner.Clean(record);
        if (cleaned.Dropped is { } reason) return new StepResult<Report>(null, new Dropped(reason.Name(), reason.Meaning()), [], []);
        var report = cleaned.Report!;
        if (report.Text.Length > 0) report = report with { Text = "" };
        if (cleaned.Edits.Count == 0) return new StepResult<Report>(report);
        return new StepResult<Report>(report, null, [.. cleaned.Edits.Select(e => new AuditEntry(Name, e.Section, e.Start, e.Length, "whitespace", e.Replacement.Length))], ["reports with tidied whitespace"]);
    }
}

/// <summary>Replaces what looks like an identifier.</summary>
public sealed class DeidentificationStep(Deidentifier deidentifier) : IRecordStep<Report>
{
    internal const string StepName = "de-identify";

    private static readonly string[] s_done = [.. Enum.GetValues<PhiKind>().Select(k => $"replaced as {ManifestFields.Kebab(k.ToString())}")];

    public string Name => StepName;

    public StepResult<Report> Apply(Report record)
    {
        var (report, replacements) = deidentifier.Apply(record);
        if (replacements.Count == 0) return new StepResult<Report>(report);
        return new StepResult<Report>(report, null,
            [.. replacements.Select(r => new AuditEntry(Name, r.Section.ToString(), r.Start, r.Length, ManifestFields.Kebab(r.Kind.ToString()), r.OutputLength, r.Token))],
            [.. replacements.Select(r => s_done[(int)r.Kind])]);
    }
}

/// <summary>What the steps were told, for the data card.</summary>
public static class StepSettings
{
    public static IEnumerable<KeyValuePair<string, string>> Of(CleaningSettings s) =>
    [
        KeyValuePair.Create("cleaning", string.Create(CultureInfo.InvariantCulture,
            $"findings from {s.MinFindingsWords} words, impression from {s.MinImpressionWords}, sections to {s.MaxSectionWords}, placeholders to {s.MaxPlaceholderShare:0.##} of the words, copied impressions from {s.CopiedWords} words, {s.DictationArtefacts.Count} dictation traces, {s.NonReports.Count + s.NonReportHeadings.Count} marks of other documents")),
    ];

    public static IEnumerable<KeyValuePair<string, string>> Of(DeidentificationSettings s) =>
    [
        KeyValuePair.Create("de-identification", s.Mode == DeidentificationMode.SafeHarbor
            ? "safe-harbor: identifiers become their kind in brackets, of a date only the year stays, ages over 89 are grouped. Found by rules; not every identifier is found"
            : "surrogates: consistent within a patient, dates shifted by one offset per patient, in markers; for use under expert determination. Found by rules; not every identifier is found"),
    ];
}
