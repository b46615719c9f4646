using System.Buffers;
using System.Security.Cryptography;

namespace RadLab.Radiology;

/// <summary>
/// Finds what looks like one of the 18 kinds of identifiers of Safe Harbor in report text, by rules and context, and replaces it. Safe to use from many
/// threads; nothing is kept between reports but the key.
/// </summary>
/// <remarks>
/// The detector is measured on planted identifiers (<c>radlab bench deid</c>). That figure is planted-PHI recall; it is no statement about your texts, and
/// nothing here makes a data set compliant with any law.
/// </remarks>
public sealed class Deidentifier
{
    private const int MostPasses = 5;

    private readonly DeidentificationSettings _settings;
    private readonly Surrogates _surrogates;

    public Deidentifier(DeidentificationSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (settings.Key is { Length: < 32 }) throw new ArgumentException($"Deidentifier: Key must have at least 32 bytes, got {settings.Key.Length}; leave it null for a random one.", nameof(settings));
        if (settings.MostWeeksShifted is < 1 or > 5000) throw new ArgumentException($"Deidentifier: MostWeeksShifted must be from 1 to 5000, got {settings.MostWeeksShifted}.", nameof(settings));
        _settings = settings;
        _surrogates = new Surrogates(settings, settings.Key is null ? RandomNumberGenerator.GetBytes(32) : [.. settings.Key]);
    }

    /// <summary>Findings in the text, ordered and without overlap. Markers of earlier passes are not found again.</summary>
    public IReadOnlyList<PhiFinding> Scan(ReadOnlySpan<char> text) => Scan(text, datesExpected: false);

    /// <summary>The report with every finding replaced, and the audit. Without findings it is the same record.</summary>
    public DeidentifiedReport Apply(Report report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var audit = new List<Replacement>();
        string patient = report.PatientId is { Length: > 0 } id ? $"{report.Source}/patient/{id}" : $"{report.Source}/report/{report.Id}";
        string exam = Field(ReportField.Exam, report.Exam), indication = Field(ReportField.Indication, report.Indication), technique = Field(ReportField.Technique, report.Technique);
        string comparison = Field(ReportField.Comparison, report.Comparison), findings = Field(ReportField.Findings, report.Findings), impression = Field(ReportField.Impression, report.Impression);
        string text = Field(ReportField.Text, report.Text);
        if (audit.Count == 0) return new DeidentifiedReport(report, []);
        var clean = report with { Exam = exam, Indication = indication, Technique = technique, Comparison = comparison, Findings = findings, Impression = impression, Text = text };
        return new DeidentifiedReport(clean, audit);

        string Field(ReportField field, string original)
        {
            if (original.Length == 0) return original;
            bool datesExpected = field == ReportField.Comparison;
            var found = Scan(original, datesExpected);
            if (found.Count == 0) return original;
            // what is replaced may have kept its neighbours from being seen: the result is scanned again until nothing is left to find
            for (int pass = 1, first = audit.Count; ; pass++)
            {
                string written = _surrogates.Replace(original, found, patient, field, audit);
                if (pass == MostPasses || Scan(written, datesExpected) is not { Count: > 0 } more) return written;
                found = Joined(found, more, audit.GetRange(first, audit.Count - first));
                audit.RemoveRange(first, audit.Count - first);
            }
        }
    }

    // Findings of the written text at their places in the original; those that touch become one.
    private static List<PhiFinding> Joined(List<PhiFinding> found, List<PhiFinding> more, List<Replacement> written)
    {
        var all = new List<PhiFinding>(found);
        foreach (var finding in more)
        {
            int start = Original(finding.Start, end: false), end = Original(finding.End, end: true);
            if (end > start) all.Add(finding with { Start = start, Length = end - start });
        }
        all.Sort(static (a, b) => a.Start.CompareTo(b.Start));
        var joined = new List<PhiFinding>();
        foreach (var finding in all)
        {
            if (joined.Count > 0 && joined[^1] is var last && finding.Start < last.End) joined[^1] = last with { Length = Math.Max(last.End, finding.End) - last.Start };
            else joined.Add(finding);
        }
        return joined;

        int Original(int at, bool end)
        {
            int moved = 0;
            foreach (var r in written)
            {
                if (at <= r.OutputStart) break;
                if (at < r.OutputStart + r.OutputLength) return end ? r.Start + r.Length : r.Start;
                moved += r.Length - r.OutputLength;
            }
            return at + moved;
        }
    }

    internal static List<PhiFinding> Scan(ReadOnlySpan<char> text, bool datesExpected)
    {
        if (text.IsEmpty) return [];
        var tokens = ArrayPool<TextToken>.Shared.Rent(text.Length);
        try
        {
            var found = new List<PhiFinding>();
            new PhiScanner(text, tokens, found, datesExpected).Run();
            found.Sort(static (a, b) => a.Start.CompareTo(b.Start));
            return found;
        }
        finally
        {
            ArrayPool<TextToken>.Shared.Return(tokens);
        }
    }
}
