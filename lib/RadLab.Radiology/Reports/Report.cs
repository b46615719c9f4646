namespace RadLab.Radiology;

/// <summary>
/// One radiology report. Section texts are empty, never null, where the source has none; <see cref="Text"/> is the whole document where the source gives one
/// (the section parser fills the others from it). Identifiers are the source's own; where its PHI class says that they could lead to a person, they leave the pipeline as salted hashes only.
/// </summary>
[TypeFormatterSource(typeof(ReportFormatters))]
public sealed record Report
{
    /// <summary>Unique within its source.</summary>
    public required string Id { get; init; }

    /// <summary>Id of the data set's manifest, e.g. <c>openi-chest-xray</c>.</summary>
    public required string Source { get; init; }

    /// <summary>The patient, where the source knows; the split keeps a patient's reports together.</summary>
    public string? PatientId { get; init; }

    /// <summary>DICOM's two-letter code (CT, MR, CR, RF, US …), where known.</summary>
    public string? Modality { get; init; }

    /// <summary>Name of the examination as the source writes it, e.g. "CT Abdomen and Pelvis".</summary>
    public string Exam { get; init; } = "";

    public string Indication { get; init; } = "";

    public string Technique { get; init; } = "";

    public string Comparison { get; init; } = "";

    public string Findings { get; init; } = "";

    public string Impression { get; init; } = "";

    /// <summary>The whole document, where the source gives one.</summary>
    public string Text { get; init; } = "";

    /// <summary>Prints the identity and the lengths only: a record's text must not slip into logs through string interpolation.</summary>
    public override string ToString() => $"Report {Source}/{Id} (findings {Findings.Length} characters, impression {Impression.Length})";
}
