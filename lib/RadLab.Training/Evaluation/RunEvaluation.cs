using System.Globalization;
using System.Text;
using System.Text.Json;
using RadLab.Compute;
using RadLab.Models;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>Scores a run's adapter on a split beside the base without it and baselines that need no language model, all on the same items.</summary>
/// <remarks>
/// Every scoring of the test split is written to <c>scorings.jsonl</c> in the run's folder: a split that is looked at again and again stops being a test. Protocols are scored on
/// unambiguous and ambiguous notes apart and, with the test split, on real pairs of MTSamples where they are here.
/// </remarks>
public sealed class RunEvaluation
{
    internal const string Constant = "constant (commonest answer)", Lead = "lead sentence", Nearest = "nearest neighbour", Linear = "TF-IDF + logistic regression", Base = "base without adapter", Model = "model", Greedy = "model, greedy";
    private const ulong PairsSeed = 17;

    private readonly RunRecord _record;
    private readonly IBaseModel _base;
    private readonly PreparedFolder _data;
    private readonly ExampleEncoder _encoder;
    private readonly string _folder;

    private RunEvaluation(string folder, RunRecord record, IBaseModel @base, PreparedFolder data) =>
        (_folder, _record, _base, _data, _encoder) = (folder, record, @base, data, new ExampleEncoder(@base.Tokenizer, record.Recipe.Batch.SequenceLength));

    private bool IsProtocol => _record.Recipe.Task == TrainingTask.Protocol;

    /// <exception cref="RecipeException">The run has no result yet, or its data has changed.</exception>
    public static RunEvaluation Open(string folder, Action<string>? note = null)
    {
        var record = RunRecord.Load(folder);
        if (!TrainingSubject.HasResult(folder)) throw new RecipeException($"{folder}: the run has not ended, there is nothing to evaluate; go on with it: radlab train --resume {folder}");
        var data = TrainingData.OpenAll(record.Recipe.Data, note);
        record.CheckData(data);   // scores of other examples than the run was held back from would be no test
        return new RunEvaluation(folder, record, BaseModels.Find(record.Recipe.Model, folder), TrainingData.OneAsked(record.Recipe, data));
    }

    /// <param name="limit">Items at most, the first of the split.</param>
    /// <param name="done">Told how many answers there are.</param>
    /// <param name="withBase">The base without the adapter is a system too: as much work again.</param>
    public EvaluationReport Run(Engine engine, DataSplit split, int limit, Action<int>? done = null, bool withBase = true)
    {
        PromptExample[] train = [.. _data.Read(DataSplit.Train)];
        string[] labels = IsProtocol ? LabelSet.Of(train) : [];
        var (items, leftOut) = ScoredItems.Of(_record.Recipe, _encoder, _data.Read(split), split.Name(), limit, labels);
        int room = ScoredItems.Room(_record.Recipe, _encoder, labels);
        var pairs = IsProtocol && split == DataSplit.Test ? MtSamplesProtocols.Find(DataFolders.Default()) : null;
        PromptExample[] real = [.. (pairs?.Notes ?? []).Select(n => ProtocolPrompts.Build(n, PairsSeed, "test")).Where(e => ScoredItems.Fits(_record.Recipe, _encoder, e, room))];
        AnswerScoring.Log(_folder, split, items.Length);

        PromptExample[] asked = [.. items, .. real];
        var systems = new List<SystemAnswers> { new(Constant, Baselines.Constant(train, asked)), new(Nearest, Baselines.NearestNeighbour(train, asked)) };
        if (IsProtocol)
        {
            var linear = LogisticRegression.Fit([.. train.Select(e => e.Input)], [.. train.Select(e => e.Answer)]);
            systems.Add(new SystemAnswers(Linear, [.. asked.Select(e => linear.Predict(e.Input))]));
        }
        else
        {
            systems.Add(new SystemAnswers(Lead, Baselines.LeadSentence(asked)));
        }
        if (withBase)
        {
            using var model = _base.Load(engine, _record.Recipe.Storage);
            model.Freeze();
            systems.Add(new SystemAnswers(Base, Answers(model, labels, asked, done)));
        }
        using (var subject = TrainingSubject.Result(engine, _record.Recipe, _base, _folder))
        {
            var answers = _record.Recipe.Answers;
            bool beams = !IsProtocol && answers.Beams > 1;
            if (beams) systems.Add(new SystemAnswers(Greedy, Answers(subject.Model, labels, asked, done)));
            systems.Add(new SystemAnswers(Model, beams ? new Predictor(subject.Model, _encoder, AnswerTokens, answers, AnswerPrior.Of(train.Select(e => e.Answer))).Answer(asked, done: done) : Answers(subject.Model, labels, asked, done)));
            if (!IsProtocol && answers.Temperature > 0)
                systems.Add(new SystemAnswers(string.Create(CultureInfo.InvariantCulture, $"model, drawn at {answers.Temperature:0.##}"), new Predictor(subject.Model, _encoder, AnswerTokens, answers).Answer(asked, done: done)));
        }

        var report = Report(split, items, real, systems, leftOut, pairs);
        WholeFile.Write(Path.Combine(_folder, $"evaluation-{split.Name()}.json"), Encoding.UTF8.GetBytes(report.ToJson().ToJsonString(new JsonSerializerOptions { WriteIndented = true, NewLine = "\n" }) + "\n"));
        return report;
    }

