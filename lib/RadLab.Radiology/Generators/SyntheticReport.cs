namespace RadLab.Radiology;

/// <summary>A generated report and what is true about it.</summary>
[TypeFormatterSource(typeof(SyntheticReportFormatters))]
public sealed record SyntheticReport
{
    /// <summary>The report as a reader would deliver it.</summary>
    public required Report Report { get; init; }

    /// <summary>Everything the findings and the impression state, present and absent, in the order of the text.</summary>
    public required IReadOnlyList<SyntheticEntity> Entities { get; init; }

    /// <summary>The impression's statements and the entities that each of them rests on.</summary>
    public required IReadOnlyList<SyntheticStatement> Statements { get; init; }

    /// <summary>0 for a patient's first study in the data set.</summary>
    public required int Study { get; init; }

    /// <summary>Prints the identity only.</summary>
    public override string ToString() => $"Synthetic {Report}";
}

/// <summary>A stretch of a section's text, in UTF-16 units.</summary>
public readonly record struct SyntheticSpan(int Start, int Length)
{
    public int End => Start + Length;

    public string In(string text) => text.Substring(Start, Length);
}

/// <summary>Which side of the body; <see cref="None"/> where the question does not arise.</summary>
public enum EntitySide
{
    None,
    Right,
    Left,
    Both,
}

/// <summary>How sure the report is.</summary>
public enum EntityCertainty
{
    Certain,
    Probable,
    Possible,
}

/// <summary>Relation to the prior study; <see cref="NotCompared"/> where the report does not say.</summary>
public enum EntityChange
{
    NotCompared,
    New,
    Increased,
    Decreased,
    Unchanged,
    Resolved,
}

/// <summary>One thing that a report states: an observation, a diagnosis drawn from one, or an absence.</summary>
public sealed record SyntheticEntity
{
    /// <summary>The concept, e.g. "pleural effusion"; for a normal statement what it denies, e.g. "lung abnormality".</summary>
    public required string Name { get; init; }

    /// <summary>The organ it belongs to.</summary>
    public required string Organ { get; init; }

    /// <summary>Where in the organ, e.g. "right lower lobe" or "L4-L5"; empty where unsaid.</summary>
    public string Place { get; init; } = "";

    public EntitySide Side { get; init; }

    /// <summary>Stated to be absent, or to have gone (<see cref="EntityChange.Resolved"/>).</summary>
    public bool Negated { get; init; }

    public EntityCertainty Certainty { get; init; }

    /// <summary>"mild", "small" …; empty where ungraded.</summary>
    public string Severity { get; init; } = "";

    /// <summary>One to three diameters, largest first; empty where unmeasured.</summary>
    public IReadOnlyList<int> SizeMm { get; init; } = [];

    /// <summary>Diameters in the prior study, where the report compares them.</summary>
    public IReadOnlyList<int> PriorSizeMm { get; init; } = [];

    public EntityChange Change { get; init; }

    /// <summary>Further properties, e.g. margin = spiculated.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Attributes { get; init; } = [];

    /// <summary>For a diagnosis: index of the observation that it explains.</summary>
    public int? Explains { get; init; }

    /// <summary>Where the findings name it.</summary>
    public SyntheticSpan? Findings { get; init; }

    /// <summary>Where the impression names it.</summary>
    public SyntheticSpan? Impression { get; init; }
}

/// <summary>One statement of the impression.</summary>
/// <param name="Span">In the impression, without its number.</param>
/// <param name="Entities">Indices of what it states or sums up; each of them stands in the findings, explains one that does, or (an absence) sums up others of the list.</param>
public sealed record SyntheticStatement(SyntheticSpan Span, IReadOnlyList<int> Entities);
