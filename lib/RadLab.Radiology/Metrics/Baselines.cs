namespace RadLab.Radiology;

/// <summary>Answers that need no model. A model that does not beat them has learnt nothing worth having.</summary>
public static class Baselines
{
    /// <summary>The commonest answer of the training data to everything; the first in ordinal order of equals.</summary>
    public static IReadOnlyList<string> Constant(IReadOnlyList<PromptExample> train, IReadOnlyList<PromptExample> test)
    {
        RequireTraining(train);
        string answer = train.GroupBy(e => e.Answer, StringComparer.Ordinal).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).First().Key;
        return [.. test.Select(_ => answer)];
    }

    /// <summary>The first sentence of the input.</summary>
    public static IReadOnlyList<string> LeadSentence(IReadOnlyList<PromptExample> test) => [.. test.Select(e => FirstSentence(e.Input))];

    /// <summary>The answer of the training example whose input is most like; see <see cref="RadLab.Radiology.NearestNeighbour"/>.</summary>
    public static IReadOnlyList<string> NearestNeighbour(IReadOnlyList<PromptExample> train, IReadOnlyList<PromptExample> test)
    {
        RequireTraining(train);
        var index = new NearestNeighbour([.. train.Select(e => e.Input)]);
        return [.. test.Select(e => train[index.Find(e.Input).Index].Answer)];
    }

    // a full stop between digits or after one letter (an initial) ends no sentence
    private static string FirstSentence(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            bool stop = text[i] is '.' or '!' or '?' && (i + 1 == text.Length || char.IsWhiteSpace(text[i + 1])) && !(i >= 1 && char.IsLetter(text[i - 1]) && (i == 1 || !char.IsLetterOrDigit(text[i - 2])));
            if (stop) return text[..(i + 1)].Trim();
        }
        return text.Trim();
    }

    private static void RequireTraining(IReadOnlyList<PromptExample> train)
    {
        ArgumentNullException.ThrowIfNull(train);
        if (train.Count == 0) throw new ArgumentException("Baselines: there must be at least one training example.");
    }
}
