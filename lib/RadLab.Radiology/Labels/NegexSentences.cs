using System.Globalization;

namespace RadLab.Radiology;

/// <summary>A sentence of the NegEx test file with its marked condition.</summary>
public sealed record NegexSentence(string Condition, string Text, bool Negated);

/// <summary>
/// The annotated sentences of NegEx (Chapman et al.): tab-separated, a heading, then line number, condition, sentence, Negated or Affirmed, and more columns that
/// are not used. The positive class is "Negated": a hit is a sentence marked Negated of whose condition <see cref="NegationRules"/> says
/// <see cref="Assertion.Absent"/>; uncertain counts as not negated. The condition is sought in capitals first, as the file marks it, then in any letters and spacing; where the
/// sentence does not hold it, it counts as affirmed.
/// </summary>
public static class NegexSentences
{
    public static IEnumerable<NegexSentence> Read(IEnumerable<string> lines)
    {
        int number = 0;
        foreach (string line in lines)
        {
            number++;
            string[] fields = line.Split('\t');
            if (fields.Length < 4) throw new DataFormatException(string.Create(CultureInfo.InvariantCulture, $"NegEx sentences: line {number} must have at least 4 columns, got {fields.Length}."));
            if (number == 1) continue;
            if (fields[3] is not ("Negated" or "Affirmed" or "Possible")) throw new DataFormatException(string.Create(CultureInfo.InvariantCulture, $"NegEx sentences: line {number} column 4 must be Negated, Affirmed or Possible."));
            yield return new NegexSentence(fields[1], fields[2], fields[3] == "Negated");
        }
    }

    public static LabelScore Score(IEnumerable<NegexSentence> sentences)
    {
        int hits = 0, falseAlarms = 0, misses = 0;
        foreach (var sentence in sentences)
        {
            bool negated = Find(sentence) is (>= 0 and var start, var length) && NegationRules.Of(sentence.Text, start, length) == Assertion.Absent;
            if (negated && sentence.Negated) hits++;
            else if (negated) falseAlarms++;
            else if (sentence.Negated) misses++;
        }
        return new LabelScore("Negated", hits, falseAlarms, misses);
    }

    private static (int Start, int Length) Find(NegexSentence sentence)
    {
        foreach (bool capitals in new[] { true, false })
            for (int start = 0; start < sentence.Text.Length; start++)
                if (Match(capitals ? sentence.Condition.ToUpperInvariant() : sentence.Condition, sentence.Text, start, capitals ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase) is > 0 and var length)
                    return (start, length);
        return (-1, 0);
    }

    // the length of the condition at this place, with any white space between its words; 0 where it does not stand here
    private static int Match(string condition, string text, int start, StringComparison comparison)
    {
        int at = start;
        foreach (string word in condition.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            if (at > start)
                while (at < text.Length && char.IsWhiteSpace(text[at])) at++;
            if (string.Compare(text, at, word, 0, word.Length, comparison) != 0) return 0;
            at += word.Length;
        }
        return at - start;
    }
}
