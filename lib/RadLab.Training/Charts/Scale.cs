using System.Globalization;
using RadLab.Compute;

namespace RadLab.Training;

/// <summary>A place on an axis, 0 to 1, and what stands there.</summary>
internal readonly record struct Tick(double Place, string Label);

/// <summary>Where values lie along an axis, and which of them are written there.</summary>
internal abstract class Scale
{
    /// <summary>0 at the axis' start, 1 at its end; NaN for what cannot be shown.</summary>
    public abstract double Place(double value);

    /// <param name="most">More ticks than this would stand too close.</param>
    public abstract IReadOnlyList<Tick> Ticks(int most);

    /// <summary>From data to a scale: room at both ends unless the axis fixes them.</summary>
    /// <param name="zero">Begin at zero where the data allow it: lengths of bars must be honest.</param>
    public static Scale Of(Axis axis, IEnumerable<double> values, bool zero = false)
    {
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        foreach (double v in values)
        {
            if (!double.IsFinite(v) || axis.Log && v <= 0) continue;
            (low, high) = (Math.Min(low, v), Math.Max(high, v));
        }
        if (low > high) (low, high) = axis.Log ? (1, 10) : (0, 1);
        if (axis.Log) return new LogScale(axis.Min ?? low, axis.Max ?? high);
        if (zero) (low, high) = (Math.Min(0, low), Math.Max(0, high));
        if (low == high) (low, high) = (low - (low == 0 ? 1 : Math.Abs(low) * 0.1), high + (high == 0 ? 1 : Math.Abs(high) * 0.1));
        double room = (high - low) * 0.04;
        double from = axis.Min ?? (zero && low == 0 ? 0 : low - room), to = axis.Max ?? (zero && high == 0 ? 0 : high + room);
        if (!(to > from)) throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Chart: axis '{axis.Text}' would go from {from} to {to}; Min must be below Max."));
        return new LinearScale(from, to);
    }

    /// <summary>A number as ticks and labels show it: no more digits than steps of <paramref name="step"/> need.</summary>
    public static string Format(double value, double step)
    {
        double size = Math.Max(Math.Abs(value), Math.Abs(step));
        if (value == 0) return "0";
        if (size >= 1e6 || size < 1e-3)
        {
            int digits = Math.Clamp(Exponent(Math.Abs(value)) - Exponent(step), 0, 6);
            return value.ToString(digits == 0 ? "0e0" : "0." + new string('#', digits) + "e0", CultureInfo.InvariantCulture).Replace('-', '−');
        }
        int decimals = Math.Clamp(-Exponent(step), 0, 8);
        return value.ToString("#,0." + new string('0', decimals), CultureInfo.InvariantCulture).Replace('-', '−');
    }

    /// <summary>A value for people, to three or four figures.</summary>
    public static string Short(double value) => !double.IsFinite(value) ? value.ToString(CultureInfo.InvariantCulture)
        : Format(value, Math.Abs(value) is var a && (a >= 1000 && a < 1e6 || a < 1e6 && value == Math.Truncate(value)) ? 1 : PowerOfTen(Exponent(a) - 2));

