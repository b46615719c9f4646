namespace RadLab.Radiology;

/// <summary>
/// The one template: what the model is told, an empty line, what it is told about. The model's chat form makes this the user's turn and the answer the assistant's,
/// in training, evaluation and prediction alike.
/// </summary>
public static class PromptTemplate
{
    /// <summary>Goes into the hash of a prompt: another number where the wording around the input changes.</summary>
    public const int Version = 2;

    /// <summary>The user's turn. White space at its ends is not kept by chat forms.</summary>
    public static string Question(string instruction, string input) => $"{instruction}\n\n{input}";

    /// <summary>
    /// The assistant's turn. A protocol's label stands after a heading, as in running text: a label that begins a turn is split into other tokens ("CTA" is then not " CT" and
    /// "A"), which a base that has read labels in texts alone has never seen.
    /// </summary>
    public static string Answer(string task, string answer) => HeadingOf(task) + answer;

    /// <summary>The answer that an assistant's turn gives, whether or not it has the heading.</summary>
    public static string Read(string task, string turn)
    {
        ArgumentNullException.ThrowIfNull(turn);
        string text = turn.Trim(), heading = HeadingOf(task);
        return text.StartsWith(heading, StringComparison.Ordinal) ? text[heading.Length..].Trim() : text;
    }

    private static string HeadingOf(string task) => task == ProtocolPrompts.Task ? "PROTOCOL: " : "";
}
