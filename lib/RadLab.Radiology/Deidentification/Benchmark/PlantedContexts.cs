namespace RadLab.Radiology;

/// <summary>Which of the benchmark's two sets of contexts and formats is planted. The second was written apart from the detector, to show how far its rules fit the first.</summary>
public enum PlantedContexts : byte
{
    /// <summary>Both, mixed in one text.</summary>
    All,

    /// <summary><c>contexts.txt</c> with the formats of <see cref="PhiValues"/>.</summary>
    First,

    /// <summary><c>second-contexts.txt</c> with the formats of <see cref="SecondPhiValues"/>.</summary>
    Second,
}
