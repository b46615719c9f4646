using System.Globalization;

namespace RadLab.Compute;

public static partial class DoubleMath
{
    /// <summary>The largest |x| that Sin and Cos take.</summary>
    public const double LargestAngle = 1 << 24;

    private const double TwoOverPi = 0.63661977236758138;

    // pi/2 in three parts (Cody and Waite); with fused multiply-add x - n PiHalf is exact.
    private const double PiHalf = 1.5707963267948966, PiHalfMiddle = 6.123233995736766e-17, PiHalfLow = -1.4973849048591698e-33;

    // sin r = r + r^3 S(r^2), cos r = 1 - r^2/2 + r^4 C(r^2); relative errors 2^-57.9 and 2^-63.9 for |r| <= pi/4.
    private const double
        S3 = -0.1666666666666663, S5 = 0.0083333333333218407, S7 = -0.0001984126982935862,
        S9 = 2.7557313538595045e-06, S11 = -2.5050734409749536e-08, S13 = 1.5895434889852872e-10;
    private const double
        C4 = 0.041666666666666595, C6 = -0.001388888888887334, C8 = 2.4801587288999918e-05,
        C10 = -2.7557314216269866e-07, C12 = 2.0875705278472791e-09, C14 = -1.135874266949644e-11;

    /// <summary>sin x within 1 unit in the last place, x in radians and |x| at most 2^24.</summary>
    public static double Sin(double x)
    {
        CheckAngle(nameof(Sin), x);
        return x == 0 ? x : Quadrant(x, 0);
    }

    /// <summary>cos x within 1 unit in the last place, x in radians and |x| at most 2^24.</summary>
    public static double Cos(double x)
    {
        CheckAngle(nameof(Cos), x);
        return Quadrant(x, 1);
    }

    private static void CheckAngle(string function, double x)
    {
        if (!(Math.Abs(x) <= LargestAngle))
            throw new ArgumentOutOfRangeException(nameof(x), string.Create(CultureInfo.InvariantCulture,
                $"{function}: the angle must lie between -{LargestAngle} and {LargestAngle} radians, got {x}; reduce it first."));
    }

    // sin(x + quarterTurns pi/2)
    private static double Quadrant(double x, int quarterTurns)
    {
        // x = n pi/2 + r + rLow. The middle part is subtracted as an exact sum: for x close to a multiple of pi/2 it decides.
        double n = Math.FusedMultiplyAdd(x, TwoOverPi, RoundToInteger) - RoundToInteger;
        double product = TwoProduct(-n, PiHalfMiddle, out double productLow);
        double r = TwoSum(Math.FusedMultiplyAdd(n, -PiHalf, x), product, out double rLow);
        r = FastTwoSum(r, rLow + Math.FusedMultiplyAdd(n, -PiHalfLow, productLow), out rLow);

        int quadrant = ((int)n + quarterTurns) & 3;
        double y = (quadrant & 1) == 0 ? SinPolynomial(r, rLow) : CosPolynomial(r, rLow);
        return quadrant >= 2 ? -y : y;
    }

    private static double SinPolynomial(double r, double rLow)
    {
        double z = r * r;
        double p = Math.FusedMultiplyAdd(S13, z, S11);
        p = Math.FusedMultiplyAdd(p, z, S9);
        p = Math.FusedMultiplyAdd(p, z, S7);
        p = Math.FusedMultiplyAdd(p, z, S5);
        p = Math.FusedMultiplyAdd(p, z, S3);
        return r + Math.FusedMultiplyAdd(r * z, p, rLow * (1 - 0.5 * z));
    }

    private static double CosPolynomial(double r, double rLow)
    {
        double z = r * r, half = 0.5 * z;
        double p = Math.FusedMultiplyAdd(C14, z, C12);
        p = Math.FusedMultiplyAdd(p, z, C10);
        p = Math.FusedMultiplyAdd(p, z, C8);
        p = Math.FusedMultiplyAdd(p, z, C6);
        p = Math.FusedMultiplyAdd(p, z, C4);
        double w = 1 - half;
        return w + (((1 - w) - half) + Math.FusedMultiplyAdd(z * z, p, -r * rLow));
    }
}
