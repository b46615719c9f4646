using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Compute;
using RadLab.Models;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>
/// Runs a comparison of arms in its folder: <c>arms.json</c>, written first; for each size its base; for each arm of it the sweep <c>choice</c>, which chooses settings by
/// validation loss, and the sweep <c>seeds</c>, which repeats the chosen ones. The test split is scored once for each run, which its <c>scorings.jsonl</c> says, and the scores kept.
/// </summary>
public sealed class ArmsRun
{
    internal const string SizesFolder = "sizes";

    private const string ScoresName = "scores-test.json";

    private readonly ArmsRecipe _recipe;

    private ArmsRun(string folder, ArmsRecipe recipe) => (Folder, _recipe) = (Path.GetFullPath(folder), recipe);

    public string Folder { get; }

    public Action<string>? Note { get; init; }

    public IProgress<TrainingProgress>? Progress { get; init; }

    public bool AllowInGit { get; init; }

    /// <summary>Makes a new comparison's folder.</summary>
    /// <exception cref="RecipeException">A setting or the data cannot be; nothing was written.</exception>
    public static string Create(ArmsRecipe recipe, string sweeps, DateTime utc, bool allowInGit = false, Action<string>? note = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        recipe.Check();
        if (recipe.Sizes.Any(s => recipe.PretrainAlike || s.Trained is null)) _ = RadLabTiny.LoadTokenizer();   // needed by what is pretrained here
        var data = TrainingData.OpenAll(recipe.Recipe.Data, note);
        string task = recipe.Recipe.Task == TrainingTask.Protocol ? "protocol" : "impression";
        foreach (var set in data)
        {
            if (set.Card.Task != task) throw new RecipeException($"data {recipe.Recipe.Data}: was prepared for the task {set.Card.Task}, but the comparison's task is {task}; choose another data set or --task.");
            if (!set.Read(DataSplit.Test).Any() || !set.Read(DataSplit.Validation).Any()) throw new RecipeException($"data {recipe.Recipe.Data}: must have validation and test examples: settings are chosen by the ones and arms compared on the others.");
        }
        if (RunData.Of(data).IsRestricted && !allowInGit && GitWorkTree.Containing(sweeps) is { } tree)
            throw new DataRefusedException($"--sweeps {sweeps}: lies in the git work tree {tree}, and the data is restricted: what is made of it would be published by an ordinary commit; choose a folder outside with --sweeps, or give --allow-in-git");
        string folder = RunFolder.Create(sweeps, recipe.Name, utc);
        recipe.Save(folder);
        return folder;
    }

    public static ArmsRun Open(string folder, Action<string>? note = null, IProgress<TrainingProgress>? progress = null, bool allowInGit = false) =>
        new(folder, ArmsRecipe.Load(folder)) { Note = note, Progress = progress, AllowInGit = allowInGit };

    /// <summary>Runs what is left to run, and writes the report.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; the state is saved and the comparison can be gone on with.</exception>
    public ArmsResult Run(CancellationToken cancellation = default)
    {
        var sizes = new List<SizeResult>();
        foreach (var size in _recipe.Sizes)
        {
            string folder = Path.Combine(Folder, SizesFolder, size.Name);
            Directory.CreateDirectory(folder);
            var @base = ArmsBase.Ready(_recipe, size, folder, AllowInGit, Progress, Note, cancellation);
            var scores = ScoreBase(@base, Path.Combine(folder, ArmsRecipe.Base + "-scores"), cancellation);
            var arms = new List<ArmResult>();
            foreach (var arm in _recipe.Arms) arms.Add(RunArm(arm, size, @base, Path.Combine(folder, arm.Name), cancellation));
            sizes.Add(new SizeResult(size, @base.Tokens, @base.ValidationLoss, scores, arms));
        }
        var result = ArmsResult.Of(_recipe, sizes);
        ArmsReport.Write(Folder, result);
        return result;
    }

