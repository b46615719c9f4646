using System.Globalization;
using RadLab.Compute;
using RadLab.Models;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>Brings a recipe together with its base and its data, all checked before anything is written.</summary>
public sealed class RunSetup
{
    private readonly RunRecord _record;
    private readonly IBaseModel _base;
    private readonly ExampleEncoder _encoder;
    private readonly IReadOnlyList<TokenizedText> _train, _validation;
    private readonly IReadOnlyList<PromptExample> _samples;
    private readonly int _leftOut, _validationLeftOut;
    private readonly bool _ownLists;
    private readonly AnswerPrior? _prior;
    private readonly string[]? _labels;

    private RunSetup(RunRecord record, IBaseModel @base, IReadOnlyList<PreparedFolder> data, CancellationToken cancellation)
    {
        (_record, _base) = (record, @base);
        _encoder = new ExampleEncoder(@base.Tokenizer, record.Recipe.Batch.SequenceLength);
        _ownLists = HasOwnLists(data);
        // of several sets as many each
        int evaluated = record.Recipe.Run.EvaluateTexts, each = (evaluated + data.Count - 1) / data.Count;
        IEnumerable<PromptExample> Validation(int ofEach) => data.SelectMany(d => d.Read(DataSplit.Validation).Take(ofEach));
        _prior = record.Recipe.Answers.PriorCorrection > 0 ? AnswerPrior.Of(data.SelectMany(d => d.Read(DataSplit.Train)).Select(e => e.Answer)) : null;
        // the terms of restricted data may keep back even its list of labels
        _labels = record.Recipe.Task == TrainingTask.Protocol && !record.Data.IsRestricted ? LabelSet.Of(TrainingData.Asked(record.Recipe, data).SelectMany(d => d.Read(DataSplit.Train))) : null;
        (_train, _leftOut) = Encode(record.Recipe, _encoder, _ownLists, Until(cancellation, data.SelectMany(d => d.Read(DataSplit.Train))));
        if (_train.Count == 0 && _leftOut > 0)
            throw new TrainingGuardException(string.Create(CultureInfo.InvariantCulture, $"batch.sequence_length: must leave room for instruction, input and answer, but none of {_leftOut} training examples fits {record.Recipe.Batch.SequenceLength} tokens; raise it."));
        if (_train.Count == 0) throw new TrainingGuardException($"data {record.Recipe.Data}: holds no training example; look at what cleaning dropped, in its data card, or choose another set.");
        _train = AnswerWeights.Give(_train, record.Recipe.AnswerWeighting);
        (_validation, _validationLeftOut) = Encode(record.Recipe, _encoder, _ownLists, Until(cancellation, Validation(each).Take(evaluated)));
        _samples = [.. Validation(Math.Max(each, record.Recipe.Run.Samples)).Where(e => (!record.Recipe.ThroughProblems || e.Task == ProtocolPrompts.Task) && _encoder.TryPrompt(e, SampleTokens) is not null).Take(record.Recipe.Run.Samples)];
    }

    public Recipe Recipe => _record.Recipe;

    /// <summary>Of the texts that its validation loss is the mean of.</summary>
    internal IReadOnlyList<string> ValidationIds => [.. _validation.Select(t => t.Id)];

    /// <summary>What <c>run.json</c> says.</summary>
    public RunRecord Record => _record;

    /// <summary>The run's data, and what its base says that it was trained on before: of their terms the strictest hold.</summary>
    public IReadOnlyList<RunData> TrainedOn => [_record.Data, .. _base.Folder is { } folder ? AdapterProvenance.LoadAll(folder) : []];

