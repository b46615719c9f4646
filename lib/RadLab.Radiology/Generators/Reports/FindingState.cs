namespace RadLab.Radiology;

/// <summary>A finding in one study of one patient: everything that is true about it. The words are chosen later.</summary>
internal sealed record FindingState(ReportFinding Finding, ReportOrgan Organ)
{
    public EntitySide Side { get; init; }

    /// <summary>Index into the finding's places; -1 without.</summary>
    public int PlaceIndex { get; init; } = -1;

    public int[] SizeMm { get; init; } = [];

    public int[] PriorSizeMm { get; init; } = [];

    /// <summary>Index into the finding's grades; -1 without.</summary>
    public int Grade { get; init; } = -1;

    /// <summary>Index into the finding's kinds; 0 without.</summary>
    public int Kind { get; init; }

    /// <summary>An injury in a later study: no longer acute, named and described as old.</summary>
    public bool Old { get; init; }

    /// <summary>Speaks against "no acute abnormality".</summary>
    public bool Acute => Finding.Acute && !Old && !Resolved;

    /// <summary>How much it matters now.</summary>
    public int Rank => Old ? Math.Min(Finding.Rank, 1) : Finding.Rank;

    /// <summary>One value index per trait.</summary>
    public int[] Traits { get; init; } = [];

    /// <summary>Index into the finding's diagnoses; -1 without.</summary>
    public int Diagnosis { get; init; } = -1;

    public EntityCertainty DiagnosisCertainty { get; init; }

    /// <summary>Of the observation itself.</summary>
    public EntityCertainty Certainty { get; init; }

    public EntityChange Change { get; init; }

    public bool Resolved => Change == EntityChange.Resolved;

    /// <summary>The largest diameter in mm; 0 without.</summary>
    public int Largest => SizeMm.Length == 0 ? 0 : SizeMm[0];

    public bool IsStable => Change is EntityChange.Unchanged or EntityChange.Decreased;

    public string Place => PlaceIndex < 0 ? "" : Finding.Places[PlaceIndex].Replace("{side}", SideWord(Side), StringComparison.Ordinal);

    public string Severity => Grade < 0 ? "" : Finding.Grades[Grade];

    public string Trait(string name)
    {
        for (int i = 0; i < Traits.Length; i++)
            if (Finding.Traits[i].Name == name) return Finding.Traits[i].Values[Traits[i]];
        return "";
    }

    /// <summary>The side, also where only the place's words say it.</summary>
    public EntitySide TrueSide => Side != EntitySide.None ? Side : SideIn(Place);

    public static string SideWord(EntitySide side) => side switch
    {
        EntitySide.Right => "right",
        EntitySide.Left => "left",
        EntitySide.Both => "bilateral",
        _ => "",
    };

    private static EntitySide SideIn(string place) =>
        place.StartsWith("both ", StringComparison.Ordinal) || place.Contains("bilateral", StringComparison.Ordinal) || place.Contains("bibasilar", StringComparison.Ordinal) ? EntitySide.Both
        : place.Contains("right", StringComparison.Ordinal) ? EntitySide.Right
        : place.Contains("left", StringComparison.Ordinal) ? EntitySide.Left
        : EntitySide.None;
}
