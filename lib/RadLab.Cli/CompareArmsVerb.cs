using System.CommandLine;
using System.Globalization;
using RadLab.Training;

namespace RadLab.Cli;

/// <summary><c>radlab sweep compare-arms</c>: base, full fine-tuning, BF16 LoRA and QLoRA over model sizes and seeds.</summary>
internal static class CompareArmsVerb
{
    public static Command Create()
    {
        var usual = new ArmsRecipe();
        var sizes = new Option<string?>("--sizes") { HelpName = "A,B", Description = $"Model sizes among {string.Join(", ", ModelSize.All.Select(s => s.Name))}. Default: {string.Join(',', usual.Sizes.Select(s => s.Name))}." };
        var seeds = new Option<string?>("--seeds") { HelpName = "A,B", Description = $"Seeds of the runs that are scored; settings are chosen with another one. Default: {string.Join(',', usual.Seeds)}." };
        var task = new Option<string?>("--task") { Description = "impression or protocol. Default: impression." };
        task.AcceptOnlyFromAmong("impression", "protocol");
        var data = new Option<string?>("--data") { HelpName = "ID|DIR", Description = $"A data set, or a folder that 'data prepare' has written. Default for impressions: {usual.Recipe.Data}." };
        var set = new Option<string[]>("--set") { HelpName = "path=value", Description = "Change one setting of all arms, such as steps=100. Repeatable." };
        var margin = new Option<double?>("--margin") { HelpName = "X", Description = string.Create(CultureInfo.InvariantCulture, $"Largest difference of QLoRA and full fine-tuning that does not matter. Default: {usual.Margin}.") };
        var tokens = new Option<long?>("--pretrain-tokens") { HelpName = "N", Description = string.Create(CultureInfo.InvariantCulture, $"Tokens that every size is pretrained on. Default: {usual.PretrainingTokens}.") };
        var pretrainData = new Option<string?>("--pretrain-data") { HelpName = "ID|DIR", Description = "Texts of that pretraining. Default: those of pretrain-tiny." };
        var pretrained = new Option<string?>("--pretrained") { HelpName = "SWEEP", Description = "Take the pretrained models of an earlier comparison, its folder or name: pretraining does not depend on task and data." };
        var trained = new Option<bool>("--trained-weights") { Description = "Begin with RadLab's trained weights where a size has them: sooner, but then the sizes have not read as much. Default: every size is pretrained alike." };
        var halving = new Option<int?>("--halving") { HelpName = "ETA", Description = "Choose settings by successive halving. Default: every one is trained to its end." };
        var items = new Option<int?>("--test-items") { HelpName = "N", Description = string.Create(CultureInfo.InvariantCulture, $"Test examples that each run answers, once. Default: {usual.TestItems}.") };
        var resume = new Option<string?>("--resume") { HelpName = "SWEEP", Description = "Go on with a comparison: its folder or name." };
        var sweeps = new Option<string>("--sweeps") { HelpName = "DIR", DefaultValueFactory = _ => "sweeps", Description = "Folder of all sweeps. Default: sweeps." };
        var inGit = new Option<string[]>("--allow-in-git") { HelpName = "ID", Description = "Allow this restricted data set's run folders inside a git work tree." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object at the end." };
        var command = new Command(ArmsRecipe.DefaultName, "Compare base, full fine-tuning, BF16 LoRA and QLoRA: quality of greedy answers, time and memory. Ctrl-C saves and stops; --resume goes on.")
        {
            sizes, seeds, task, data, set, margin, tokens, pretrainData, pretrained, trained, halving, items, resume, sweeps, inGit, json,
        };
        Option[] ofNew = [sizes, seeds, task, data, set, margin, tokens, pretrainData, pretrained, trained, halving, items];
        command.Validators.Add(r =>
        {
            if (r.GetValue(resume) is not null && ofNew.FirstOrDefault(o => r.GetResult(o) is { Implicit: false }) is { } other) r.AddError($"compare-arms: --resume goes on with what {ArmsRecipe.FileName} says; {other.Name} belongs to a new comparison.");
        });
        command.SetAction((parsed, cancellation) =>
        {
            using var display = new TrainDisplay(quiet: parsed.GetValue(json));
            string[] allowed = parsed.GetValue(inGit) ?? [];
            string folder;
            if (parsed.GetValue(resume) is { } begun)
            {
                folder = SweepRun.Find(parsed.GetValue(sweeps)!, begun, ArmsRecipe.FileName);
            }
            else
            {
                var recipe = usual.Recipe;
                if (parsed.GetValue(task) == "protocol") recipe = recipe with { Task = TrainingTask.Protocol, ThroughProblems = Recipes.TinyProtocol.ThroughProblems, Data = Recipes.TinyProtocol.Data, Batch = Recipes.TinyProtocol.Batch };
                foreach (string one in parsed.GetValue(set) ?? []) CheckIsOpen(usual, one.Split('=')[0].Trim());
                recipe = ChosenRecipe.With(recipe, parsed.GetValue(data), null, parsed.GetValue(set));
                var arms = usual with
                {
                    Recipe = recipe, Margin = parsed.GetValue(margin) ?? usual.Margin, PretrainingTokens = parsed.GetValue(tokens) ?? usual.PretrainingTokens, PretrainAlike = !parsed.GetValue(trained),
                    Halving = parsed.GetValue(halving) ?? usual.Halving, TestItems = parsed.GetValue(items) ?? usual.TestItems,
                    Pretraining = parsed.GetValue(pretrainData) is { } texts ? RecipePlaces.Full(usual.Pretraining with { Data = texts }) : usual.Pretraining,
                };
                if (parsed.GetValue(sizes) is { } named) arms = arms with { Sizes = [.. named.Split(',').Select(ModelSize.Get)] };
                if (parsed.GetValue(seeds) is { } given) arms = arms.WithSeeds([.. given.Split(',').Select(Seed)]);
                folder = ArmsRun.Create(arms, parsed.GetValue(sweeps)!, DateTime.UtcNow, IsAllowed(allowed, arms), display.Note,
                    parsed.GetValue(pretrained) is { } earlier ? SweepRun.Find(parsed.GetValue(sweeps)!, earlier, ArmsRecipe.FileName) : null);
            }
            var run = ArmsRun.Open(folder, display.Note, display, IsAllowed(allowed, ArmsRecipe.Load(folder)));
            display.Note($"comparison {folder}");
            return Task.FromResult(Run(run, display, parsed.GetValue(json), cancellation));
        });
        return command;
    }

    private static int Run(ArmsRun run, TrainDisplay display, bool json, CancellationToken cancellation)
    {
        ArmsResult result;
        try
        {
            result = run.Run(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            display.Dispose();
            Console.Error.WriteLine($"radlab: interrupted; go on with: radlab sweep {ArmsRecipe.DefaultName} --resume {run.Folder}");
            return ExitCodes.Interrupted;
        }
        display.Dispose();
        if (json)
        {
            var report = ArmsReport.ToJson(result);
            report["folder"] = run.Folder;
            Console.WriteLine(report.ToJsonString(DoctorVerb.Json));
            return ExitCodes.Done;
        }
        Console.WriteLine(ArmsReport.ToText(result));
        Console.WriteLine($"{run.Folder}: {SweepReport.TextName}, {SweepReport.JsonName}, {SweepReport.ChartName}");
        return ExitCodes.Done;
    }

    // what the arms decide themselves would be overruled without a word
    internal static void CheckIsOpen(ArmsRecipe usual, string path)
    {
        string? why = path switch
        {
            "model" => "the sizes decide it; see --sizes and --trained-weights",
            "seed" => "the runs have seeds of their own; see --seeds",
            "task" => "use --task",
            "run.score_test" => "a comparison scores its test items itself; see --test-items",
            _ when usual.Arms.Any(a => a.Set.Concat(a.Over).Any(s => s.Split('=')[0] == path)) => "it is what the arms differ in, or choose on validation",
            _ => null,
        };
        if (why is not null) throw new UsageException($"--set {path}: {why}");
    }

    private static bool IsAllowed(string[] named, ArmsRecipe arms) => SweepVerb.IsAllowed(named, arms.ReadData, arms.TrainedModels);

    private static ulong Seed(string text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed) ? seed
        : throw new UsageException($"--seeds: must be whole numbers with commas between them, got '{text}'");
}
