using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Models;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>How much answers differ among each other.</summary>
/// <param name="Distinct">Different answers.</param>
/// <param name="Commonest">Share of the commonest answer: a model that has collapsed gives one answer to most.</param>
public readonly record struct AnswerVariety(int Distinct, double Commonest)
{
    internal static AnswerVariety Of(IReadOnlyCollection<string> answers)
    {
        var groups = answers.GroupBy(ExactMatch.Normal, StringComparer.Ordinal).ToList();
        return new AnswerVariety(groups.Count, (double)groups.Max(g => g.Count()) / answers.Count);
    }
}

/// <summary>One score for each item of a split.</summary>
/// <param name="Metric">What they are: <see cref="AnswerScoring.RougeL"/> or <see cref="AnswerScoring.Accuracy"/>.</param>
/// <param name="Values">In the order of the items.</param>
/// <param name="Distinct">Different answers.</param>
/// <param name="Commonest">Share of the commonest answer.</param>
public sealed record ItemScores(string Metric, IReadOnlyList<double> Values, int Distinct, double Commonest)
{
    /// <summary>Items that were too long to be answered; they have no score.</summary>
    public int LeftOut { get; init; }

    /// <summary>Of the items with their references; null where an earlier version scored, which did not write it down.</summary>
    public string? ItemsSha256 { get; init; }

    /// <summary>Of the references: what variety there is to find.</summary>
    public AnswerVariety? References { get; init; }
}

/// <summary>Scores a model's own answers item by item: for comparisons of many models. Impressions are answered greedily, whatever the recipe's answers say.</summary>
public static class AnswerScoring
{
    public const string RougeL = "ROUGE-L", Accuracy = "accuracy";

    internal const string LogName = "scorings.jsonl";

    private const long MaxLogBytes = 1 << 24;

