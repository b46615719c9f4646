namespace RadLab.Radiology;

/// <summary>What is left of an example in a sequence of limited length.</summary>
/// <param name="Fits">False: even with the shortest input it is too long; the example is left out and counted, never cut further.</param>
/// <param name="CutStart">First prompt token to remove.</param>
/// <param name="CutLength">How many to remove; 0 where everything fits.</param>
/// <param name="PromptLength">Prompt tokens that stay.</param>
/// <param name="AnswerLength">Answer tokens including the end token: always all of them.</param>
public readonly record struct Truncation(bool Fits, int CutStart, int CutLength, int PromptLength, int AnswerLength)
{
    public int Length => PromptLength + AnswerLength;

    /// <summary>The first position whose token counts in the loss: the answer's first. The prompt never counts.</summary>
    public int LossStart => PromptLength;

    /// <summary>Positions that count: the answer and its end token.</summary>
    public int LossLength => AnswerLength;
}

/// <summary>
/// How examples are fitted into a maximal length: the end of the input (findings, note) is cut; instruction, cue, answer and end token stay whole. An example
/// that would keep fewer than <see cref="LeastInput"/> tokens of its input is left out instead.
/// </summary>
public static class TruncationRule
{
    /// <summary>Findings of fewer tokens than this cannot be summarized.</summary>
    public const int LeastInput = 16;

    /// <summary>For prompts whose parts are not known: the first token stays (begin of text), then the oldest tokens go, so that the cue before the answer stays.</summary>
    public static Truncation Apply(int promptLength, int answerLength, int maxLength)
    {
        Check(promptLength, answerLength, maxLength);
        int cut = Math.Max(0, promptLength + answerLength - maxLength);
        return promptLength - 1 - cut >= LeastInput || cut == 0 ? new Truncation(true, Math.Min(1, promptLength), cut, promptLength - cut, answerLength) : new Truncation(false, 0, 0, promptLength, answerLength);
    }

    /// <param name="promptLength">All prompt tokens, with begin-of-text and the chat template's.</param>
    /// <param name="answerLength">Answer tokens with the end token.</param>
    /// <param name="inputStart">First prompt token that belongs to the input.</param>
    /// <param name="inputLength">Tokens of the input.</param>
    public static Truncation Apply(int promptLength, int answerLength, int maxLength, int inputStart, int inputLength)
    {
        Check(promptLength, answerLength, maxLength);
        if (inputStart < 0 || inputLength < 0 || inputStart + inputLength > promptLength)
            throw new ArgumentOutOfRangeException(nameof(inputStart), FormattableString.Invariant($"TruncationRule.Apply: the input {inputStart}..{inputStart + inputLength} must lie in the prompt of {promptLength} tokens."));
        int cut = Math.Max(0, promptLength + answerLength - maxLength);
        if (cut > 0 && inputLength - cut < LeastInput) return new Truncation(false, 0, 0, promptLength, answerLength);
        return new Truncation(true, inputStart + inputLength - cut, cut, promptLength - cut, answerLength);
    }

    /// <summary>
    /// The same rule on text: the example with its input shortened word by word from the end until prompt and answer fit, or null where the example is to be left out.
    /// </summary>
    /// <param name="countTokens">Tokens of a text, without special tokens.</param>
    /// <param name="overhead">Special tokens around prompt and answer: begin and end of text, the chat template's.</param>
    public static PromptExample? Fit(PromptExample example, Func<string, int> countTokens, int maxLength, int overhead = 2)
    {
        int fixedLength = overhead + countTokens(" " + example.Answer);
        var (head, tail) = PromptTemplate.Around(example);
        int Length(string input) => fixedLength + countTokens(head + input + tail);
        if (Length(example.Input) <= maxLength) return example;

        // word ends; the most that fit are found by halving, then checked, because a token count need not grow with every word
        int[] ends = [.. Enumerable.Range(1, Math.Max(0, example.Input.Length - 1)).Where(i => char.IsWhiteSpace(example.Input[i]) && !char.IsWhiteSpace(example.Input[i - 1]))];
        int low = 0, high = ends.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (Length(example.Input[..ends[middle]]) <= maxLength) low = middle + 1;
            else high = middle;
        }
        int at = low - 1;
        while (at >= 0 && Length(example.Input[..ends[at]]) > maxLength) at--;
        return at >= 0 && countTokens(example.Input[..ends[at]]) >= LeastInput ? example with { Input = example.Input[..ends[at]] } : null;
    }

    private static void Check(int promptLength, int answerLength, int maxLength)
    {
        if (promptLength < 0 || answerLength < 1 || maxLength < 1)
            throw new ArgumentOutOfRangeException(nameof(answerLength), FormattableString.Invariant($"TruncationRule.Apply: needs a prompt of at least 0, an answer of at least 1 (its end token) and a maximum of at least 1 tokens, got {promptLength}, {answerLength} and {maxLength}."));
    }
}
