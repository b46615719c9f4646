namespace RadLab.Radiology;

/// <summary>Bounds on untrusted data files, checked before memory is asked for.</summary>
public sealed record ReaderLimits
{
    public static ReaderLimits Default { get; } = new();

    /// <summary>Longest record (line, CSV row, XML or text document) in bytes. The longest report of MTSamples has 26 thousand.</summary>
    public int MaxRecordBytes { get; init; } = 1 << 20;

    public int MaxColumns { get; init; } = 1000;

    /// <summary>Depth of a JSON record.</summary>
    public int MaxJsonDepth { get; init; } = 16;
}
