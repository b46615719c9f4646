namespace RadLab.Radiology;

/// <summary>A file or a folder of a data set.</summary>
public sealed record DataFile
{
    /// <summary>Below the data folder, / between folders.</summary>
    public required string Path { get; init; }

    /// <summary><c>reports</c>, <c>notes</c>, <c>questions</c>, <c>images</c>, <c>labels</c>, …; <c>prepare</c> reads the first present file of <c>reports</c> or <c>notes</c>.</summary>
    public required string Role { get; init; }

    /// <summary><c>csv</c>, <c>jsonl</c>, <c>nlm-xml</c> and <c>text-folders</c> can be prepared.</summary>
    public required string Format { get; init; }

    /// <summary>A folder; its digest is that of the list of its files, see <see cref="DigestOfFolder"/>.</summary>
    public bool Folder { get; init; }

    /// <summary><c>get</c> fetches it only when named.</summary>
    public bool Optional { get; init; }

    public string? Url { get; init; }

    /// <summary>At least one.</summary>
    public required IReadOnlyList<NamedDigest> Digests { get; init; }

    public IReadOnlyList<DataColumn> Columns { get; init; } = [];

    /// <summary>Role to value, for what all records have in common, e.g. modality CR.</summary>
    public IReadOnlyDictionary<string, string> Constants { get; init; } = new Dictionary<string, string>();

    /// <summary>How the digest of a folder is made.</summary>
    public const string DigestOfFolder = "sha256 of the lines \"<sha256>  <path below the data folder>\", sorted by bytes and joined by line feeds";
}

/// <summary>
/// A known state of a file. Where neither digest is given, the source publishes none: the SHA-256 of the first download is recorded in the lock file, and
/// from then on it is what the file must have.
/// </summary>
/// <param name="Name">E.g. <c>full</c> or <c>dev-subset</c>; the one that matched is recorded with everything made from the file.</param>
/// <param name="Md5">Where the source publishes only this; it guards against a broken download, not against an intent.</param>
/// <param name="Records">Rows, documents or images.</param>
public sealed record NamedDigest(string Name, string? Sha256, string? Md5, long? Bytes, long? Records)
{
    public bool IsRecordedAtFirstDownload => Sha256 is null && Md5 is null;
}

/// <param name="Role">What the reader takes from the column, one of <see cref="ColumnRoles.All"/>, or null where it is left alone.</param>
public sealed record DataColumn(string Name, string? Role, string Meaning);

/// <summary>What a column or a constant can be used as.</summary>
public static class ColumnRoles
{
    public const string Id = "id", Patient = "patient", Modality = "modality", Exam = "exam", Indication = "indication", Technique = "technique",
        Comparison = "comparison", Findings = "findings", Impression = "impression", Text = "text", Note = "note", Protocol = "protocol";

    public static IReadOnlyList<string> All { get; } = [Id, Patient, Modality, Exam, Indication, Technique, Comparison, Findings, Impression, Text, Note, Protocol];
}
