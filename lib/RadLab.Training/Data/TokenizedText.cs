namespace RadLab.Training;

/// <summary>One training text as ids: what is read, and what is learnt of it.</summary>
/// <param name="Id">Of the example, for messages; never its text.</param>
/// <param name="Ids">Prompt, answer and end token.</param>
/// <param name="Labels">By position: the id itself where it counts, <see cref="IgnoredLabel"/> where it is only read. The first position never counts.</param>
/// <param name="Cut">Tokens of the input that were left out to fit.</param>
public sealed record TokenizedText(string Id, int[] Ids, int[] Labels, int Cut)
{
    public const int IgnoredLabel = -100;

    /// <summary>Tokens that the loss falls on.</summary>
    public int Counted { get; } = Count(Labels);

    /// <summary>How much each of its labels counts in the loss, above 0; see <see cref="AnswerWeights"/>.</summary>
    public float Weight { get; init; } = 1;

    private static int Count(int[] labels)
    {
        int n = 0;
        for (int i = 1; i < labels.Length; i++) n += labels[i] == IgnoredLabel ? 0 : 1;
        return n;
    }
}