    private int AnswerTokens => ScoredItems.AnswerTokens(_encoder);

    private static string Looks(int times) => times == 1 ? "The test split was looked at once for this run."
        : string.Create(CultureInfo.InvariantCulture, $"The test split was looked at {times} times for this run, this time included: what was chosen in between by these scores makes them no test any more.");

    private IReadOnlyList<string> Answers(LlamaModel model, string[] labels, PromptExample[] items, Action<int>? done)
    {
        if (!IsProtocol) return new Predictor(model, _encoder, AnswerTokens).Answer(items, done: done);
        return new LabelChooser(model, _encoder, labels, _record.Recipe.ThroughProblems).Answer(items, done: done);
    }

    private EvaluationReport Report(DataSplit split, PromptExample[] items, PromptExample[] real, List<SystemAnswers> systems, int leftOut, MtSamplesProtocols.Pairs? pairs)
    {
        ulong seed = _record.Recipe.Seed;
        string title = $"{_record.Recipe.Name} on {_data.Provenance.DataSet}{(TeachingModel.Is(_record.Recipe.Model) ? TeachingModel.InTitle : "")}";
        var every = Part((_, i) => i < items.Length);
        var tables = new List<AnswerTable> { AnswerTable.Of(title, every.Items, every.Systems, seed) };
        var classes = new List<KeyValuePair<string, ClassTable>>();
        var notes = new List<string>();
        if (IsProtocol)
        {
            AddClasses("all", title, every);
            AddClasses("unambiguous", title + ", unambiguous notes", Part((e, i) => i < items.Length && e.Admissible.Count <= 1));
            AddClasses("ambiguous", title + ", ambiguous notes", Part((e, i) => i < items.Length && e.Admissible.Count > 1));
            AddClasses("mtsamples", title.Replace(_data.Provenance.DataSet, MtSamplesProtocols.DataSet, StringComparison.Ordinal) + ", real indications", Part((_, i) => i >= items.Length));
            if (pairs is not null) notes.Add(string.Create(CultureInfo.InvariantCulture, $"{MtSamplesProtocols.DataSet}: {real.Length} indications scored, {pairs.Unmapped} of examinations without a label and {pairs.Notes.Count - real.Length} too long left out."));
        }
        else if (AbnormalStudy.Knows(_data.Provenance.DataSet))
        {
            var abnormal = Part((e, _) => AbnormalStudy.Is(e));
            if (abnormal.Items.Length > 0 && abnormal.Items.Length < items.Length) tables.Add(AnswerTable.Of(title + ", abnormal studies", abnormal.Items, abnormal.Systems, seed));
        }
        if (leftOut > 0) notes.Add(string.Create(CultureInfo.InvariantCulture, $"{leftOut} items of the split are too long for {_encoder.MaxTokens} tokens and left out."));
        if (split == DataSplit.Test) notes.Add(Looks(AnswerScoring.Looks(_folder, split)));
        if (TeachingModel.Is(_record.Recipe.Model)) notes.Add(TeachingModel.Note);
        return new EvaluationReport(split.Name(), tables, classes, leftOut, notes);

        (PromptExample[] Items, SystemAnswers[] Systems) Part(Func<PromptExample, int, bool> has)
        {
            PromptExample[] asked = [.. items, .. real];
            int[] of = [.. Enumerable.Range(0, asked.Length).Where(i => has(asked[i], i))];
            return ([.. of.Select(i => asked[i])], [.. systems.Select(s => new SystemAnswers(s.System, [.. of.Select(i => s.Answers[i])]))]);
        }

        void AddClasses(string name, string of, (PromptExample[] Items, SystemAnswers[] Systems) part)
        {
            if (part.Items.Length > 0) classes.Add(KeyValuePair.Create(name, ClassTable.Of(of, part.Items, part.Systems, seed)));
        }
    }
}
