namespace RadLab.Radiology;

/// <summary>A provider's note that asks for imaging, and the protocol labels that a radiologist would accept for it.</summary>
[TypeFormatterSource(typeof(ProtocolNoteFormatters))]
public sealed record ProtocolNote
{
    /// <summary>Unique within its source.</summary>
    public required string Id { get; init; }

    /// <summary>Id of the data set's manifest.</summary>
    public required string Source { get; init; }

    /// <summary>The patient, where the source knows.</summary>
    public string? PatientId { get; init; }

    /// <summary>What the model reads, e.g. "Notes: … History: …".</summary>
    public required string Note { get; init; }

    /// <summary>Admissible labels, the preferred one first; an unambiguous note has one.</summary>
    public required IReadOnlyList<string> Protocols { get; init; }

    /// <summary>What the note states that bears on its protocol, in plain words ("flank pain; kidney stones"); null where the source does not know.</summary>
    public string? Problems { get; init; }

    /// <summary>Prints the identity and the length only: a record's text must not slip into logs through string interpolation.</summary>
    public override string ToString() => $"Note {Source}/{Id} ({Note.Length} characters, {Protocols.Count} admissible)";
}
