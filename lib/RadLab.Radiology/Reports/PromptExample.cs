namespace RadLab.Radiology;

/// <summary>
/// One line of a prepared file: what the trainer tokenizes. Loss falls on <see cref="Answer"/> and the end token alone.
/// </summary>
public sealed record PromptExample
{
    public required string Id { get; init; }

    /// <summary><c>impression</c>, <c>protocol</c> or <c>problems</c>.</summary>
    public required string Task { get; init; }

    /// <summary><c>train</c>, <c>validation</c> or <c>test</c>.</summary>
    public required string Split { get; init; }

    /// <summary>What to do, one of the task's wordings.</summary>
    public required string Instruction { get; init; }

    /// <summary>Findings or note.</summary>
    public required string Input { get; init; }

    /// <summary>The reference answer.</summary>
    public required string Answer { get; init; }

    /// <summary>All admissible answers where there is more than one (protocols), else empty.</summary>
    public IReadOnlyList<string> Admissible { get; init; } = [];

    /// <summary>Of a note, its problems in plain words; null where the source does not know them. See <see cref="ProblemListPrompts"/>.</summary>
    public string? Problems { get; init; }

    /// <summary>Prints the identity only: a record's text must not slip into logs through string interpolation.</summary>
    public override string ToString() => $"Example {Task}/{Id} ({Split})";
}
