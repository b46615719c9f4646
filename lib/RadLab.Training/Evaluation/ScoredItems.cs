using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>
/// The items of a split that are answered: the first so many, but for those that are too long. One rule for evaluations, sweeps and comparisons, so that all of them score the same items.
/// </summary>
/// <param name="LeftOut">Items that would keep too little of their input beside an answer; see <see cref="ExampleEncoder"/>.</param>
internal sealed record ScoredItems(PromptExample[] Items, int LeftOut)
{
    /// <param name="labels">Of protocols; empty for impressions.</param>
    /// <exception cref="RecipeException">There is none.</exception>
    public static ScoredItems Of(Recipe recipe, ExampleEncoder encoder, IEnumerable<PromptExample> split, string splitName, int limit, IReadOnlyList<string> labels)
    {
        PromptExample[] all = [.. split.Take(limit)];
        int room = Room(recipe, encoder, labels);
        PromptExample[] items = [.. all.Where(e => Fits(recipe, encoder, e, room))];
        if (all.Length == 0) throw new RecipeException($"data {recipe.Data}: the split {splitName} is empty; there is nothing to score.");
        if (items.Length == 0) throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"batch.sequence_length: all {all.Length} items of the split {splitName} of {recipe.Data} are too long for {encoder.MaxTokens} tokens with room for an answer; raise it."));
        return new ScoredItems(items, all.Length - items.Length);
    }

    /// <summary>Tokens that are kept free for any answer.</summary>
    public static int Room(Recipe recipe, ExampleEncoder encoder, IReadOnlyList<string> labels) => Math.Max(AnswerTokens(encoder),
        Math.Max(recipe.ThroughProblems ? LabelChooser.MostProblemTokens : 1, labels.Select(l => encoder.Answer(ProtocolPrompts.Task, l).Length).DefaultIfEmpty(0).Max()));

    public static bool Fits(Recipe recipe, ExampleEncoder encoder, PromptExample example, int room) =>
        encoder.TryPrompt(recipe.ThroughProblems ? ProblemListPrompts.Of(example) : example, room) is not null;

    /// <summary>Of a written answer at most.</summary>
    public static int AnswerTokens(ExampleEncoder encoder) => Math.Max(1, encoder.MaxTokens / 3);

    /// <summary>Of what is asked and what is expected: scores of other items cannot be compared.</summary>
    public string Sha256()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var item in Items)
            hash.AppendData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize((string[])[item.Id, item.Instruction, item.Input, item.Answer, .. item.Admissible]) + "\n"));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
