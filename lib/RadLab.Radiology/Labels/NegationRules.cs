namespace RadLab.Radiology;

/// <summary>What a sentence says of a phrase in it: for any text of clinical English, whatever the phrase.</summary>
public static class NegationRules
{
    private static readonly PhraseTable s_cues = SentenceReading.WithCues(new PhraseTable());

    [ThreadStatic]
    private static SentenceReading? s_reading;

    /// <summary>What the sentence says of the characters [start, start + length).</summary>
    public static Assertion Of(string sentence, int start, int length)
    {
        ArgumentNullException.ThrowIfNull(sentence);
        if (start < 0 || length < 1 || start > sentence.Length - length)
            throw new ArgumentException(FormattableString.Invariant($"NegationRules: start and length must lie inside the sentence of {sentence.Length} characters, got {start} and {length}."));
        var reading = s_reading ??= new SentenceReading();
        reading.ReadCues(sentence, s_cues);
        int first = -1, end = -1;
        for (int w = 0; w < reading.Words.Length; w++)
        {
            var word = reading.Words[w];
            if (word.End <= start || word.Start >= start + length) continue;
            if (first < 0) first = w;
            end = w + 1;
        }
        return first < 0 ? Assertion.Present : AssertionRules.Judge(reading.Cues, reading.Clause, first, end, noNewIsOpen: false);
    }
}