    private ArmResult RunArm(Arm arm, ModelSize size, ArmsBase @base, string folder, CancellationToken cancellation)
    {
        var choice = RunSweep(_recipe.ChoiceOf(arm, size.Name, @base.Model), Path.Combine(folder, "choice"), $"{size.Name} {arm.Name}, choice of settings", cancellation);
        var (chosen, best) = (choice.Result.Best!, choice.Run);
        var runs = new List<(TrialRun Run, TrialResult Result)> { (best.TrialOf(chosen.Trial), chosen) };
        if (_recipe.Seeds.Count > 1)
        {
            var again = new Sweep
            {
                Name = $"{size.Name}-{arm.Name}-seeds", Recipe = chosen.Trial.Recipe, MetricItems = 0,
                Over = [SweptSetting.Parse("seed=" + string.Join(',', _recipe.Seeds.Skip(1).Select(s => s.ToString(CultureInfo.InvariantCulture))))],
            };
            var seeds = RunSweep(again, Path.Combine(folder, "seeds"), $"{size.Name} {arm.Name}, {SweepReport.Settings(chosen)}, more seeds", cancellation);
            runs.AddRange(seeds.Result.Trials.Select(t => (seeds.Run.TrialOf(t.Trial), t)));
        }
        var scores = new List<ItemScores>();
        foreach (var (run, _) in runs)
            scores.Add(Scored(run.Folder, () => run.ScoreItems(DataSplit.Test, _recipe.TestItems, cancellation)));
        return new ArmResult(arm.Name, SweepReport.Settings(chosen), [.. runs.Select(r => r.Result)], scores, choice.Result.Trials.Count);
    }

    private (SweepRun Run, SweepResult Result) RunSweep(Sweep sweep, string folder, string what, CancellationToken cancellation)
    {
        SweepRun.CreateIn(sweep, folder, DateTime.UtcNow, AllowInGit, Note);
        var run = SweepRun.Open(folder, Note, Progress, AllowInGit);
        Note?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{what}: {run.Count} {(run.Count == 1 ? "run" : "runs")}"));
        return (run, run.Run(cancellation));
    }

    private ItemScores ScoreBase(ArmsBase @base, string folder, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        return Scored(folder, () =>
        {
            using var engine = new Engine();
            using var stop = cancellation.Register(engine.Interrupt);
            cancellation.ThrowIfCancellationRequested();
            var source = BaseModels.Find(@base.Model, folder);
            using var model = source.Load(engine, new LlamaStorage { Linears = WeightFormat.BF16 });
            return AnswerScoring.Score(model, source.Tokenizer, _recipe.Recipe, TrainingData.OpenAll(_recipe.Recipe.Data, null, cancellation), DataSplit.Test, _recipe.TestItems);
        });
    }

    // logged before it is done: who stops it in between has looked all the same
    private ItemScores Scored(string folder, Func<ItemScores> score)
    {
        string path = Path.Combine(folder, ScoresName);
        if (!File.Exists(path))
        {
            AnswerScoring.Log(folder, DataSplit.Test, _recipe.TestItems);
            var scores = score();
            var json = new JsonObject { ["metric"] = scores.Metric, ["distinct"] = scores.Distinct, ["commonest"] = scores.Commonest, ["values"] = new JsonArray([.. scores.Values.Select(v => (JsonNode)v)]) };
            WholeFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(json));
            return scores;
        }
        try
        {
            var root = JsonNode.Parse(File.ReadAllBytes(path), null, new JsonDocumentOptions { MaxDepth = 4 })!.AsObject();
            return new ItemScores((string)root["metric"]!, [.. root["values"]!.AsArray().Select(v => (double)v!)], (int)root["distinct"]!, (double)root["commonest"]!);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or FormatException or ArgumentNullException)
        {
            throw new RecipeException($"{path}: is not what a comparison writes; delete it and the run is scored again, which is logged.", e);
        }
    }
}
