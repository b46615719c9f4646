namespace RadLab.Radiology;

/// <summary>A sentence that says what is not there, for one organ.</summary>
/// <param name="Denies">Concepts that it denies: it is not made beside a finding of one of them.</param>
/// <param name="Says">Without slots but {side}.</param>
internal sealed record NormalStatement(string[] Denies, Wordings Says)
{
    /// <summary>How often it is made where it could be.</summary>
    public double Chance { get; init; } = 0.75;

    /// <summary>F or M; 0 for both.</summary>
    public char Sex { get; init; }

    public bool? Contrast { get; init; }
}

/// <summary>A pertinent negative for "No …, … or …" sentences.</summary>
/// <param name="Concept">What it denies.</param>
/// <param name="Words">As it stands in the list.</param>
internal sealed record NegativeItem(string Concept, params string[] Words)
{
    public bool? Contrast { get; init; }
}

/// <summary>One paragraph of the findings.</summary>
internal sealed record ReportOrgan(string Name)
{
    public NormalStatement[] Normals { get; init; } = [];

    public NegativeItem[] Negatives { get; init; } = [];

    /// <summary>What ends the paragraph when it has findings: "otherwise clear".</summary>
    public Wordings? Otherwise { get; init; }

    public ReportFinding[] Findings { get; init; } = [];

    /// <summary>Findings in the order of their places (levels of the spine) rather than of their weight.</summary>
    public bool ByPlace { get; init; }

    /// <summary>F or M; 0 for both.</summary>
    public char Sex { get; init; }
}

/// <summary>Why an examination is asked for.</summary>
/// <param name="Says">Noun phrases after "with" or "for".</param>
internal sealed record ReportReason(Words Says)
{
    /// <summary>Names or concepts of findings that become likelier.</summary>
    public string[] Boosts { get; init; } = [];

    /// <summary>Concept that the impression answers when it is absent.</summary>
    public string? Question { get; init; }

    /// <summary>How the question is put, e.g. "pulmonary embolism".</summary>
    public string Asks { get; init; } = "";

    /// <summary>Further names and concepts beside which the question is not answered with "no".</summary>
    public string[] NotWith { get; init; } = [];

    public char Sex { get; init; }

    public double Weight { get; init; } = 3;

    public int MinAge { get; init; }

    public int MaxAge { get; init; } = 130;
}

/// <summary>What lies between two studies of one patient.</summary>
internal enum StudyInterval
{
    Days,
    Weeks,
    Months,
    Years,
}

/// <summary>One kind of examination.</summary>
internal sealed record ReportExam(string Name)
{
    private (ReportFinding Finding, ReportOrgan Organ)[]? _findings;

    /// <summary>CT, MR, CR or RF.</summary>
    public required string Modality { get; init; }

    /// <summary>As the report's heading has it; {side} for limbs.</summary>
    public required Words Titles { get; init; }

    /// <summary>In running text: "chest radiograph".</summary>
    public required string Noun { get; init; }

    public required Wordings Techniques { get; init; }

    public required ReportOrgan[] Organs { get; init; }

    public required ReportReason[] Reasons { get; init; }

    /// <summary>"No acute …": when nothing acute was found.</summary>
    public required Wordings NothingAcute { get; init; }

    /// <summary>"Normal …": when nothing was found.</summary>
    public required Wordings Normal { get; init; }

    /// <summary>The concept that <see cref="NothingAcute"/> denies.</summary>
    public required string AcuteConcept { get; init; }

    public double Weight { get; init; } = 3;

    /// <summary>Mean number of abnormal findings where there are any, at least 1.</summary>
    public double Findings { get; init; } = 2.5;

    /// <summary>How often there is nothing to report.</summary>
    public double NormalChance { get; init; } = 0.2;

    public bool HasSide { get; init; }

    public bool Contrast { get; init; }

    public char Sex { get; init; }

    public int MinAge { get; init; } = 19;

    public int MaxAge { get; init; } = 89;

    public StudyInterval Interval { get; init; } = StudyInterval.Months;

    /// <summary>The findings of all organs with the organ of each.</summary>
    public (ReportFinding Finding, ReportOrgan Organ)[] AllFindings() => _findings ??= [.. Organs.SelectMany(o => o.Findings.Select(f => (f, o)))];
}
