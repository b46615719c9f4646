namespace RadLab.Notebooks;

/// <summary>A language besides C# whose cells run and whose values can be shared. Nothing is started before its first cell.</summary>
internal interface ICellLanguage : IDisposable
{
    Task<CellResult> RunAsync(CellPart part, CellPlace place);

    /// <summary>The value that the language has under a name.</summary>
    /// <exception cref="UnsupportedCellException">It has none.</exception>
    object? Get(string name, int line);

    /// <summary>Gives the language a value under a name.</summary>
    /// <exception cref="UnsupportedCellException">The language cannot hold such a value.</exception>
    void Declare(string name, object? value, int line);

    /// <summary>The values it holds: what must not be disposed as long as they are.</summary>
    IEnumerable<object?> Held { get; }
}
