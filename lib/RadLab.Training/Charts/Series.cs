using System.Numerics;

namespace RadLab.Training;

/// <summary>Named values along an axis. A value that is not a number leaves a gap.</summary>
public sealed record Series
{
    /// <param name="y">Stands at x = 0, 1, 2, ...</param>
    public Series(string name, IEnumerable<double> y)
    {
        (Name, Y) = (name, [.. y]);
        X = [.. Enumerable.Range(0, Y.Count).Select(i => (double)i)];
    }

    public Series(string name, IEnumerable<double> x, IEnumerable<double> y)
    {
        (Name, X, Y) = (name, [.. x], [.. y]);
        Same("x", X, Name, Y);
    }

    public string Name { get; }
    public IReadOnlyList<double> X { get; }
    public IReadOnlyList<double> Y { get; }

    /// <summary>Lower ends of the intervals around <see cref="Y"/>; together with <see cref="High"/>, or neither.</summary>
    public IReadOnlyList<double>? Low { get; init; }

    /// <summary>Upper ends of the intervals.</summary>
    public IReadOnlyList<double>? High { get; init; }

    /// <summary>Values of any number type, at x = 0, 1, 2, ...</summary>
    public static Series Of<T>(string name, IEnumerable<T> y) where T : INumberBase<T> => new(name, y.Select(double.CreateChecked));

    /// <summary>Values of any number types.</summary>
    public static Series Of<TX, TY>(string name, IEnumerable<TX> x, IEnumerable<TY> y) where TX : INumberBase<TX> where TY : INumberBase<TY> =>
        new(name, x.Select(double.CreateChecked), y.Select(double.CreateChecked));

    internal void Check(string chart)
    {
        if ((Low is null) != (High is null)) throw new ArgumentException($"{chart}: series '{Name}' has {(Low is null ? "High without Low" : "Low without High")}; give both or neither.");
        if (Low is not null) Same("Low", Low, Name, Y);
        if (High is not null) Same("High", High, Name, Y);
    }

    private static void Same(string what, IReadOnlyList<double> values, string name, IReadOnlyList<double> y)
    {
        if (values.Count != y.Count) throw new ArgumentException(FormattableString.Invariant($"Series: '{name}' needs as many {what} as Y, got {values.Count} and {y.Count}."));
    }
}