    // 10^n <= value < 10^(n+1), from the decimal digits themselves: no logarithm that could round across a power of ten.
    protected static int Exponent(double value)
    {
        string text = value.ToString("E15", CultureInfo.InvariantCulture);
        return int.Parse(text.AsSpan(text.IndexOf('E', StringComparison.Ordinal) + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
    }

    protected static double PowerOfTen(int n) => double.Parse(string.Create(CultureInfo.InvariantCulture, $"1e{n}"), CultureInfo.InvariantCulture);
}

internal sealed class LinearScale(double from, double to) : Scale
{
    public override double Place(double value) => (value - from) / (to - from);

    public override IReadOnlyList<Tick> Ticks(int most)
    {
        double step = Step((to - from) / Math.Max(1, most));
        var ticks = new List<Tick>();
        // multiples, not sums: ten steps of 0.1 must not end at 0.9999999
        for (double k = Math.Ceiling(from / step - 1e-9); k * step <= to + step * 1e-9 && ticks.Count <= 100; k++)
            ticks.Add(new Tick(Place(k * step), Format(Math.Abs(k) < 0.5 ? 0 : k * step, step)));
        return ticks;
    }

    // The next of 1, 2, 5 times a power of ten.
    private static double Step(double least)
    {
        double power = PowerOfTen(Exponent(least));
        foreach (int factor in new[] { 1, 2, 5 })
            if (factor * power >= least * (1 - 1e-9)) return factor * power;
        return 10 * power;
    }
}

internal sealed class LogScale : Scale
{
    private readonly double _from, _to;

    public LogScale(double from, double to)
    {
        if (!(from > 0) || !(to >= from)) throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Chart: a logarithmic axis needs 0 < Min < Max, got {from} and {to}."));
        double room = Math.Max((Log10(to) - Log10(from)) * 0.04, 0.02);
        (_from, _to) = (Log10(from) - room, Log10(to) + room);
    }

    public override double Place(double value) => value > 0 ? (Log10(value) - _from) / (_to - _from) : double.NaN;

    public override IReadOnlyList<Tick> Ticks(int most)
    {
        int first = (int)Math.Floor(_from), last = (int)Math.Ceiling(_to), every = Math.Max(1, (last - first + most - 1) / Math.Max(1, most));
        int[] factors = (_to - _from) * 3 <= most ? [1, 2, 5] : [1];
        var ticks = new List<Tick>();
        for (int n = first; n <= last; n++)
        {
            if (n % every != 0) continue;
            foreach (int factor in factors)
            {
                double value = factor * PowerOfTen(n), place = Place(value);
                if (place is >= 0 and <= 1) ticks.Add(new Tick(place, Format(value, PowerOfTen(n))));
            }
        }
        return ticks;
    }

    private static double Log10(double x) => DoubleMath.Log(x) * 0.4342944819032518;
}

/// <summary>Named slots of equal width; slot i lies around value i.</summary>
internal sealed class SlotScale(IReadOnlyList<string> labels) : Scale
{
    public override double Place(double value) => (value + 0.5) / labels.Count;

    public override IReadOnlyList<Tick> Ticks(int most) => [.. labels.Select((label, i) => new Tick(Place(i), label))];
}

/// <summary>Places that numbers name: a place stands where its number is, at equal factors equal lengths where they span a factor of 5 or more. Place i is value i.</summary>
internal sealed class PlaceScale : Scale
{
    private const double LogFrom = 5, Inset = 0.07;

    private readonly IReadOnlyList<string> _labels;
    private readonly double[] _at;

    private PlaceScale(IReadOnlyList<string> labels, double[] at) => (_labels, _at) = (labels, at);

    /// <summary>Slots side by side where the places are not different numbers.</summary>
    public static Scale Of(IReadOnlyList<string> labels)
    {
        double[] at = [.. labels.Select(l => double.TryParse(l, NumberStyles.Float, CultureInfo.InvariantCulture, out double n) ? n : double.NaN)];
        if (at.Length < 2 || !at.All(double.IsFinite) || at.Distinct().Count() < at.Length) return new SlotScale(labels);
        if (at.Min() > 0 && at.Max() / at.Min() >= LogFrom) at = [.. at.Select(DoubleMath.Log)];
        double low = at.Min(), high = at.Max();
        return new PlaceScale(labels, [.. at.Select(v => Inset + (1 - 2 * Inset) * (v - low) / (high - low))]);
    }

    public override double Place(double value) => _at[(int)value];

    public override IReadOnlyList<Tick> Ticks(int most)
    {
        var ticks = new List<Tick>();
        foreach (var (place, label) in _at.Zip(_labels).OrderBy(p => p.First))
            if (ticks.Count == 0 || place - ticks[^1].Place >= 0.5 / most) ticks.Add(new Tick(place, label));   // others would lie on their neighbour
        return ticks;
    }
}
