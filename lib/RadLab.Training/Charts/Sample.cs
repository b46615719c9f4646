namespace RadLab.Training;

/// <summary>Named values in order of size; those that are not finite are left out.</summary>
internal sealed record Sample
{
    public Sample(string name, IEnumerable<double> values)
    {
        Name = name;
        Sorted = [.. values.Where(double.IsFinite).Order()];
    }

    public string Name { get; }
    public double[] Sorted { get; }

    /// <summary>Between order statistics by straight lines (type 7 of Hyndman and Fan, what R and NumPy do).</summary>
    public double Quantile(double p)
    {
        double at = p * (Sorted.Length - 1);
        int i = (int)at;
        return i + 1 < Sorted.Length ? Sorted[i] + (at - i) * (Sorted[i + 1] - Sorted[i]) : Sorted[^1];
    }
}
