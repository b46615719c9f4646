namespace RadLab.Radiology;

/// <summary>The phrases of one label, in the notation of <see cref="PhraseTable"/>.</summary>
internal sealed record ObservationRule(string Label)
{
    /// <summary>Name the finding: there, not there or open by the cues around them.</summary>
    public string[] Findings { get; init; } = [];

    /// <summary>Name an organ: positive only where the clause calls it enlarged, negative where it calls it normal.</summary>
    public string[] Organs { get; init; } = [];

    /// <summary>Phrases that hold one of the others and mean something else.</summary>
    public string[] Vetoes { get; init; } = [];

    /// <summary>Make the label uncertain where they are present.</summary>
    public string[] Hints { get; init; } = [];
}

/// <summary>A set of labels with its rules.</summary>
internal sealed record ObservationRules(string Name, ObservationRule[] Labels)
{
    /// <summary>The label that is positive where nothing is found; null where the set has none.</summary>
    public string? NoFinding { get; init; }

    /// <summary>Findings without a label of their own, which forbid <see cref="NoFinding"/>.</summary>
    public string[] OtherFindings { get; init; } = [];

    /// <summary>A label that does not forbid <see cref="NoFinding"/>.</summary>
    public string? Unimportant { get; init; }

    /// <summary>Where the set draws the lines between present, absent and uncertain.</summary>
    public required Func<Shade, LabelStatus> Status { get; init; }
}
