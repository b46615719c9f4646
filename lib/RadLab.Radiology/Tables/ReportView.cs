namespace RadLab.Radiology;

/// <summary>A section of a report.</summary>
public enum ReportSection
{
    Indication,
    Technique,
    Comparison,
    Findings,
    Impression,
}

/// <summary>How a highlight looks.</summary>
public enum HighlightKind
{
    /// <summary>Stated to be there.</summary>
    Present,

    /// <summary>Perhaps there.</summary>
    Uncertain,

    /// <summary>Stated not to be there.</summary>
    Absent,

    /// <summary>Something to look at: suspected identifiers, differences.</summary>
    Flag,
}

/// <summary>A marked stretch of a section.</summary>
/// <param name="Start">First UTF-16 unit in the section.</param>
/// <param name="Label">Shown with it.</param>
public sealed record ReportHighlight(ReportSection Section, int Start, int Length, string Label, HighlightKind Kind);

/// <summary>A report with marked stretches, for notebooks and pages. Where highlights overlap the one that starts first is shown.</summary>
[TypeFormatterSource(typeof(ReportViewFormatters))]
public sealed record ReportView(Report Report, IReadOnlyList<ReportHighlight> Highlights)
{
    /// <summary>A generated report with its true entities marked.</summary>
    public static ReportView Of(SyntheticReport report)
    {
        var highlights = new List<ReportHighlight>();
        foreach (var entity in report.Entities)
        {
            var kind = entity.Negated ? HighlightKind.Absent : entity.Certainty == EntityCertainty.Certain ? HighlightKind.Present : HighlightKind.Uncertain;
            string label = EntityRow.Of(entity).Summary;
            if (entity.Findings is { } f) highlights.Add(new ReportHighlight(ReportSection.Findings, f.Start, f.Length, label, kind));
            if (entity.Impression is { } i) highlights.Add(new ReportHighlight(ReportSection.Impression, i.Start, i.Length, label, kind));
        }
        return new ReportView(report.Report, highlights);
    }

    /// <summary>A report with everything flagged that looks like an identifier of a person. What is not flagged may still be one.</summary>
    public static ReportView Suspected(Report report) => Marked(report, (section, text) => Deidentifier.Scan(text, datesExpected: section == ReportSection.Comparison)
        .Select(f => new ReportHighlight(section, f.Start, f.Length, f.Kind.ToString(), HighlightKind.Flag)));

    /// <summary>A report with the mentions of observations that a labeler finds in its findings and impression.</summary>
    public static ReportView Labelled(Report report, ObservationLabeler labeler)
    {
        ArgumentNullException.ThrowIfNull(labeler);
        return Marked(report, (section, text) =>
        {
            if (section is not (ReportSection.Findings or ReportSection.Impression)) return [];
            var mentions = new List<LabelMention>();
            labeler.Label(text, mentions);
            return mentions.Where(m => m.Status != LabelStatus.NotMentioned).Select(m => new ReportHighlight(section, m.Start, m.Length, $"{m.Label}: {m.Status}",
                m.Status switch { LabelStatus.Positive => HighlightKind.Present, LabelStatus.Negative => HighlightKind.Absent, _ => HighlightKind.Uncertain }));
        });
    }

    private static ReportView Marked(Report report, Func<ReportSection, string, IEnumerable<ReportHighlight>> find)
    {
        ArgumentNullException.ThrowIfNull(report);
        var plain = new ReportView(report, []);
        return plain with { Highlights = [.. plain.Sections().SelectMany(s => find(s.Section, s.Text))] };
    }

    /// <summary>The sections that have text, in the order of a report.</summary>
    internal IEnumerable<(ReportSection Section, string Text)> Sections() =>
        new[]
        {
            (ReportSection.Indication, Report.Indication), (ReportSection.Technique, Report.Technique), (ReportSection.Comparison, Report.Comparison), (ReportSection.Findings, Report.Findings),
            (ReportSection.Impression, Report.Impression),
        }.Where(s => s.Item2.Length > 0);

    /// <summary>Throws where a highlight lies outside of its section.</summary>
    internal ReportView Checked()
    {
        foreach (var h in Highlights)
        {
            int length = Sections().Where(s => s.Section == h.Section).Select(s => s.Text.Length).FirstOrDefault();
            if (h.Start < 0 || h.Length < 0 || h.Start + h.Length > length)
                throw new ArgumentException(FormattableString.Invariant($"ReportView: highlight '{h.Label}' covers {h.Start}..{h.Start + h.Length} of {h.Section}, which has {length} characters."));
        }
        return this;
    }
}
