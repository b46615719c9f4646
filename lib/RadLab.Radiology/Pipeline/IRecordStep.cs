namespace RadLab.Radiology;

/// <summary>A stage that looks at one record at a time: sections, cleaning, de-identification. Called from several threads; the order of the records is kept around it.</summary>
public interface IRecordStep<T>
    where T : class
{
    /// <summary>As the data card shows it.</summary>
    string Name { get; }

    StepResult<T> Apply(T record);
}

/// <summary>The record after a step, or why it is dropped.</summary>
/// <param name="Audit">What the step changed, at its place in the text that the step was given.</param>
/// <param name="Done">Names of what the step did, counted over all records: "findings found", "replaced as date".</param>
public readonly record struct StepResult<T>(T? Record, Dropped? Dropped, IReadOnlyList<AuditEntry> Audit, IReadOnlyList<string> Done)
    where T : class
{
    public StepResult(T record)
        : this(record, null, [], [])
    {
    }
}

/// <param name="Reason">Lower-case words joined by hyphens.</param>
/// <param name="Meaning">For people.</param>
public sealed record Dropped(string Reason, string Meaning);

/// <summary>One line of the audit file: where a step changed a kept record, never what stood there.</summary>
/// <param name="Section">Findings, Impression, …</param>
/// <param name="Start">First character, in the section as the step was given it.</param>
/// <param name="Length">Characters replaced.</param>
/// <param name="Kind">What was replaced: <c>whitespace</c>, <c>date</c>, <c>name</c>, …</param>
/// <param name="NewLength">Characters put in their place.</param>
/// <param name="Token">Keyed token of the value, where the step was told to make them.</param>
public sealed record AuditEntry(string Step, string Section, int Start, int Length, string Kind, int NewLength, string? Token = null);

/// <summary>What the pipeline must know about the records it prepares: reports or notes.</summary>
public interface IRecordKind<T>
    where T : class
{
    string Id(T record);

    string Source(T record);

    string? PatientId(T record);

    /// <summary>The same record under identifiers that may leave the machine.</summary>
    T WithIds(T record, string id, string? patientId);

    /// <summary>Records with the same words here are duplicates.</summary>
    string DuplicateText(T record);

    /// <summary>What must not stand in training and in evaluation: the input of the task.</summary>
    string EvaluationText(T record);
}
