namespace RadLab.Radiology;

/// <summary>Drops notes that say nothing and tidies the others.</summary>
/// <param name="minWords">Fewer words say nothing; 2 keeps "chest pain".</param>
public sealed class NoteCleaningStep(int minWords = 2) : IRecordStep<ProtocolNote>
{
    public string Name => "clean";

    public StepResult<ProtocolNote> Apply(ProtocolNote record)
    {
        var edits = new List<TextEdit>();
        string note = SectionTidier.Tidy(nameof(ProtocolNote.Note), record.Note, edits);
        if (note.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Length < minWords) return new StepResult<ProtocolNote>(null, new Dropped("note-too-short", "note of too few words"), [], []);
        if (record.Protocols.Any(string.IsNullOrWhiteSpace)) return new StepResult<ProtocolNote>(null, new Dropped("no-protocol", "an empty protocol label"), [], []);
        if (edits.Count == 0) return new StepResult<ProtocolNote>(record);
        return new StepResult<ProtocolNote>(record with { Note = note }, null, [.. edits.Select(e => new AuditEntry(Name, e.Section, e.Start, e.Length, "whitespace", e.Replacement.Length))], ["notes with tidied whitespace"]);
    }
}

/// <summary>Replaces what looks like an identifier. A note is what a report calls its indication.</summary>
public sealed class NoteDeidentificationStep(Deidentifier deidentifier) : IRecordStep<ProtocolNote>
{
    private readonly DeidentificationStep _step = new(deidentifier);

    public string Name => DeidentificationStep.StepName;

    public StepResult<ProtocolNote> Apply(ProtocolNote record)
    {
        var result = _step.Apply(new Report { Id = record.Id, Source = record.Source, PatientId = record.PatientId, Indication = record.Note });
        return new StepResult<ProtocolNote>(record with { Note = result.Record!.Indication }, null, [.. result.Audit.Select(a => a with { Section = nameof(ProtocolNote.Note) })], result.Done);
    }
}
