using System.Globalization;

namespace RadLab.Compute;

/// <summary>Frequency scaling of Llama 3.1 and later: how a model trained on short texts was stretched to long ones.</summary>
/// <param name="Factor">Long wavelengths are stretched by it (Llama 3.1: 8, Llama 3.2: 32).</param>
/// <param name="LowFrequencyFactor">Wavelengths above OriginalPositions / LowFrequencyFactor are stretched in full (1).</param>
/// <param name="HighFrequencyFactor">Wavelengths below OriginalPositions / HighFrequencyFactor stay as they are (4).</param>
/// <param name="OriginalPositions">Context length before stretching (8192).</param>
public sealed record RopeScaling(double Factor, double LowFrequencyFactor, double HighFrequencyFactor, int OriginalPositions);

/// <summary>
/// Cosines and sines of all rotation angles of <see cref="Ops.Rope(Tape, Tensor, RopeTable, int)"/>, computed once per model in float64 without the C library,
/// so that they are the same bits on every machine.
/// </summary>
/// <remarks>
/// <code>
/// f[i]      = theta^(-2i / D),   i = 0 .. D/2 - 1
/// cos[t,i]  = cos(t f[i]),   sin[t,i] = sin(t f[i])
/// </code>
/// With scaling, L = 2 pi / f, N = OriginalPositions:
/// <code>
/// L &lt; N / high:  f stays          L &gt; N / low:  f / factor
/// between:       (1 - s) f / factor + s f,   s = (N / L - low) / (high - low)
/// </code>
/// </remarks>
public sealed class RopeTable : IDisposable
{
    private const int MostPositions = 1 << 24;   // the largest angle whose sine is computed exactly enough

    private readonly double[] _frequencies;

    /// <param name="positions">Length of the table: positions 0 to <paramref name="positions"/> - 1 can be rotated.</param>
    /// <param name="headWidth">D, even.</param>
    /// <param name="theta">Base of the wavelengths: Llama 2 10,000, Llama 3 500,000.</param>
    /// <param name="scaling">Null: none.</param>
    public RopeTable(Engine engine, int positions, int headWidth, double theta = 10_000, RopeScaling? scaling = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        Require(positions is >= 1 and <= MostPositions, "positions must be 1 to 16777216", positions);
        Require(headWidth >= 2 && headWidth % 2 == 0, "headWidth must be even and positive", headWidth);
        Require((long)positions * headWidth <= int.MaxValue, $"positions times headWidth {headWidth} must be at most {int.MaxValue}; make a shorter table: positions", positions);
        Require(theta >= 1 && double.IsFinite(theta), "theta must be finite and at least 1", theta);
        if (scaling is not null)
        {
            var (factor, low, high, original) = scaling;
            Require(factor >= 1 && double.IsFinite(factor), "scaling.Factor must be finite and at least 1", factor);
            Require(low > 0, "scaling.LowFrequencyFactor must be positive", low);
            Require(high > low && double.IsFinite(high), "scaling.HighFrequencyFactor must be finite and above LowFrequencyFactor", high);
            Require(original >= 1, "scaling.OriginalPositions must be positive", original);
        }

        HeadWidth = headWidth;
        Positions = positions;
        _frequencies = new double[headWidth / 2];
        for (int i = 0; i < _frequencies.Length; i++)
        {
            double f = DoubleMath.Pow(theta, -2.0 * i / headWidth);
            _frequencies[i] = scaling is null ? f : Scale(f, scaling);
        }
        Cos = engine.Empty([positions, headWidth / 2]);
        Sin = engine.Empty([positions, headWidth / 2]);
        Fill();
    }

    /// <summary>D, the width of one head.</summary>
    public int HeadWidth { get; }

    /// <summary>Positions 0 to Positions - 1 are in the table.</summary>
    public int Positions { get; }

    /// <summary>Radians per position of each of the D/2 pairs, after scaling.</summary>
    public IReadOnlyList<double> Frequencies => _frequencies;

    /// <summary>(Positions, D/2), F32.</summary>
    public Tensor Cos { get; }

    /// <summary>(Positions, D/2), F32.</summary>
    public Tensor Sin { get; }

    public void Dispose()
    {
        Cos.Dispose();
        Sin.Dispose();
    }

    private static double Scale(double f, RopeScaling scaling)
    {
        var (factor, low, high, original) = scaling;
        double turns = original / (2 * Math.PI / f);   // N / L: whole turns within the original context
        if (turns > high) return f;
        if (turns < low) return f / factor;
        double s = (turns - low) / (high - low);
        return (1 - s) * f / factor + s * f;
    }

    private void Fill()
    {
        var cos = Cos.AsSpan<float>();
        var sin = Sin.AsSpan<float>();
        int half = _frequencies.Length;
        for (int t = 0; t < Positions; t++)
        {
            for (int i = 0; i < half; i++)
            {
                double angle = t * _frequencies[i];
                cos[t * half + i] = (float)DoubleMath.Cos(angle);
                sin[t * half + i] = (float)DoubleMath.Sin(angle);
            }
        }
    }

    private static void Require(bool holds, string requirement, double got)
    {
        if (!holds) throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"RopeTable: {requirement}, got {got}."));
    }
}
