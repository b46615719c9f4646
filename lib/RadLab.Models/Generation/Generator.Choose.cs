using System.Globalization;
using RadLab.Compute;

namespace RadLab.Models;

/// <summary>How a model rates each of a closed set of answers.</summary>
/// <param name="Best">Index of the likeliest; the first of equals.</param>
/// <param name="RawLogProbabilities">log p(answer | prompt): the sum over its tokens, among all texts that the model could write.</param>
/// <param name="LogProbabilities">The same among the answers alone: their exponentials sum to 1.</param>
/// <param name="Probabilities">Exponentials of <paramref name="LogProbabilities"/>.</param>
public sealed record ChoiceScores(int Best, IReadOnlyList<double> RawLogProbabilities, IReadOnlyList<double> LogProbabilities, IReadOnlyList<double> Probabilities);

public sealed partial class Generator
{
    /// <summary>Rates a closed set of answers to a prompt, such as the labels of a protocol.</summary>
    /// <remarks>
    /// <code>
    /// raw[j] = sum_i log p(choice[j][i] | prompt, choice[j][0 .. i-1])
    /// log p[j] = raw[j] - log sum_k exp(raw[k])
    /// </code>
    /// The prompt is read once, what several answers begin with is read once, and all answers are read side by side. End each answer with a stop token
    /// where one may be the beginning of another: without it the shorter always rates higher.
    /// </remarks>
    /// <param name="choices">Token ids of each answer as they would follow the prompt; at least one each.</param>
    public ChoiceScores Choose(IReadOnlyList<int> prompt, IReadOnlyList<IReadOnlyList<int>> choices) => Choose(prompt, choices, mostRows: 0);

    /// <param name="mostRows">Answers that are read at the same time; 0: as many as pay.</param>
    internal ChoiceScores Choose(IReadOnlyList<int> prompt, IReadOnlyList<IReadOnlyList<int>> choices, int mostRows)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(choices);
        if (choices.Count == 0) throw new ArgumentException("Generation: Choose needs at least one choice, got none.");
        int longest = choices.Max(c => c.Count);
        PromptTokens.Check(Model.Config, prompt, "the prompt", Math.Max(1, longest - 1));
        for (int j = 0; j < choices.Count; j++) PromptTokens.Check(Model.Config, choices[j], string.Create(CultureInfo.InvariantCulture, $"choice {j}"), room: 0);

        var raw = new double[choices.Count];
        using (var scorer = new ChoiceScorer(Model, prompt, longest, raw.Length, mostRows))
        {
            int[] order = [.. Enumerable.Range(0, raw.Length)];
            Array.Sort(order, (a, b) => Compare(choices[a], choices[b]) is var c && c != 0 ? c : a.CompareTo(b));
            foreach (int[] group in order.Chunk(scorer.Rows))
            {
                double[] sums = scorer.LogProbabilities([.. group.Select(j => choices[j])]);
                for (int i = 0; i < group.Length; i++) raw[group[i]] = sums[i];
            }
        }
        return Normalize(raw);
    }

    private ChoiceScores Normalize(double[] raw)
    {
        int best = Array.IndexOf(raw, raw.Max());
        if (!double.IsFinite(raw[best])) throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"Generation: log-probabilities must be finite, got {raw[best]}; the model's weights or the adapter are broken."));
        using var tape = Model.Engine.Tape(recording: false);
        float[] differences = Array.ConvertAll(raw, r => (float)(r - raw[best]));
        using var scores = Model.Engine.From(differences, [1, raw.Length]);
        using var label = Model.Engine.From([best], [1]);
        double logSum = tape.CrossEntropy(scores, label).Item();   // log sum exp(raw - raw[best]): the best itself has 0
        double[] probabilities = Array.ConvertAll(tape.Softmax(scores).ToFloats(), p => (double)p);
        return new ChoiceScores(best, raw, Array.ConvertAll(raw, r => r - raw[best] - logSum), probabilities);
    }

    private static int Compare(IReadOnlyList<int> a, IReadOnlyList<int> b)
    {
        for (int i = 0; i < Math.Min(a.Count, b.Count); i++)
            if (a[i] != b[i]) return a[i].CompareTo(b[i]);
        return a.Count.CompareTo(b.Count);
    }
}
