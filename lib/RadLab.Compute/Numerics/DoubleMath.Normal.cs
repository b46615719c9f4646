using System.Globalization;

namespace RadLab.Compute;

public static partial class DoubleMath
{
    /// <summary>The x below which a standard normal variable falls with probability p: Wichura's PPND16 (AS 241, Applied
    /// Statistics 37, 1988), relative error about 1e-16; -infinity at 0, +infinity at 1.</summary>
    public static double InverseNormal(double p)
    {
        if (!(p >= 0 && p <= 1))
            throw new ArgumentOutOfRangeException(nameof(p), string.Create(CultureInfo.InvariantCulture, $"InverseNormal: the probability must lie between 0 and 1, got {p}."));

        double q = p - 0.5;
        if (Math.Abs(q) <= 0.425) return q * Ratio(s_centre, 0.180625 - q * q);

        double tail = q < 0 ? p : 1 - p;
        if (tail == 0) return q < 0 ? double.NegativeInfinity : double.PositiveInfinity;
        double r = Math.Sqrt(-Log(tail));
        double x = r <= 5 ? Ratio(s_tail, r - 1.6) : Ratio(s_farTail, r - 5);
        return q < 0 ? -x : x;
    }

    // Numerators and denominators, highest power first.
    private static readonly double[][] s_centre =
    [
        [2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
         1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080],
        [5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
         5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1],
    ];

    private static readonly double[][] s_tail =
    [
        [7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258,
         3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590, 1.42343711074968357734],
        [1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
         6.89767334985100004550e-1, 1.67638483018380384940, 2.05319162663775882187, 1],
    ];

    private static readonly double[][] s_farTail =
    [
        [2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
         2.96560571828504891230e-1, 1.78482653991729133580, 5.46378491116411436990, 6.65790464350110377720],
        [2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
         1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1],
    ];

    private static double Ratio(double[][] fraction, double x) => Horner(fraction[0], x) / Horner(fraction[1], x);

    private static double Horner(double[] coefficients, double x)
    {
        double sum = coefficients[0];
        for (int i = 1; i < coefficients.Length; i++) sum = Math.FusedMultiplyAdd(sum, x, coefficients[i]);
        return sum;
    }
}
