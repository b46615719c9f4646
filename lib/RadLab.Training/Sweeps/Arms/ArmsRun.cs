using System.Globalization;
using RadLab.Compute;
using RadLab.Models;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>
/// Runs a comparison of arms in its folder: <c>arms.json</c>, written first; for each size its base; for each arm of it the sweep <c>choice</c>, which chooses settings by
/// validation loss, and the sweep <c>seeds</c>, which repeats the chosen ones with other seeds. The test split is scored once for each run of those, see <see cref="ScoredRuns"/>.
/// </summary>
public sealed class ArmsRun
{
    internal const string SizesFolder = "sizes";

    private readonly ArmsRecipe _recipe;
    private readonly ArmsBinding _binding;

    private ArmsRun(string folder, ArmsRecipe recipe, ArmsBinding binding) => (Folder, _recipe, _binding) = (Path.GetFullPath(folder), recipe, binding);

    public string Folder { get; }

    public Action<string>? Note { get; init; }

    public IProgress<TrainingProgress>? Progress { get; init; }

    public bool AllowInGit { get; init; }

    /// <summary>Makes a new comparison's folder.</summary>
    /// <param name="pretrained">Folder of another comparison, whose pretrained models are taken over: pretrained on the same texts in the same way.</param>
    /// <exception cref="RecipeException">A setting, the data or <paramref name="pretrained"/> cannot be; nothing was written.</exception>
    public static string Create(ArmsRecipe recipe, string sweeps, DateTime utc, bool allowInGit = false, Action<string>? note = null, string? pretrained = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        recipe.Check();
        var data = TrainingData.OpenAll(recipe.Recipe.Data, note);
        if (TrainingData.AskedOrRefused(recipe.Recipe, data).Any(set => !set.Read(DataSplit.Test).Any() || !set.Read(DataSplit.Validation).Any()))
            throw new RecipeException($"data {recipe.Recipe.Data}: must have validation and test examples: settings are chosen by the ones and arms compared on the others.");
        if (recipe.PretrainedHere.Count > 0) _ = RadLabTiny.LoadTokenizer();   // needed by what is pretrained here
        var restricted = recipe.ReadData.SelectMany(d => TrainingData.OpenAll(d, note)).Where(d => d.Provenance.IsRestricted).Select(d => d.Provenance.DataSet).Distinct(StringComparer.Ordinal).ToList();
        if (restricted.Count > 0 && !allowInGit && GitWorkTree.Containing(sweeps) is { } tree)
            throw new DataRefusedException($"--sweeps {sweeps}: lies in the git work tree {tree}, and {string.Join(" and ", restricted)} {(restricted.Count == 1 ? "is" : "are")} restricted: what is made of it would be published by an ordinary commit; choose a folder outside with --sweeps, or give {string.Join(' ', restricted.Select(id => $"--allow-in-git {id}"))}");
        AnswerScoring.Check(recipe.TrainedModels.Count > 0 ? BaseModels.Find(recipe.TrainedModels[0]).Tokenizer : RadLabTiny.LoadTokenizer(), recipe.Recipe, data, DataSplit.Test, recipe.TestItems);
        var origin = SweepOrigin.Of(recipe.ReadData, recipe.TrainedModels, sweeps, note);
        recipe = recipe with { Origin = origin };
        var taken = pretrained is null ? null : TakenPretraining.Check(pretrained, recipe);
        string folder = RunFolder.Create(sweeps, recipe.Name, utc);
        recipe.Save(folder);
        taken?.Copy(folder);
        return folder;
    }

    /// <exception cref="RecipeException">The folder holds no readable comparison, its data or bases have changed, or its <c>arms.json</c> has since the test split was looked at.</exception>
    public static ArmsRun Open(string folder, Action<string>? note = null, IProgress<TrainingProgress>? progress = null, bool allowInGit = false)
    {
        var run = new ArmsRun(folder, ArmsRecipe.Load(folder), ArmsBinding.Of(folder)) { Note = note, Progress = progress, AllowInGit = allowInGit };
        new ScoredRuns(run.Folder, run._recipe, run._binding).Check();
        if (run._recipe.Origin is { } origin) origin.Check(folder, "comparison", note);
        else note?.Invoke(SweepOrigin.Unknown(Path.Combine(folder, ArmsRecipe.FileName)));
        return run;
    }

    /// <summary>Runs what is left to run, and writes the report.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; the state is saved and the comparison can be gone on with.</exception>
    /// <exception cref="RecipeException">Another process works in the folder.</exception>
    public ArmsResult Run(CancellationToken cancellation = default)
    {
        using var alone = SweepRun.Alone(Folder);   // two would score the same items, and count as two looks
        var scores = new ScoredRuns(Folder, _recipe, _binding);
        var sizes = new List<SizeResult>();
        ItemScores? constant = null;
        foreach (var size in _recipe.Sizes)
        {
            string folder = ArmsBase.FolderOf(Folder, size);
            Directory.CreateDirectory(folder);
            var @base = ArmsBase.Ready(_recipe, size, folder, AllowInGit, Progress, Note, cancellation);
            constant ??= ScoreConstant(scores, @base, folder, cancellation);
            var own = ScoreBase(scores, @base, Path.Combine(folder, ArmsRecipe.Base + "-scores"), cancellation);
            var arms = new List<ArmResult>();
            foreach (var arm in _recipe.Arms) arms.Add(RunArm(scores, arm, size, @base, Path.Combine(folder, arm.Name), cancellation));
            sizes.Add(new SizeResult(size, @base.Tokens, @base.ValidationLoss, own, arms));
        }
        var result = ArmsResult.Of(_recipe, sizes, constant!) with { Unbound = scores.Unbound, Looks = scores.Looks };
        ArmsReport.Write(Folder, result);
        return result;
    }

