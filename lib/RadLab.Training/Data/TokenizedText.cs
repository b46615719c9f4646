namespace RadLab.Training;

/// <summary>One training text as ids: what is read, and what is learnt of it.</summary>
/// <param name="Id">Of the example, for messages; never its text.</param>
/// <param name="Ids">Prompt, answer and end token.</param>
/// <param name="Labels">By position: the id itself where it counts, <see cref="IgnoredLabel"/> where it is only read. The first position never counts.</param>
/// <param name="Cut">Tokens that were left out to fit: of the input, or of the end where <see cref="HasEnd"/> is false.</param>
public sealed record TokenizedText(string Id, int[] Ids, int[] Labels, int Cut)
{
    public const int IgnoredLabel = -100;

    /// <summary>Tokens that the loss falls on.</summary>
    public int Counted { get; } = Count(Labels);

    /// <summary>How much each of its labels counts in the loss, above 0; see <see cref="AnswerWeights"/>.</summary>
    public float Weight { get; init; } = 1;

    /// <summary>False where the text stops without an end token: its end was cut off to fit, or the tokenizer has none. Then <see cref="Cut"/> counts tokens of the end.</summary>
    public bool HasEnd { get; init; } = true;

    /// <summary>The last token that the loss falls on; <see cref="IgnoredLabel"/> where there is none.</summary>
    internal int LastLabel => Array.FindLast(Labels, l => l != IgnoredLabel) is var last && Counted > 0 ? last : IgnoredLabel;

    private static int Count(int[] labels)
    {
        int n = 0;
        for (int i = 1; i < labels.Length; i++) n += labels[i] == IgnoredLabel ? 0 : 1;
        return n;
    }
}
