using System.Globalization;

namespace RadLab.Radiology;

/// <summary>What share of the patients goes to each side; the three add up to 1.</summary>
public sealed record SplitShares(double Train, double Validation, double Test)
{
    /// <summary>80 : 10 : 10.</summary>
    public static SplitShares Default { get; } = new(0.8, 0.1, 0.1);

    internal SplitShares Checked()
    {
        bool inRange = Train >= 0 && Validation >= 0 && Test >= 0;   // false for NaN, too
        double sum = Train + Validation + Test;
        if (!inRange || !(Math.Abs(sum - 1) <= 1e-9))
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"SplitShares: train, validation and test must be at least 0 and add up to 1, got {Train}, {Validation} and {Test}."));
        return this;
    }
}
