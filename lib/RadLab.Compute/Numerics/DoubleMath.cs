namespace RadLab.Compute;

/// <summary>
/// Elementary functions in float64 for tables, schedules, losses and random numbers. They use only +, -, *, /, sqrt and fused
/// multiply-add, all exactly rounded, so the bits are the same on every machine; those of Math.Exp, Math.Sin and the like
/// come from the C library and depend on the processor.
/// </summary>
/// <remarks>Polynomials were fitted for this file: weighted minimax (Remez exchange, 60 digits), with the coefficients rounded to
/// float64 one after another and the rest fitted again. A NaN argument gives NaN unless the method says otherwise.</remarks>
public static partial class DoubleMath
{
    // high + low = a + b exactly.
    private static double TwoSum(double a, double b, out double low)
    {
        double high = a + b, bb = high - a;
        low = (a - (high - bb)) + (b - bb);
        return high;
    }

    // high + low = a + b exactly, for |a| >= |b| or a = 0.
    private static double FastTwoSum(double a, double b, out double low)
    {
        double high = a + b;
        low = b - (high - a);
        return high;
    }

    // high + low = a * b exactly.
    private static double TwoProduct(double a, double b, out double low)
    {
        double high = a * b;
        low = Math.FusedMultiplyAdd(a, b, -high);
        return high;
    }
}
