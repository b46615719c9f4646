namespace RadLab.Notebooks;

/// <summary>What a cell came to.</summary>
/// <param name="HasValue">The cell ends with an expression without semicolon; its value may be null.</param>
public sealed record CellResult(bool HasValue, object? Value, CellError? Error)
{
    public bool Succeeded => Error is null;
}
