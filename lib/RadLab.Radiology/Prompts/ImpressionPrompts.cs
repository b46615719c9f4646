namespace RadLab.Radiology;

/// <summary>What stands before the findings in a prompt.</summary>
[Flags]
public enum PromptContext
{
    /// <summary>The findings alone.</summary>
    FindingsOnly = 0,
    Examination = 1,
    Indication = 2,
    Comparison = 4,
}

/// <summary>Findings → impression.</summary>
public static class ImpressionPrompts
{
    public const string Task = "impression";

    private const ulong WordingStream = 30;

    /// <summary>Twenty ways to ask for the same thing; which one an example gets depends on the seed and the report's identity.</summary>
    public static IReadOnlyList<string> Instructions { get; } =
    [
        "Write the impression of this radiology report.",
        "Read the findings and write the impression.",
        "Summarize the findings below as a radiologist's impression.",
        "Give the impression that follows from these findings.",
        "What is the impression for the following findings?",
        "State the conclusion of this examination in the style of an impression.",
        "Condense the findings into an impression.",
        "From the findings, formulate the impression section.",
        "Complete the report: write its impression.",
        "As the reading radiologist, dictate the impression.",
        "Draft the impression for the referring physician.",
        "List the key conclusions of the findings as an impression.",
        "Based on the findings, what should the impression say?",
        "Provide a concise impression for this study.",
        "Turn the following findings into an impression, most important point first.",
        "Write the final section of the report, the impression.",
        "Interpret these findings and state the impression.",
        "Formulate a short impression that covers what matters in the findings.",
        "The impression of this report is missing; write it.",
        "Conclude the report with an impression drawn from its findings.",
    ];

    /// <param name="split">train, validation or test; written into the example.</param>
    /// <exception cref="ArgumentException">The report has no findings or no impression.</exception>
    public static PromptExample Build(Report report, ulong seed, string split, PromptContext context = PromptContext.FindingsOnly)
    {
        if (string.IsNullOrWhiteSpace(report.Findings)) throw Missing(report, "findings");
        if (string.IsNullOrWhiteSpace(report.Impression)) throw Missing(report, "impression");
        return new PromptExample { Id = report.Id, Task = Task, Split = split, Instruction = Instructions[Wording(report, seed)], Input = Input(report, context), Answer = report.Impression.Trim() };
    }

    private static int Wording(Report report, ulong seed) => new SeededRandom(seed, WordingStream, SeededRandom.Hash($"{report.Source}\n{report.Id}")).Below(Instructions.Count);

    private static string Input(Report report, PromptContext context)
    {
        string before = "";
        if (context.HasFlag(PromptContext.Examination) && report.Exam.Length > 0) before += $"Examination: {report.Exam.Trim()}\n";
        if (context.HasFlag(PromptContext.Indication) && report.Indication.Length > 0) before += $"Indication: {report.Indication.Trim()}\n";
        if (context.HasFlag(PromptContext.Comparison) && report.Comparison.Length > 0) before += $"Comparison: {report.Comparison.Trim()}\n";
        return before + report.Findings.Trim();
    }

    private static ArgumentException Missing(Report report, string section) =>
        new($"ImpressionPrompts.Build: report {report.Source}/{report.Id} has no {section}; clean the data first.", nameof(report));
}
