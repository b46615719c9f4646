using System.Globalization;

namespace RadLab.Compute;

public static partial class DoubleMath
{
    // ln 2 with 38 bits, times an exponent exact, and the rest.
    private const double Ln2Short = 0.69314718055829871, Ln2Rest = 1.6465949582897082e-12;
    private const double TwoThirds = 0.66666666666666663, TwoThirdsLow = 3.7007434154171883e-17;
    private const long HalfRootBits = 0x3FE6A09E667F3BCD;        // bits of sqrt(1/2)

    // log((1 + s) / (1 - s)) = 2 s + s z (2/3 + z Q(z)), z = s^2; relative error 2^-73 for z <= 0.02944.
    private const double
        Q0 = 0.3999999999999998, Q1 = 0.28571428571443841, Q2 = 0.22222222217789614, Q3 = 0.18181818844026312,
        Q4 = 0.15384558425077693, Q5 = 0.1333626467355431, Q6 = 0.11675776417188399, Q7 = 0.11981794758772824;

    /// <summary>Natural logarithm within 0.51 units in the last place, subnormal x included; 0 gives -infinity, a negative x NaN.</summary>
    public static double Log(double x)
    {
        if (double.IsNaN(x) || double.IsPositiveInfinity(x)) return x;
        if (x < 0) return double.NaN;
        if (x == 0) return double.NegativeInfinity;
        return LogAsSum(x, out _);
    }

    /// <summary>x^y within 1 unit in the last place, for a positive, finite x and a finite y.</summary>
    public static double Pow(double x, double y)
    {
        if (!(x > 0 && double.IsFinite(x)))
            throw new ArgumentOutOfRangeException(nameof(x), string.Create(CultureInfo.InvariantCulture, $"Pow: the base must be positive and finite, got {x}."));
        if (!double.IsFinite(y))
            throw new ArgumentOutOfRangeException(nameof(y), string.Create(CultureInfo.InvariantCulture, $"Pow: the exponent must be finite, got {y}."));

        double log = LogAsSum(x, out double logLow);
        double high = y * log;
        if (!double.IsFinite(high)) return high > 0 ? double.PositiveInfinity : 0;
        double low = Math.FusedMultiplyAdd(y, log, -high) + y * logLow;
        return ExpOfSum(high, low);
    }

    // log x to about 2^-64 of itself, as high + low with high the rounded sum; Pow multiplies the error by up to 745.
    private static double LogAsSum(double x, out double low)
    {
        int k = 0;
        if (x < 2.2250738585072014e-308)
        {
            x *= 18014398509481984;      // 2^54
            k = -54;
        }
        long bits = BitConverter.DoubleToInt64Bits(x);
        int exponent = (int)((bits - HalfRootBits) >> 52);
        k += exponent;
        double m = BitConverter.Int64BitsToDouble(bits - ((long)exponent << 52));

        // s + sLow = (m - 1) / (m + 1)
        double f = m - 1;
        double d = TwoSum(m, 1, out double dLow);
        double s = f / d;
        double sLow = (Math.FusedMultiplyAdd(-s, d, f) - s * dLow) / d;

        double z = TwoProduct(s, s, out double zLow);
        zLow += 2 * s * sLow;
        double q = Math.FusedMultiplyAdd(Q7, z, Q6);
        q = Math.FusedMultiplyAdd(q, z, Q5);
        q = Math.FusedMultiplyAdd(q, z, Q4);
        q = Math.FusedMultiplyAdd(q, z, Q3);
        q = Math.FusedMultiplyAdd(q, z, Q2);
        q = Math.FusedMultiplyAdd(q, z, Q1);
        q = Math.FusedMultiplyAdd(q, z, Q0);

        double u = FastTwoSum(TwoThirds, z * q, out double uLow);
        uLow += TwoThirdsLow;
        double t = TwoProduct(z, u, out double tLow);
        tLow += z * uLow + zLow * u;
        double v = TwoProduct(s, t, out double vLow);
        vLow += s * tLow + sLow * t;
        double high = FastTwoSum(2 * s, v, out double rest);
        rest += 2 * sLow + vLow;

        high = FastTwoSum(k * Ln2Short, high, out double carry);
        return FastTwoSum(high, carry + (rest + k * Ln2Rest), out low);
    }
}