    private ArmResult RunArm(ScoredRuns scores, Arm arm, ModelSize size, ArmsBase @base, string folder, CancellationToken cancellation)
    {
        var choice = RunSweep(_recipe.ChoiceOf(arm, size.Name, @base.Model), Path.Combine(folder, "choice"), $"{size.Name} {arm.Name}, choice of settings", cancellation);
        var chosen = choice.Result.Best ?? throw new TrainingGuardException($"{size.Name} {arm.Name}: no setting has a result; {Problem(choice.Result.Trials)}; try smaller rates in a new comparison.");
        var runs = new List<(TrialRun Run, TrialResult Result)>();
        // comparisons of earlier versions score the run that won the choice
        if (_recipe.ChoiceSeed is null) runs.Add((choice.Run.TrialOf(chosen.Trial), chosen));
        var more = _recipe.Seeds.Skip(runs.Count).ToList();
        if (more.Count > 0)
        {
            var again = new Sweep
            {
                Name = $"{size.Name}-{arm.Name}-seeds", Recipe = chosen.Trial.Recipe, MetricItems = 0,
                Over = [SweptSetting.Parse("seed=" + string.Join(',', more.Select(s => s.ToString(CultureInfo.InvariantCulture))))],
            };
            var seeds = RunSweep(again, Path.Combine(folder, "seeds"), $"{size.Name} {arm.Name}, {SweepReport.Settings(chosen)}, seeds", cancellation);
            runs.AddRange(seeds.Result.Trials.Select(t => (seeds.Run.TrialOf(t.Trial), t)));
        }
        var ended = runs.Where(r => r.Result.Status == TrialStatus.Finished).ToList();
        if (ended.Count == 0) throw new TrainingGuardException($"{size.Name} {arm.Name}: no seed has a result with {SweepReport.Settings(chosen)}; {Problem([.. runs.Select(r => r.Result)])}; try smaller rates in a new comparison.");
        return new ArmResult(arm.Name, SweepReport.Settings(chosen), [.. ended.Select(r => r.Result)], [.. ended.Select(r => scores.Of(r.Run.Folder, () => r.Run.ScoreItems(DataSplit.Test, _recipe.TestItems, cancellation)))], choice.Result.Trials.Count)
        {
            AtEdge = ArmResult.EdgeOf(chosen.Trial, choice.Run.Sweep.Over),
            Failed = [.. runs.Except(ended).Select(r => KeyValuePair.Create(r.Result.Trial.Recipe.Seed, r.Result.Problem ?? "it has no result"))],
        };
    }

    private (SweepRun Run, SweepResult Result) RunSweep(Sweep sweep, string folder, string what, CancellationToken cancellation)
    {
        SweepRun.CreateIn(sweep, folder, ArmsRecipe.FileName, DateTime.UtcNow, AllowInGit, Note);
        var run = SweepRun.Open(folder, Note, Progress, AllowInGit);
        Note?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{what}: {run.Count} {(run.Count == 1 ? "run" : "runs")}"));
        return (run, run.RunAll(cancellation));
    }

    private static string Problem(IReadOnlyList<TrialResult> trials) => trials.FirstOrDefault(t => t.Problem is not null) is { } failed
        ? string.Create(CultureInfo.InvariantCulture, $"{failed.Trial.Name}, seed {failed.Trial.Recipe.Seed}: {failed.Problem!.TrimEnd('.')}") : "the data has no validation examples, by which settings are chosen";

    private IReadOnlyList<PreparedFolder> Data(CancellationToken cancellation)
    {
        var data = TrainingData.OpenAll(_recipe.Recipe.Data, null, cancellation);
        if (_recipe.Origin?.Data.GetValueOrDefault(_recipe.Recipe.Data) is { } begun) RunData.Require(begun, RunData.Of(data), _recipe.Recipe.Data, "comparison");
        return data;
    }

    private ItemScores ScoreConstant(ScoredRuns scores, ArmsBase @base, string near, CancellationToken cancellation)
    {
        string folder = Path.Combine(Folder, "constant-scores");
        Directory.CreateDirectory(folder);
        return scores.Of(folder, () => AnswerScoring.ScoreConstant(BaseModels.Find(@base.Model, near).Tokenizer, _recipe.Recipe, Data(cancellation), DataSplit.Test, _recipe.TestItems));
    }

    private ItemScores ScoreBase(ScoredRuns scores, ArmsBase @base, string folder, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        return scores.Of(folder, () =>
        {
            using var engine = new Engine();
            using var stop = cancellation.Register(engine.Interrupt);
            cancellation.ThrowIfCancellationRequested();
            var source = BaseModels.Find(@base.Model, folder);
            using var model = source.Load(engine, new LlamaStorage { Linears = WeightFormat.BF16 });
            return AnswerScoring.Score(model, source.Tokenizer, _recipe.Recipe, Data(cancellation), DataSplit.Test, _recipe.TestItems);
        });
    }
}
