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

    /// <param name="split">train, validation or test; written into the example.</param>
    /// <exception cref="ArgumentException">The note is empty or its problems are not known.</exception>
    public static PromptExample Build(ProtocolNote note, ulong seed, string split)
    {
        if (string.IsNullOrWhiteSpace(note.Problems)) throw new ArgumentException($"ProblemListPrompts.Build: the problems of note {note.Source}/{note.Id} are not known; only generated notes have them.", nameof(note));
        return Of(ProtocolPrompts.Build(note, seed, split), Wording(seed, $"{note.Source}\n{note.Id}"));
    }

    /// <summary>The question for the problems of a note that is there to be given a protocol; without an answer where they are not known.</summary>
    public static PromptExample Of(PromptExample protocol)
    {
        ArgumentNullException.ThrowIfNull(protocol);
        return Of(protocol, Wording(0, protocol.Id));
    }

    private static PromptExample Of(PromptExample protocol, string instruction) =>
        protocol with { Task = Task, Instruction = instruction, Answer = protocol.Problems ?? "", Problems = null, Admissible = [] };

    private static string Wording(ulong seed, string identity) => Instructions[new SeededRandom(seed, WordingStream, SeededRandom.Hash(identity)).Below(Instructions.Count)];
}