    /// <summary>Protocols: 1 where the label is admissible, chosen among all that training has shown, see <see cref="LabelChooser"/>. Impressions: ROUGE-L's F of the likeliest answer.</summary>
    /// <param name="limit">Items at most, the first of the split; those that are too long are left out and counted.</param>
    /// <exception cref="RecipeException">The split is empty or too long altogether, or the recipe's task has no answers.</exception>
    public static ItemScores Score(LlamaModel model, Tokenizer tokenizer, Recipe recipe, IReadOnlyList<PreparedFolder> data, DataSplit split, int limit)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        return Score(tokenizer, recipe, data, split, limit, (encoder, _, labels, items) => recipe.Task == TrainingTask.Protocol
            ? new LabelChooser(model, encoder, labels, recipe.ThroughProblems).Answer(items)
            : new Predictor(model, encoder, ScoredItems.AnswerTokens(encoder)).Answer(items));
    }

    /// <summary>The commonest answer of the training data to everything: what is to be had without reading.</summary>
    /// <inheritdoc cref="Score(LlamaModel, Tokenizer, Recipe, IReadOnlyList{PreparedFolder}, DataSplit, int)"/>
    public static ItemScores ScoreConstant(Tokenizer tokenizer, Recipe recipe, IReadOnlyList<PreparedFolder> data, DataSplit split, int limit) =>
        Score(tokenizer, recipe, data, split, limit, (_, train, _, items) => Baselines.Constant(train, items));

    /// <summary>What its scores are made of, for people.</summary>
    internal static string AnswersOf(Recipe recipe) => recipe.Task == TrainingTask.Protocol ? "the likeliest labels" : "greedy answers";

    /// <summary>Refuses items that are too long altogether, before anything is trained.</summary>
    /// <exception cref="RecipeException">No item can be scored.</exception>
    internal static void Check(Tokenizer tokenizer, Recipe recipe, IReadOnlyList<PreparedFolder> data, DataSplit split, int limit) => _ = Items(tokenizer, recipe, data, split, limit);

    /// <summary>Writes down that a split was looked at, before it is: one that is looked at again and again stops being a test.</summary>
    /// <param name="bound">What the comparison had stated by then, see <see cref="ArmsBinding"/>.</param>
    internal static void Log(string folder, DataSplit split, int items, ArmsBinding? bound = null)
    {
        using var stream = new FileStream(Path.Combine(folder, LogName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        var line = new JsonObject { ["split"] = split.Name(), ["items"] = items, ["utc"] = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) };
        if (bound is not null) line[ArmsBinding.Key] = bound.ToJson();
        // a line that a crash has torn must not swallow this one
        stream.Seek(Math.Max(0, stream.Length - 1), SeekOrigin.Begin);
        byte[] before = stream.ReadByte() is -1 or '\n' ? [] : [(byte)'\n'];
        stream.Write([.. before, .. JsonSerializer.SerializeToUtf8Bytes(line), (byte)'\n']);
        stream.Flush(flushToDisk: true);
    }

    /// <summary>What was logged in a folder, a line each; one that an interruption has torn counts as an empty one of no split.</summary>
    internal static IReadOnlyList<JsonObject> Logged(string folder)
    {
        var info = new FileInfo(Path.Combine(folder, LogName));
        if (!info.Exists) return [];
        if (info.Length > MaxLogBytes) throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"{info.FullName}: must have at most {MaxLogBytes} bytes, has {info.Length}."));
        return [.. File.ReadLines(info.FullName).Where(l => l.Length > 0).Select(Parsed)];
    }

    /// <summary>How often a split was looked at.</summary>
    internal static int Looks(string folder, DataSplit split) => Logged(folder).Count(l => l["split"] is JsonValue v && v.TryGetValue(out string? name) && name == split.Name());

    private static ItemScores Score(Tokenizer tokenizer, Recipe recipe, IReadOnlyList<PreparedFolder> data, DataSplit split, int limit, Func<ExampleEncoder, PromptExample[], string[], PromptExample[], IReadOnlyList<string>> answer)
    {
        var (encoder, train, labels, scored) = Items(tokenizer, recipe, data, split, limit);
        var items = scored.Items;
        var answers = answer(encoder, train, labels, items);
        bool protocol = recipe.Task == TrainingTask.Protocol;
        double[] values = [.. items.Select((item, i) => protocol ? (IsAdmissible(item, answers[i]) ? 1.0 : 0.0) : Rouge.L(item.Answer, answers[i]).F)];
        var variety = AnswerVariety.Of([.. answers]);
        return new ItemScores(protocol ? Accuracy : RougeL, values, variety.Distinct, variety.Commonest)
        {
            LeftOut = scored.LeftOut, ItemsSha256 = scored.Sha256(), References = AnswerVariety.Of([.. items.Select(i => i.Answer)]),
        };
    }

    private static (ExampleEncoder Encoder, PromptExample[] Train, string[] Labels, ScoredItems Items) Items(Tokenizer tokenizer, Recipe recipe, IReadOnlyList<PreparedFolder> data, DataSplit split, int limit)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        if (recipe.Task == TrainingTask.Text) throw new RecipeException($"{recipe.Name}: pretraining has no answers to score; compare its validation losses.");
        data = TrainingData.Asked(recipe, data);
        PromptExample[] train = [.. data.SelectMany(d => d.Read(DataSplit.Train))];
        string[] labels = recipe.Task == TrainingTask.Protocol ? LabelSet.Of(train) : [];
        var encoder = new ExampleEncoder(tokenizer, recipe.Batch.SequenceLength);
        return (encoder, train, labels, ScoredItems.Of(recipe, encoder, data.SelectMany(d => d.Read(split)), split.Name(), limit, labels));
    }

    private static JsonObject Parsed(string line)
    {
        try
        {
            return JsonNode.Parse(line, null, new JsonDocumentOptions { MaxDepth = 4 }) as JsonObject ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static bool IsAdmissible(PromptExample item, string answer) => item.Admissible.Count > 0 ? item.Admissible.Contains(answer, StringComparer.Ordinal) : item.Answer == answer;
}
