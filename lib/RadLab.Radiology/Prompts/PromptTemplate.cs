namespace RadLab.Radiology;

/// <summary>
/// The one template: what the model is told, an empty line, what it is told about. The model's chat form makes this the user's turn and the answer the assistant's,
/// in training, evaluation and prediction alike.
/// </summary>
public static class PromptTemplate
{
    /// <summary>Goes into the hash of a prompt: another number where the wording around the input changes.</summary>
    public const int Version = 1;

    /// <summary>The user's turn. White space at its ends is not kept by chat forms.</summary>
    public static string Question(string instruction, string input) => $"{instruction}\n\n{input}";
}
