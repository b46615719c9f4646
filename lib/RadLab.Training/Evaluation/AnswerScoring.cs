using System.Globalization;
using System.Text.Json;
using RadLab.Models;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>One score for each item of a split.</summary>
/// <param name="Metric">What they are: <see cref="AnswerScoring.RougeL"/> or <see cref="AnswerScoring.Accuracy"/>.</param>
/// <param name="Values">In the order of the items.</param>
/// <param name="Distinct">Different answers.</param>
/// <param name="Commonest">Share of the commonest answer: a model that has collapsed gives one answer to most.</param>
public sealed record ItemScores(string Metric, IReadOnlyList<double> Values, int Distinct, double Commonest);

/// <summary>Scores a model's own answers item by item, without baselines: for comparisons of many models.</summary>
public static class AnswerScoring
{
    public const string RougeL = "ROUGE-L", Accuracy = "accuracy";

    /// <summary>Protocols: 1 where the label is admissible, chosen among all that training has shown, see <see cref="LabelChooser"/>. Impressions: ROUGE-L's F of the likeliest answer.</summary>
    /// <param name="limit">Items at most, the first of the split.</param>
    /// <exception cref="RecipeException">The split is empty, or the recipe's task has no answers.</exception>
    public static ItemScores Score(LlamaModel model, Tokenizer tokenizer, Recipe recipe, IReadOnlyList<PreparedFolder> data, DataSplit split, int limit)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        if (recipe.Task == TrainingTask.Text) throw new RecipeException($"{recipe.Name}: pretraining has no answers to score; compare its validation losses.");
        data = TrainingData.Asked(recipe, data);
        PromptExample[] items = [.. data.SelectMany(d => d.Read(split)).Take(limit)];
        if (items.Length == 0) throw new RecipeException($"data {recipe.Data}: the split {split.Name()} is empty; there is nothing to score.");
        var encoder = new ExampleEncoder(tokenizer, recipe.Batch.SequenceLength);
        bool protocol = recipe.Task == TrainingTask.Protocol;
        var answers = protocol ? new LabelChooser(model, encoder, LabelSet.Of(data.SelectMany(d => d.Read(DataSplit.Train))), recipe.ThroughProblems).Answer(items) : new Predictor(model, encoder, Math.Max(1, encoder.MaxTokens / 3)).Answer(items);
        double[] values = [.. items.Select((item, i) => protocol ? (IsAdmissible(item, answers[i]) ? 1.0 : 0.0) : Rouge.L(item.Answer, answers[i]).F)];
        var groups = answers.GroupBy(ExactMatch.Normal, StringComparer.Ordinal).ToList();
        return new ItemScores(protocol ? Accuracy : RougeL, values, groups.Count, (double)groups.Max(g => g.Count()) / items.Length);
    }

    /// <summary>Writes down that a split was looked at, before it is: one that is looked at again and again stops being a test.</summary>
    internal static void Log(string folder, DataSplit split, int items)
    {
        using var stream = new FileStream(LogOf(folder), FileMode.Append, FileAccess.Write, FileShare.Read);
        stream.Write([.. JsonSerializer.SerializeToUtf8Bytes(new { split = split.Name(), items, utc = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) }), (byte)'\n']);
        stream.Flush(flushToDisk: true);
    }

    /// <summary>How often a run's splits have been looked at.</summary>
    internal static int Count(string folder) => File.Exists(LogOf(folder)) ? File.ReadLines(LogOf(folder)).Count() : 0;

    private static string LogOf(string folder) => Path.Combine(folder, "scorings.jsonl");

    private static bool IsAdmissible(PromptExample item, string answer) => item.Admissible.Count > 0 ? item.Admissible.Contains(answer, StringComparer.Ordinal) : item.Answer == answer;
}
