namespace RadLab.Radiology;

/// <summary>
/// An example as text: what the model reads and what it is to answer. Chat models put System, User and Answer into their own template; models without one
/// read <see cref="PlainPrompt"/> and continue with <see cref="PlainAnswer"/>. Training and inference use the same text: only the answer is left out.
/// </summary>
public sealed record PromptText(string System, string User, string Answer)
{
    /// <summary>Ends with the cue that the answer follows; a tokenizer works on prompt and answer separately, so the boundary is the same with and without an answer.</summary>
    public string PlainPrompt => User;

    /// <summary>Begins with the blank that separates it from the cue.</summary>
    public string PlainAnswer => " " + Answer;

    /// <summary>Prints lengths only: a record's text must not slip into logs through string interpolation.</summary>
    public override string ToString() => FormattableString.Invariant($"Prompt of {User.Length} characters, answer of {Answer.Length}");
}

/// <summary>The one template of each task.</summary>
public static class PromptTemplate
{
    private const string ImpressionSystem = "You are an experienced radiologist. You write concise impressions that follow from the findings and add nothing to them.";
    private const string ProtocolSystem = "You are a radiologist who protocols imaging orders. You answer with the name of one protocol and nothing else.";

    /// <exception cref="ArgumentException">The task is not impression or protocol.</exception>
    public static PromptText Render(PromptExample example)
    {
        var (system, name, cue) = Parts(example.Task);
        return new PromptText(system, $"{example.Instruction}\n\n{name}: {example.Input}\n\n{cue}:", example.Answer);
    }

    /// <summary>The user's text before and after the input, for cutting the input alone.</summary>
    public static (string Head, string Tail) Around(PromptExample example)
    {
        var (_, name, cue) = Parts(example.Task);
        return ($"{example.Instruction}\n\n{name}: ", $"\n\n{cue}:");
    }

    private static (string System, string Name, string Cue) Parts(string task) => task switch
    {
        ImpressionPrompts.Task => (ImpressionSystem, "Findings", "Impression"),
        ProtocolPrompts.Task => (ProtocolSystem, "Note", "Protocol"),
        _ => throw new ArgumentException($"PromptTemplate: task must be {ImpressionPrompts.Task} or {ProtocolPrompts.Task}, got '{task}'.", nameof(task)),
    };
}
