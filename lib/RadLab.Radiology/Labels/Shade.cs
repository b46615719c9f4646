namespace RadLab.Radiology;

/// <summary>What is said of a mention, finer than <see cref="Assertion"/>: the sets of labels draw their lines in different places.</summary>
internal enum Shade
{
    Present,
    Absent,

    /// <summary>"No new X".</summary>
    NoNew,

    /// <summary>Possible, not excluded, to be ruled out.</summary>
    Open,

    /// <summary>"Suggests X".</summary>
    Suggested,

    /// <summary>Probable, borderline, or one of several named alternatives.</summary>
    Favoured,
}
