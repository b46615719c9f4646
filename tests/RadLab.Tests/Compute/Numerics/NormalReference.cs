namespace RadLab.Tests;

/// <summary>Error function and normal distribution in double, from the series and the continued fraction of the textbooks.</summary>
internal static class NormalReference
{
    public static double Erf(double x) => Math.Abs(x) < 2 ? Series(x) : Math.Sign(x) * (1 - UpperTail(Math.Abs(x)));

    /// <summary>The probability that a standard normal variable is below x, accurate relative to itself on both sides.</summary>
    public static double Distribution(double x)
    {
        double t = Math.Abs(x) / Math.Sqrt(2);
        double tail = t < 2 ? (1 - Series(t)) / 2 : UpperTail(t) / 2;
        return x < 0 ? tail : 1 - tail;
    }

    // 2/sqrt(pi) e^(-x^2) sum over n of 2^n x^(2n+1) / (2n+1)!!: all terms of one sign, no cancellation
    private static double Series(double x)
    {
        double term = x, sum = x;
        for (int n = 1; Math.Abs(term) > 1e-18 * Math.Abs(sum); n++)
        {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    // erfc(x) = e^(-x^2) / sqrt(pi) / (x + 1/2 / (x + 1 / (x + 3/2 / (x + ...))))
    private static double UpperTail(double x)
    {
        double fraction = 0;
        for (int k = 200; k > 0; k--) fraction = k / 2.0 / (x + fraction);
        return Math.Exp(-x * x) / Math.Sqrt(Math.PI) / (x + fraction);
    }
}
