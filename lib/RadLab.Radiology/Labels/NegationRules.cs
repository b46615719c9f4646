namespace RadLab.Radiology;

/// <summary>What a sentence says of a phrase in it: for any text of clinical English, whatever the phrase.</summary>
public static class NegationRules
{
    private static readonly PhraseTable s_cues = SentenceReading.WithCues(new PhraseTable()).Freeze();

    [ThreadStatic]
    private static SentenceReading? s_reading;

    /// <summary>What the sentence says of the characters [start, start + length).</summary>
    public static Assertion Of(string sentence, int start, int length)
    {
        ArgumentNullException.ThrowIfNull(sentence);
        if (start < 0 || length < 1 || start > sentence.Length - length)
            throw new ArgumentException(FormattableString.Invariant($"NegationRules: start and length must lie inside the sentence of {sentence.Length} characters, got {start} and {length}."));
        var reading = s_reading ??= new SentenceReading();
        // what is given as a sentence may be several; the one that holds the phrase counts, or those over which it runs
        int from = 0, to = Sentences.NextEnd(sentence, 0);
        while (to <= start)
        {
            from = to;
            to = Sentences.NextEnd(sentence, from);
        }
        while (to < start + length) to = Sentences.NextEnd(sentence, to);
        var (first, end) = reading.ReadAround(sentence, from, to, start, start + length, s_cues);
        if (first < 0) return Assertion.Present;
        return AssertionRules.Judge(reading.Cues, reading.Clause, first, end) switch
        {
            Shade.Absent or Shade.NoNew => Assertion.Absent,
            Shade.Open or Shade.Favoured => Assertion.Uncertain,
            _ => Assertion.Present,
        };
    }
}
