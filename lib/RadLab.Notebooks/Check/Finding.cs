namespace RadLab.Notebooks;

public enum FindingKind
{
    /// <summary>The cells' text has changed since the outputs were made.</summary>
    Stale,

    /// <summary>The stored numbers of the cells are not 1, 2, 3, ...: they were not run from the first to the last.</summary>
    OutOfOrder,

    /// <summary>A cell that once worked fails from a fresh start: it needs something that no cell makes any more.</summary>
    HiddenState,

    /// <summary>A cell fails, and no stored output says that it ever worked.</summary>
    Fails,

    /// <summary>A cell shows something else than what is stored.</summary>
    Differs,

    /// <summary>Outputs lie in a git tree, and nothing states that they show synthetic data only.</summary>
    Unstated,

    /// <summary>The notebook states that it shows synthetic data only, and it has read other data.</summary>
    NotSynthetic,
}

/// <summary>Something about a notebook that its stored outputs do not admit.</summary>
/// <param name="Cell">Number among the cells with code, from 1; 0 for the notebook as a whole.</param>
public sealed record Finding(FindingKind Kind, int Cell, string Message)
{
    public override string ToString() => Cell == 0 ? Message : FormattableString.Invariant($"cell {Cell}: {Message}");
}
