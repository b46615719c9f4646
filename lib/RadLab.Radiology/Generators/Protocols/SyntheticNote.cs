namespace RadLab.Radiology;

/// <summary>A generated note, the rule that decides its protocol and what the note states.</summary>
[TypeFormatterSource(typeof(SyntheticNoteFormatters))]
public sealed record SyntheticNote
{
    public required ProtocolNote Note { get; init; }

    /// <summary>The first rule that applies to what is stated.</summary>
    public required ProtocolRule Rule { get; init; }

    public required string Complaint { get; init; }

    /// <summary>Histories that rules ask for, in the order of the text; what has no bearing on the protocol is not listed.</summary>
    public required IReadOnlyList<string> Histories { get; init; }

    /// <summary>Number of the other record of a hard pair (same complaint, other history, other label); null outside of pairs.</summary>
    public long? PairedWith { get; init; }

    /// <summary>Prints the identity only.</summary>
    public override string ToString() => $"Synthetic {Note}";
}
