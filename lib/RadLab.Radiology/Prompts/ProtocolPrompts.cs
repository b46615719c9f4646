namespace RadLab.Radiology;

/// <summary>Provider's note → protocol.</summary>
public static class ProtocolPrompts
{
    public const string Task = "protocol";

    private const ulong WordingStream = 31;
    private const string NoProblems = "none stated";

    /// <summary>Ways to ask for the same thing; which one an example gets depends on the seed and the note's identity.</summary>
    public static IReadOnlyList<string> Instructions { get; } =
    [
        "Choose the imaging protocol for this order.",
        "Which protocol fits the clinical note?",
        "Assign a radiology protocol to the following note.",
        "Read the provider's note and name the protocol.",
        "Protocol this imaging request.",
        "Give the examination that should be performed.",
        "Select the protocol that answers the provider's question.",
        "Name the most suitable imaging protocol.",
        "What protocol should be used for this patient?",
        "Decide on the protocol for the request below.",
        "State the protocol label for this note.",
        "Pick the imaging study that this note calls for.",
    ];

    /// <summary>The preferred label is the answer; all admissible ones are kept where there is more than one.</summary>
    /// <param name="split">train, validation or test; written into the example.</param>
    /// <exception cref="ArgumentException">The note is empty or has no protocol.</exception>
    public static PromptExample Build(ProtocolNote note, ulong seed, string split)
    {
        if (string.IsNullOrWhiteSpace(note.Note)) throw new ArgumentException($"ProtocolPrompts.Build: note {note.Source}/{note.Id} is empty; clean the data first.", nameof(note));
        if (note.Protocols.Count == 0) throw new ArgumentException($"ProtocolPrompts.Build: note {note.Source}/{note.Id} has no protocol; label it or leave it out.", nameof(note));
        int wording = new SeededRandom(seed, WordingStream, SeededRandom.Hash($"{note.Source}\n{note.Id}")).Below(Instructions.Count);
        return new PromptExample
        {
            Id = note.Id, Task = Task, Split = split, Instruction = Instructions[wording], Input = note.Note.Trim(), Answer = note.Protocols[0],
            Admissible = note.Protocols.Count > 1 ? note.Protocols : [], Problems = note.Problems,
        };
    }

    /// <summary>The same question of a list of problems in the place of the note: the label can then follow from nothing else.</summary>
    /// <param name="problems">A list that says nothing reads as "none stated".</param>
    public static PromptExample OfProblems(PromptExample example, string problems)
    {
        ArgumentNullException.ThrowIfNull(example);
        return example with { Input = string.IsNullOrWhiteSpace(problems) ? NoProblems : problems.Trim() };
    }
}
