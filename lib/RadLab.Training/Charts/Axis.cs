namespace RadLab.Training;

/// <summary>An axis of a chart; a plain string is its label.</summary>
/// <param name="Unit">Written in brackets behind the label.</param>
public sealed record Axis(string Label = "", string Unit = "")
{
    /// <summary>First value shown; null leaves it to the data.</summary>
    public double? Min { get; init; }

    /// <summary>Last value shown; null leaves it to the data.</summary>
    public double? Max { get; init; }

    /// <summary>Equal factors are equal lengths. Values that are not above zero are left out.</summary>
    public bool Log { get; init; }

    internal string Text => Unit.Length == 0 ? Label : Label.Length == 0 ? $"[{Unit}]" : $"{Label} [{Unit}]";

    public static implicit operator Axis(string label) => new(label);
}
