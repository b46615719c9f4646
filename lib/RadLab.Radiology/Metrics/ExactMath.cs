namespace RadLab.Radiology;

/// <summary>exp and log of our own: the C library's last bit depends on the machine, and a figure must not.</summary>
internal static class ExactMath
{
    private const double Log2E = 1.4426950408889634, Ln2High = 0.6931471803691238, Ln2Low = 1.9082149292705877e-10;

    /// <summary>exp x, within 2 units in the last place; 0 below -708.</summary>
    public static double Exp(double x)
    {
        if (x < -708) return 0;
        if (x > 709) return double.PositiveInfinity;
        double k = Math.Round(x * Log2E);
        double r = x - k * Ln2High - k * Ln2Low;   // |r| <= ln 2 / 2
        double sum = 1;
        for (int i = 14; i >= 1; i--) sum = 1 + sum * r / i;
        return Math.ScaleB(sum, (int)k);
    }

    /// <summary>log2 x for x above 0: 2 atanh((m - 1) / (m + 1)) / ln 2 for the mantissa m in [1, 2).</summary>
    public static double Log2(double x)
    {
        int exponent = Math.ILogB(x);
        double m = Math.ScaleB(x, -exponent), z = (m - 1) / (m + 1), z2 = z * z, sum = 0;
        for (int k = 41; k >= 1; k -= 2) sum = sum * z2 + 1.0 / k;
        return exponent + 2 * z * sum * Log2E;
    }

    /// <summary>ln x for x above 0.</summary>
    public static double Log(double x) => Log2(x) / Log2E;
}