    /// <summary>Begins a run.</summary>
    /// <param name="note">Told what is prepared.</param>
    /// <param name="near">Where the run will lie, for models that are named from there; see <see cref="BaseModels.Find"/>.</param>
    /// <exception cref="RecipeException">A setting cannot be, or does not fit the base or the data.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; sets of which all is prepared stay.</exception>
    public static RunSetup New(Recipe recipe, DateTime utc, Action<string>? note = null, string? near = null, CancellationToken cancellation = default)
    {
        RecipeCheck.Check(recipe);
        var @base = BaseModels.Find(recipe.Model, near);
        CheckShape(recipe, near);   // before anything is prepared
        var data = TrainingData.OpenAll(recipe.Data, note, cancellation);
        CheckData(recipe, @base, data);
        var record = new RunRecord(recipe, @base.Identity, RunData.Of(data), utc.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)) { BaseShape = RunRecord.ShapeOf(BaseModels.ShapeOf(recipe.Model, near).Config) };
        var setup = new RunSetup(record, @base, data, cancellation);
        string? needsValidation = recipe.Run.Patience > 0 ? "run.patience" : recipe.Run.ResultIsBest ? "run.result_is_best" : null;
        if (needsValidation is not null && setup._validation.Count == 0)
            throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"{needsValidation}: data {recipe.Data} has no validation examples of at most {recipe.Batch.SequenceLength} tokens to judge by; give more data, or leave the setting away."));
        return setup;
    }

    /// <summary>Whether the recipe's adapter and its texts fit the shape of its base.</summary>
    /// <exception cref="RecipeException">The base has not the layers, or not the positions.</exception>
    internal static void CheckShape(Recipe recipe, string? near)
    {
        _ = TrainableParameters.Count(recipe, near);
        if (recipe is { Mode: TrainingMode.Adapter, Lora.Init.ChangesBase: true, Storage.Linears: not (WeightFormat.F32 or WeightFormat.BF16) } && BaseModels.FolderOf(recipe.Model, near) is null)
            throw new RecipeException($"lora.init: {recipe.Lora.Init.Kind} begins with the weights as they were before storage.linears={recipe.Storage.Linears}, and {recipe.Model} lies in no folder that has them; choose another init, model or storage.");
        int positions = BaseModels.ShapeOf(recipe.Model, near).Config.MaxPositions;
        if (recipe.Batch.SequenceLength > positions)
            throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"batch.sequence_length: must be at most {positions}, the positions that {recipe.Model} knows, got {recipe.Batch.SequenceLength}."));
    }

    // what the recipe asks for at the run's end is looked for at its beginning
    private static void CheckData(Recipe recipe, IBaseModel @base, IReadOnlyList<PreparedFolder> data)
    {
        var asked = TrainingData.AskedOrRefused(recipe, data);
        if (!recipe.Run.ScoreTest) return;
        if (recipe.Task == TrainingTask.Text) throw new RecipeException("run.score_test: pretraining has no answers to score; set run.score_test=false.");
        if (asked.Count > 1) throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"run.score_test: data {recipe.Data} joins {asked.Count} sets, and only one can be scored; set run.score_test=false."));
        if (!asked[0].Read(DataSplit.Test).Any()) throw new RecipeException($"run.score_test: data {recipe.Data} has no test examples to score; give more data, or set run.score_test=false.");
        AnswerScoring.Check(@base.Tokenizer, recipe, data, DataSplit.Test, int.MaxValue);
    }

    /// <summary>Goes on with the run of a folder; base and data must be those it began with.</summary>
    /// <exception cref="RecipeException">Base or data have changed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing has changed.</exception>
    public static RunSetup Resume(string folder, CancellationToken cancellation = default)
    {
        var record = RunRecord.Load(folder);
        var @base = BaseModels.Find(record.Recipe.Model, folder);
        var (now, begun) = (@base.Identity, record.Base);
        Same("weights have the hash", now.WeightsSha256, begun.WeightsSha256);
        Same("tokenizer has the hash", now.TokenizerSha256, begun.TokenizerSha256);
        Same("vocabulary has the hash", now.VocabularySha256, begun.VocabularySha256);
        if (record.BaseShape is not null) Same("config.json says", RunRecord.ShapeOf(BaseModels.ShapeOf(record.Recipe.Model, folder).Config), record.BaseShape);
        var data = TrainingData.OpenAll(record.Recipe.Data, cancellation: cancellation);
        record.CheckData(data);
        return new RunSetup(record, @base, data, cancellation);

        void Same(string what, string? present, string? then)
        {
            if (present != then) throw new RecipeException($"base {record.Recipe.Model}: its {what} {present ?? "nothing"}, but the run began with {then ?? "nothing"}: restore the base, or begin a new run.");
        }
    }

    /// <summary>Makes the run's folder with its run.json.</summary>
    /// <param name="allowInGit">Restricted data may be written into a git work tree.</param>
    /// <exception cref="DataRefusedException">The folder lies in a git work tree and the data is restricted.</exception>
    public string CreateFolder(string runs, bool allowInGit = false)
    {
        CheckPlace(runs, allowInGit);
        string folder = RunFolder.Create(runs, Recipe.Name, DateTime.Parse(_record.StartedUtc, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal));
        _record.Save(folder);
        return folder;
    }

    /// <summary>Refuses a place where samples of restricted data, or of a base that was trained on such, would be published by accident.</summary>
    /// <exception cref="DataRefusedException">The folder lies in a git work tree and the data is restricted.</exception>
    public void CheckPlace(string runs, bool allowInGit)
    {
        if (allowInGit || GitWorkTree.Containing(runs) is not { } tree) return;
        var restricted = TrainedOn.Where(d => d.IsRestricted).Select(d => d.Provenance).DistinctBy(p => p.DataSet).ToList();
        if (restricted.Count > 0)
            throw new DataRefusedException($"--runs {runs}: lies in the git work tree {tree}, and {string.Join(" and ", restricted.Select(p => $"{p.DataSet} is restricted ({p.Licence})"))}: samples would be published by an ordinary commit; choose a folder outside with --runs, or give {string.Join(' ', restricted.Select(p => $"--allow-in-git {p.DataSet}"))}");
    }

    /// <param name="folder">The run's; exists.</param>
    /// <param name="note">Told what is left out and cut.</param>
    /// <exception cref="RecipeException">Another process trains in the folder.</exception>
    public TrainingRun Run(Engine engine, string folder, Action<string>? note = null)
    {
        using (RunLock.Take(folder))
        {
            // who is kept out hears that alone, and none of the notes
        }
        if (_record.Version != RunRecord.PresentVersion) note?.Invoke($"begun by version {_record.Version}, gone on with by {RunRecord.PresentVersion}: results may differ in their last bits");
        int cut = _train.Count(t => t.Cut > 0 && t.HasEnd), open = _train.Count(t => t.Cut > 0 && !t.HasEnd);
        if (_leftOut > 0) note?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{_leftOut} training examples are left out: {Recipe.Batch.SequenceLength} tokens would leave too little of their input"));
        if (_validationLeftOut > 0) note?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{_validationLeftOut} validation examples are left out: {Recipe.Batch.SequenceLength} tokens would leave too little of their input"));
        if (cut > 0) note?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{cut} of {_train.Count} training texts lose the end of their input to fit {Recipe.Batch.SequenceLength} tokens; their answers are whole"));
        if (open > 0) note?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{open} of {_train.Count} training texts are cut at their end to fit {Recipe.Batch.SequenceLength} tokens: what follows, their end token too, is not learnt"));
        var input = new TrainingInput(Recipe, _base, _train, _validation, _record.Identity()) { EndTokens = _encoder.EndTokens };
        return new TrainingRun(engine, input, folder)
        {
            Note = note,
            AfterSave = place =>
            {
                string weights = AdapterProvenance.WeightsOf(place)!;
                AdapterProvenance.Write(weights, _record.Data, _base.Folder);
                if (Recipe.Task != TrainingTask.Text) AdapterPrompting.Of(Recipe, _prior, _labels).Write(weights);
            },
            AfterEvaluation = _samples.Count == 0 || Recipe.Task == TrainingTask.Text ? null : (subject, step) => SampleLog.Write(folder, step, _samples, Answers(new Predictor(subject.Model, _encoder, SampleTokens))),
        };
    }

    private int SampleTokens => Math.Max(1, _encoder.MaxTokens / 4);

    private IReadOnlyList<string> Answers(Predictor predictor)
    {
        if (!Recipe.ThroughProblems) return predictor.Answer(_samples);
        var lists = predictor.Answer([.. _samples.Select(ProblemListPrompts.Of)]);
        var labels = predictor.Answer([.. _samples.Select((e, i) => ProtocolPrompts.OfProblems(e, lists[i]))]);
        return [.. lists.Zip(labels, (list, label) => $"{list} -> {label}")];
    }

    /// <summary>The notes themselves teach to list problems: no set of lists is joined to them.</summary>
    internal static bool HasOwnLists(IReadOnlyList<PreparedFolder> data) => !data.Any(d => d.Card.Task == ProblemListPrompts.Task);

    private static IEnumerable<PromptExample> Until(CancellationToken cancellation, IEnumerable<PromptExample> examples) => examples.Select(example =>
    {
        cancellation.ThrowIfCancellationRequested();
        return example;
    });

    internal static (IReadOnlyList<TokenizedText> Texts, int LeftOut) Encode(Recipe recipe, ExampleEncoder encoder, bool ownLists, IEnumerable<PromptExample> examples)
    {
        if (recipe.ThroughProblems) return encoder.EncodeAll(ThroughProblems.Steps(examples, ownLists));
        if (recipe.Task != TrainingTask.Text) return encoder.EncodeAll(examples);
        var texts = new List<TokenizedText>();
        int number = 0, leftOut = 0;
        foreach (var example in examples)
        {
            if (PretrainingText.Encode(encoder, example, recipe.Seed, number++) is { } text) texts.Add(text);
            else leftOut++;
        }
        return (texts, leftOut);
    }
}

/// <summary><c>samples/step-N.jsonl</c>: what the model answers to a few held-out examples, beside the reference.</summary>
internal static class SampleLog
{
    public static void Write(string folder, long step, IReadOnlyList<PromptExample> examples, IReadOnlyList<string> answers)
    {
        string samples = Directory.CreateDirectory(Path.Combine(folder, "samples")).FullName;
        var lines = examples.Select((e, i) => System.Text.Json.JsonSerializer.Serialize(new { e.Id, Reference = e.Answer, Answer = answers[i] }));
        WholeFile.Write(Path.Combine(samples, string.Create(CultureInfo.InvariantCulture, $"step-{step:D8}.jsonl")), System.Text.Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"));
    }
}
