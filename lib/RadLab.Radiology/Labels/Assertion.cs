namespace RadLab.Radiology;

/// <summary>What a text says of something it mentions.</summary>
public enum Assertion
{
    /// <summary>It is there.</summary>
    Present,

    /// <summary>It is not there.</summary>
    Absent,

    /// <summary>It may be there.</summary>
    Uncertain,
}
