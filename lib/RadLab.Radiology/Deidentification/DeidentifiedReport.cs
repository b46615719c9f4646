namespace RadLab.Radiology;

/// <summary>The text fields of a <see cref="Report"/>.</summary>
public enum ReportField : byte
{
    Exam,
    Indication,
    Technique,
    Comparison,
    Findings,
    Impression,
    Text,
}

/// <summary>One line of the audit: where something was replaced, and by how much text. It never holds what stood there.</summary>
/// <param name="Section">The field of the report.</param>
/// <param name="Start">First character in the original field.</param>
/// <param name="Length">Characters in the original field.</param>
/// <param name="Kind">What it looked like.</param>
/// <param name="OutputStart">First character of the replacement in the new field.</param>
/// <param name="OutputLength">Characters of the replacement.</param>
/// <param name="Token">Keyed HMAC of the value, where <see cref="DeidentificationSettings.AuditTokens"/> asks for it.</param>
public sealed record Replacement(ReportField Section, int Start, int Length, PhiKind Kind, int OutputStart, int OutputLength, string? Token = null);

/// <summary>A report with its identifiers replaced, and the audit, ordered by section and place.</summary>
public sealed record DeidentifiedReport(Report Report, IReadOnlyList<Replacement> Replacements);
