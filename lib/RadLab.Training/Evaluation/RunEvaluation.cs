using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Compute;
using RadLab.Models;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>What an evaluation found.</summary>
/// <param name="Tables">All items; for impressions of chest radiographs, abnormal studies alone after that.</param>
/// <param name="Classes">Protocols: scores by label of each system; empty for impressions.</param>
public sealed record EvaluationReport(string Split, IReadOnlyList<AnswerTable> Tables, IReadOnlyList<KeyValuePair<string, ClassScores>> Classes);

/// <summary>Scores a run's adapter on a split beside baselines that need no model, all on the same items.</summary>
/// <remarks>Every scoring of the test split is written to <c>scorings.jsonl</c> in the run's folder: a split that is looked at again and again stops being a test.</remarks>
public sealed class RunEvaluation
{
    private const string Constant = "constant (commonest answer)", Lead = "lead sentence", Nearest = "nearest neighbour", Model = "model";

    private readonly RunRecord _record;
    private readonly IBaseModel _base;
    private readonly PreparedFolder _data;
    private readonly string _folder;

    private RunEvaluation(string folder, RunRecord record, IBaseModel @base, PreparedFolder data) => (_folder, _record, _base, _data) = (folder, record, @base, data);

    /// <exception cref="RecipeException">The run has no result yet.</exception>
    public static RunEvaluation Open(string folder, Action<string>? note = null)
    {
        var record = RunRecord.Load(folder);
        if (!TrainingSubject.HasResult(folder)) throw new RecipeException($"{folder}: the run has not ended, there is nothing to evaluate; go on with it: radlab train --resume {folder}");
        return new RunEvaluation(folder, record, BaseModels.Find(record.Recipe.Model), TrainingData.Open(record.Recipe.Data, note));
    }

    /// <param name="limit">Items at most, the first of the split.</param>
    /// <param name="done">Told how many answers there are.</param>
    public EvaluationReport Run(Engine engine, DataSplit split, int limit, Action<int>? done = null)
    {
        PromptExample[] items = [.. _data.Read(split).Take(limit)];
        if (items.Length == 0) throw new RecipeException($"data {_record.Recipe.Data}: the split {split.Name()} is empty; there is nothing to evaluate.");
        PromptExample[] train = [.. _data.Read(DataSplit.Train)];
        Log(split, items.Length);

        using var subject = TrainingSubject.Result(engine, _record.Recipe, _base, _folder);
        var encoder = new ExampleEncoder(_base.Tokenizer, _record.Recipe.Batch.SequenceLength);
        var predictor = new Predictor(subject.Model, encoder, Math.Max(1, encoder.MaxTokens / 3));
        var answers = _record.Recipe.Task == TrainingTask.Protocol ? Labels(predictor, train, items, done) : predictor.Answer(items, done: done);
        SystemAnswers[] systems =
        [
            new(Constant, Baselines.Constant(train, items)), new(Nearest, Baselines.NearestNeighbour(train, items)),
            .. _record.Recipe.Task == TrainingTask.Protocol ? [] : (SystemAnswers[])[new(Lead, Baselines.LeadSentence(items))], new(Model, answers),
        ];
        var report = new EvaluationReport(split.Name(), Tables(items, systems), _record.Recipe.Task == TrainingTask.Protocol ? Classes(items, systems) : []);
        WholeFile.Write(Path.Combine(_folder, $"evaluation-{split.Name()}.json"), Encoding.UTF8.GetBytes(ToJson(report).ToJsonString(new JsonSerializerOptions { WriteIndented = true, NewLine = "\n" }) + "\n"));
        return report;
    }

    // the closed set of labels that training has shown; each is rated with its end
    private static IReadOnlyList<string> Labels(Predictor predictor, PromptExample[] train, PromptExample[] items, Action<int>? done)
    {
        string[] labels = [.. train.SelectMany(e => e.Admissible.Append(e.Answer)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        string[] answers = new string[items.Length];
        for (int i = 0; i < items.Length; i++)
        {
            answers[i] = labels[predictor.Choose(items[i], labels).Best];
            done?.Invoke(i + 1);
        }
        return answers;
    }

    private IReadOnlyList<AnswerTable> Tables(PromptExample[] items, SystemAnswers[] systems)
    {
        ulong seed = _record.Recipe.Seed;
        string title = $"{_record.Recipe.Name} on {_data.Provenance.DataSet}";
        var all = AnswerTable.Of(title, items, systems, seed);
        if (_record.Recipe.Task != TrainingTask.Impression || !AbnormalStudy.Knows(_data.Provenance.DataSet)) return [all];
        int[] abnormal = [.. Enumerable.Range(0, items.Length).Where(i => AbnormalStudy.Is(items[i]))];
        if (abnormal.Length == 0 || abnormal.Length == items.Length) return [all];
        return [all, AnswerTable.Of(title + ", abnormal studies", [.. abnormal.Select(i => items[i])], [.. systems.Select(s => new SystemAnswers(s.System, [.. abnormal.Select(i => s.Answers[i])]))], seed)];
    }

    private static IReadOnlyList<KeyValuePair<string, ClassScores>> Classes(PromptExample[] items, SystemAnswers[] systems)
    {
        IReadOnlyList<string>[] admissible = [.. items.Select(e => (IReadOnlyList<string>)(e.Admissible.Count > 0 ? e.Admissible : [e.Answer]))];
        return [.. systems.Select(s => KeyValuePair.Create(s.System, ClassScores.Of(admissible, s.Answers)))];
    }

    private void Log(DataSplit split, int items)
    {
        using var stream = new FileStream(Path.Combine(_folder, "scorings.jsonl"), FileMode.Append, FileAccess.Write, FileShare.Read);
        stream.Write(JsonSerializer.SerializeToUtf8Bytes(new { split = split.Name(), items, utc = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) }));
        stream.Write("\n"u8);
    }

    private static JsonObject ToJson(EvaluationReport report)
    {
        var tables = new JsonArray();
        foreach (var table in report.Tables)
            tables.Add(new JsonObject
            {
                ["title"] = table.Title, ["metric"] = Rouge.Version,
                ["rows"] = new JsonArray([.. table.Rows.Select(r => (JsonNode)new JsonObject
                {
                    ["system"] = r.System, ["items"] = r.Items, ["rouge_l"] = Of(r.RougeL), ["exact"] = Of(r.Exact), ["against_first"] = Of(r.AgainstFirst), ["distinct"] = r.Distinct, ["commonest"] = r.Commonest,
                })]),
            });
        var classes = new JsonObject();
        foreach (var (system, scores) in report.Classes) classes[system] = new JsonObject { ["accuracy"] = scores.Accuracy, ["macro_f1"] = scores.MacroF1, ["labels"] = scores.Labels.Count };
        return new JsonObject { ["split"] = report.Split, ["tables"] = tables, ["classes"] = classes };

        static JsonArray Of(Interval i) => [i.Mean, i.Low, i.High];
    }
}
