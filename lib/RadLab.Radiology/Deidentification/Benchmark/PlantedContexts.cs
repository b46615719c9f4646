namespace RadLab.Radiology;

/// <summary>
/// Which of the benchmark's sets of contexts and formats is planted. The second was written apart from the detector, to show how far its rules fit the first; since rules have been written
/// against the second too, the third shows how far they fit those two.
/// </summary>
public enum PlantedContexts : byte
{
    /// <summary>The first two, mixed in one text.</summary>
    All,

    /// <summary><c>contexts.txt</c> with the formats of <see cref="PhiValues"/>.</summary>
    First,

    /// <summary><c>second-contexts.txt</c> with the formats of <see cref="SecondPhiValues"/>.</summary>
    Second,

    /// <summary><c>third-contexts.txt</c> with the formats of <see cref="ThirdPhiValues"/>. No rule is written from its misses: it says what to expect of contexts that no rule has seen.</summary>
    Third,
}
