namespace RadLab.Radiology;

/// <summary>Reports, prepared for findings → impression.</summary>
public sealed class ReportKind : IRecordKind<Report>
{
    public string Id(Report record) => record.Id;

    public string Source(Report record) => record.Source;

    public string? PatientId(Report record) => record.PatientId;

    public Report WithIds(Report record, string id, string? patientId) => record with { Id = id, PatientId = patientId };

    /// <summary>Findings and impression: equal findings with another impression are another example.</summary>
    public string DuplicateText(Report record) => $"{record.Findings}\n{record.Impression}";

    public string EvaluationText(Report record) => record.Findings;
}

/// <summary>Provider notes, prepared for note → protocol.</summary>
public sealed class NoteKind : IRecordKind<ProtocolNote>
{
    public string Id(ProtocolNote record) => record.Id;

    public string Source(ProtocolNote record) => record.Source;

    public string? PatientId(ProtocolNote record) => record.PatientId;

    public ProtocolNote WithIds(ProtocolNote record, string id, string? patientId) => record with { Id = id, PatientId = patientId };

    public string DuplicateText(ProtocolNote record) => record.Note;

    public string EvaluationText(ProtocolNote record) => record.Note;
}
