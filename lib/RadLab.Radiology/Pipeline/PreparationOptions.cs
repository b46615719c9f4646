namespace RadLab.Radiology;

/// <summary>How a data set is prepared. Everything that changes the result stands in the data card.</summary>
public sealed record PreparationOptions
{
    /// <summary>Decides the split and, where ids are hidden, their hashes. Keep it: another salt gives another split.</summary>
    public required string Salt { get; init; }

    /// <summary>Record ids leave as salted hashes.</summary>
    public bool HideIds { get; init; }

    /// <summary>Chooses the instructions' wordings.</summary>
    public ulong Seed { get; init; } = 17;

    public SplitShares Shares { get; init; } = SplitShares.Default;

    /// <summary>Group by patient where there is one; otherwise every record counts as one of an unknown patient.</summary>
    public bool ByPatient { get; init; } = true;

    /// <summary>Similarity of the whole record from which all but the first are dropped; null keeps near duplicates (the split still groups them).</summary>
    public double? DropNearDuplicatesFrom { get; init; } = 0.9;

    public SplitPlanOptions Split { get; init; } = new();

    /// <summary>The side that the source gives a record, by its id; null where it gives none. The shares then concern the others.</summary>
    public Func<string, DataSplit?>? GivenSide { get; init; }

    /// <summary>The ledger of an earlier preparation, so that no record changes its side.</summary>
    public SplitLedger? Earlier { get; init; }

    /// <summary>Unreadable records go to the rejects file; otherwise the first one stops the run.</summary>
    public bool SkipBad { get; init; }

    /// <summary>Threads; 0 takes every core. The result is the same for any number.</summary>
    public int Threads { get; init; }

    /// <summary>What the steps were told, by name, for the data card.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Settings { get; init; } = [];

    internal int ThreadCount => Threads > 0 ? Threads : Environment.ProcessorCount;
}

/// <summary>How far a preparation is.</summary>
public readonly record struct PreparationProgress(string Stage, long Records);
