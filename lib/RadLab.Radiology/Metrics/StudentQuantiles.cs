namespace RadLab.Radiology;

/// <summary>Quantiles of Student's t and of the normal distribution at (r + 1/2) / count, by numerical integration of their densities.</summary>
internal static class StudentQuantiles
{
    // a simple map of the half line to [0, 1), x = t / (1 + t), on which both densities end finite for one degree of freedom and more
    private const int Steps = 4096;

    /// <summary>Above so many degrees of freedom the two are the same to any digit that is shown.</summary>
    public const double AsNormal = 1e5;

    /// <summary>The upper half of <paramref name="count"/> quantiles, the innermost first; the lower half mirrors it.</summary>
    /// <param name="degrees">Of freedom, 1 or more; infinite for the normal distribution.</param>
    public static double[] UpperHalf(double degrees, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(degrees, 1);
        double[] mass = new double[Steps + 1];
        double left = Density(0, degrees);
        for (int j = 0; j < Steps; j++)
        {
            double middle = Density((j + 0.5) / Steps, degrees), right = Density((j + 1.0) / Steps, degrees);
            mass[j + 1] = mass[j] + (left + 4 * middle + right) / (6 * Steps);
            left = right;
        }
        double[] quantiles = new double[count / 2];
        int at = 0;
        for (int k = 0; k < quantiles.Length; k++)
        {
            double share = (count - count / 2 + k + 0.5) / count, wanted = (2 * share - 1) * mass[Steps];
            while (mass[at + 1] < wanted) at++;
            double x = (at + (wanted - mass[at]) / (mass[at + 1] - mass[at])) / Steps;
            quantiles[k] = x / (1 - x);
        }
        return quantiles;
    }

    // not normalized, times dt / dx = (1 + t)^2
    private static double Density(double x, double degrees)
    {
        if (x >= 1) return degrees > 1 ? 0 : 1;
        double t = x / (1 - x), wide = (1 + t) * (1 + t);
        return degrees >= AsNormal ? ExactMath.Exp(-t * t / 2) * wide : ExactMath.Exp(-(degrees + 1) / 2 * ExactMath.Log(1 + t * t / degrees)) * wide;
    }
}
