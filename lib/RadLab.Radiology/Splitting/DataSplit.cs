namespace RadLab.Radiology;

/// <summary>The side on which a record stands.</summary>
public enum DataSplit
{
    Train,
    Validation,
    Test,
}

/// <summary>The names that files use: <c>train</c>, <c>validation</c>, <c>test</c>.</summary>
public static class DataSplits
{
    public static string Name(this DataSplit split) => split switch
    {
        DataSplit.Train => "train",
        DataSplit.Validation => "validation",
        DataSplit.Test => "test",
        _ => throw new ArgumentOutOfRangeException(nameof(split), split, "DataSplit: no such side."),
    };

    public static bool TryParse(string name, out DataSplit split)
    {
        (bool known, split) = name switch
        {
            "train" => (true, DataSplit.Train),
            "validation" => (true, DataSplit.Validation),
            "test" => (true, DataSplit.Test),
            _ => (false, default),
        };
        return known;
    }
}
