namespace RadLab.Compute;

public static partial class DoubleMath
{
    private const double Log2E = 1.4426950408889634;
    private const double RoundToInteger = 6755399441055744;      // 1.5 * 2^52

    // ln 2 in two parts; with fused multiply-add x - n Ln2 is exact.
    private const double Ln2 = 0.69314718055994529, Ln2Low = 2.3190468138462996e-17;

    // e^r = 1 + r + r^2 P(r), relative error 2^-57.9 for |r| <= ln(2)/2.
    private const double
        E2 = 0.50000000000000111, E3 = 0.16666666666666438, E4 = 0.041666666666525819, E5 = 0.008333333333473825,
        E6 = 0.0013888888944842582, E7 = 0.00019841269559846996, E8 = 2.4801491778750421e-05,
        E9 = 2.7557531514467874e-06, E10 = 2.7630739803207825e-07, E11 = 2.5019645250175354e-08;

    /// <summary>e^x within 1 unit in the last place; gradual underflow to 0 below -745.1, +infinity above 709.78.</summary>
    public static double Exp(double x) => double.IsNaN(x) ? x : ExpOfSum(x, 0);

    // e^(high + low), |low| a few units of the last place of high.
    private static double ExpOfSum(double high, double low)
    {
        if (high > 709.8) return double.PositiveInfinity;
        if (high < -745.2) return 0;

        double n = Math.FusedMultiplyAdd(high, Log2E, RoundToInteger) - RoundToInteger;
        double r0 = Math.FusedMultiplyAdd(n, -Ln2, high);
        double r = FastTwoSum(r0, Math.FusedMultiplyAdd(n, -Ln2Low, low), out double error);

        double p = Math.FusedMultiplyAdd(E11, r, E10);
        p = Math.FusedMultiplyAdd(p, r, E9);
        p = Math.FusedMultiplyAdd(p, r, E8);
        p = Math.FusedMultiplyAdd(p, r, E7);
        p = Math.FusedMultiplyAdd(p, r, E6);
        p = Math.FusedMultiplyAdd(p, r, E5);
        p = Math.FusedMultiplyAdd(p, r, E4);
        p = Math.FusedMultiplyAdd(p, r, E3);
        p = Math.FusedMultiplyAdd(p, r, E2);
        double e = 1 + (r + Math.FusedMultiplyAdd(r * r, p, error));

        // Two factors, because 2^n alone leaves the range of normal numbers; the first product is exact.
        int k = (int)n;
        return e * PowerOfTwo(k >> 1) * PowerOfTwo(k - (k >> 1));
    }

    private static double PowerOfTwo(int n) => BitConverter.Int64BitsToDouble((long)(n + 1023) << 52);
}
