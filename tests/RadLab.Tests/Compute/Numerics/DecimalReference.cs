namespace RadLab.Tests;

/// <summary>Elementary functions with 28 decimal digits from their Taylor series: a reference that can see single units in
/// the last place of a double.</summary>
internal static class DecimalReference
{
    private const decimal Ln2 = 0.6931471805599453094172321215m;
    private const decimal HalfPi = 1.5707963267948966192313216916m;

    /// <summary>The error of <paramref name="actual"/> against value * 2^exponent, in units in its last place.</summary>
    public static double ErrorInUlps(double actual, decimal value, int exponent = 0)
    {
        if (value == 0) return actual == 0 ? 0 : double.PositiveInfinity;

        // Scaled to 1 <= value < 2, where a decimal has all its digits.
        int shift = Math.ILogB((double)value);
        decimal difference = FromDouble(Math.ScaleB(actual, -exponent - shift)) - Scale(value, -shift);
        return (double)Math.Abs(difference) / Math.ScaleB(1, -52);
    }

    /// <summary>e^x as value * 2^exponent with value near 1.</summary>
    public static (decimal Value, int Exponent) Exp(decimal x)
    {
        int n = (int)Math.Round(x / Ln2);
        decimal r = x - n * Ln2, term = 1, sum = 1;
        for (int k = 1; k < 30; k++) sum += term *= r / k;
        return (sum, n);
    }

    public static decimal Log(double x)
    {
        int k = Math.ILogB(x);
        decimal m = FromDouble(Math.ScaleB(x, -k));
        if (m > 1.4m) (m, k) = (m / 2, k + 1);
        decimal s = (m - 1) / (m + 1), power = s, sum = 0;
        for (int n = 1; n < 45; n += 2, power *= s * s) sum += power / n;
        return 2 * sum + k * Ln2;
    }

    public static decimal Sin(double x, int quarterTurns = 0)
    {
        decimal angle = FromDouble(x);
        int n = (int)Math.Round(angle / HalfPi);
        decimal r = angle - n * HalfPi, term = 1, sum = 0;
        bool odd = ((n + quarterTurns) & 1) != 0;
        if (!odd) term = r;
        for (int k = odd ? 0 : 1; k < 32; k += 2)
        {
            sum += term;
            term *= -r * r / ((k + 1) * (k + 2));
        }
        return ((n + quarterTurns) & 2) == 0 ? sum : -sum;
    }

    // (decimal)x would keep 15 digits only.
    public static decimal FromDouble(double x)
    {
        if (x == 0) return 0;
        int exponent = Math.ILogB(x);
        return Scale((long)Math.ScaleB(x, 52 - exponent), exponent - 52);
    }

    private static decimal Scale(decimal x, int powerOfTwo)
    {
        decimal factor = 1;
        for (int i = 0; i < Math.Abs(powerOfTwo); i++) factor *= 2;
        return powerOfTwo >= 0 ? x * factor : x / factor;
    }
}
