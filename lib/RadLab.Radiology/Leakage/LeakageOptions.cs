using System.Globalization;

namespace RadLab.Radiology;

/// <summary>From where on a training record counts as a copy of an evaluation record.</summary>
public sealed record LeakageOptions
{
    /// <summary>Jaccard similarity of the sets of word runs from which two texts are the same but for details; 1 leaves only equal sets.</summary>
    public double NearAt { get; init; } = 0.8;

    /// <summary>Share of an evaluation text's word runs that stand in a training text, from which the one is a part of the other; above 1 switches the rule off.</summary>
    public double ContainedAt { get; init; } = 0.9;

    /// <summary>An evaluation text of fewer words is not looked for inside longer texts: stock sentences stand in every report.</summary>
    public int ContainedFromWords { get; init; } = 24;

    /// <summary>Words a run, 1 to 16.</summary>
    public int ShingleWords { get; init; } = 3;

    /// <summary>Bits of 256 in which the perceptual hashes of two images may differ and still count as the same picture; -1 compares contents only.</summary>
    public int ImageDistance { get; init; } = 16;

    /// <summary>Pairs listed; all are counted.</summary>
    public int ListedPairs { get; init; } = 1000;

    internal LeakageOptions Checked()
    {
        if (!(NearAt > 0 && NearAt <= 1)) throw Wrong(nameof(NearAt), "above 0 and at most 1", NearAt);
        if (!(ContainedAt > 0)) throw Wrong(nameof(ContainedAt), "above 0", ContainedAt);
        if (ShingleWords is < 1 or > 16) throw Wrong(nameof(ShingleWords), "from 1 to 16", ShingleWords);
        if (ImageDistance is < -1 or > 128) throw Wrong(nameof(ImageDistance), "from -1 to 128", ImageDistance);
        if (ListedPairs < 0) throw Wrong(nameof(ListedPairs), "at least 0", ListedPairs);
        return this;
    }

    private static ArgumentException Wrong(string name, string requirement, double got) =>
        new(string.Create(CultureInfo.InvariantCulture, $"LeakageGate: {name} must be {requirement}, got {got}."), name);
}
