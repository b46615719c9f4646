namespace RadLab.Radiology;

/// <summary>Provider's note → problem list.</summary>
public static class ProblemListPrompts
{
    public const string Task = "problems";

    private const ulong WordingStream = 32;

    /// <summary>Ways to ask for the same thing; which one an example gets depends on the seed and the note's identity.</summary>
    public static IReadOnlyList<string> Instructions { get; } =
    [
        "List the problems that this note states.",
        "Which problems does the provider's note mention?",
        "Read the note and name the complaint and the history.",
        "Put the following note into a problem list.",
    ];

    /// <summary>The note's list of problems stands in the place of its protocols.</summary>
    /// <param name="split">train, validation or test; written into the example.</param>
    /// <exception cref="ArgumentException">The note is empty or has no list.</exception>
    public static PromptExample Build(ProtocolNote note, ulong seed, string split)
    {
        int wording = new SeededRandom(seed, WordingStream, SeededRandom.Hash($"{note.Source}\n{note.Id}")).Below(Instructions.Count);
        return ProtocolPrompts.Build(note, seed, split) with { Task = Task, Instruction = Instructions[wording] };
    }
}
