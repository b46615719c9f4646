namespace RadLab.Radiology;

/// <summary>What <c>radlab data prepare</c> is asked for. The defaults are those of the command.</summary>
public sealed record PrepareRequest
{
    public required DataManifest Manifest { get; init; }

    /// <summary>The folder to make.</summary>
    public required string Out { get; init; }

    public DataFolders Folders { get; init; } = DataFolders.Default();

    /// <summary>A local copy to read instead of the data folders' file; it is not held against the manifest's digests.</summary>
    public string? From { get; init; }

    /// <summary>Generated data: records; null takes the manifest's number.</summary>
    public long? Count { get; init; }

    /// <summary>Generated data: the generator's seed, null takes the manifest's; in every case the seed of the instructions' wordings.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Generated data: which part of the templates and vocabulary. All: as the manifest splits, which may keep the held-out part for the test side.</summary>
    public SyntheticPart Part { get; init; } = SyntheticPart.All;

    /// <summary>Generated reports: see <see cref="SyntheticSettings.Radiologist"/>.</summary>
    public ulong? Radiologist { get; init; }

    /// <summary>Decides the split; null takes the data set's id, which hides nothing and so is refused where ids must be hidden.</summary>
    public string? Salt { get; init; }

    public CleaningSettings Cleaning { get; init; } = CleaningSettings.Default;

    public DeidentificationSettings Deidentification { get; init; } = new();

    /// <summary>See <see cref="PreparationOptions.DropNearDuplicatesFrom"/>.</summary>
    public double? DropNearDuplicatesFrom { get; init; } = 0.9;

    /// <summary>Reports: what stands before the findings in a prompt.</summary>
    public PromptContext Context { get; init; }

    public SplitLedger? Earlier { get; init; }

    public ReaderLimits Limits { get; init; } = ReaderLimits.Default;

    public bool SkipBad { get; init; }

    /// <summary>Replaces a folder that an earlier preparation made.</summary>
    public bool Replace { get; init; }

    /// <summary>Lets restricted data be written into a git work tree.</summary>
    public bool AllowInGit { get; init; }

    public int Threads { get; init; }
}
