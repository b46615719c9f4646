using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using RadLab.Training;

namespace RadLab.Cli;

/// <summary><c>radlab sweep</c>: a recipe trained with many settings, and a table of what each is worth.</summary>
internal static class SweepVerb
{
    public static Command Create()
    {
        var name = new Argument<string?>("NAME") { Arity = ArgumentArity.ZeroOrOne, Description = "A sweep of --list, or a recipe of 'train --list' together with --over." };
        var file = new Option<string?>("--recipe") { HelpName = "FILE", Description = "A recipe of your own as JSON, as 'train --show' prints one; needs --over." };
        var list = new Option<bool>("--list") { Description = "List the sweeps." };
        var over = new Option<string[]>("--over") { HelpName = "path=value,value", Description = "Try these values, such as lora.rank=4,8,16; lora.rank,lora.alpha=4:8,8:16 changes two together; learning_rate=1e-4..1e-2 is drawn from with --random. Repeatable." };
        var random = new Option<int?>("--random") { HelpName = "N", Description = "Draw N combinations instead of trying all of them." };
        var seed = new Option<ulong?>("--draw-seed") { HelpName = "N", Description = "Seed of the draws. Default: 17. (Seeds of training: --over seed=17,18,19.)" };
        var halving = new Option<int?>("--halving") { HelpName = "ETA", Description = "Stop early what is worse: at each rung of steps one in ETA goes on, by validation loss. 0: none." };
        var set = new Option<string[]>("--set") { HelpName = "path=value", Description = "Change one setting of all trials. Repeatable." };
        var data = new Option<string?>("--data") { HelpName = "ID|DIR", Description = "A data set, or a folder that 'data prepare' has written." };
        var model = new Option<string?>("--model") { HelpName = "DIR|ID", Description = "A model folder, or a Hugging Face id in its cache, also as hf:ORG/NAME." };
        var items = new Option<int?>("--metric-items") { HelpName = "N", Description = "Validation examples that a finished trial answers. Default: 200. 0: none." };
        var resume = new Option<string?>("--resume") { HelpName = "SWEEP", Description = "Go on with a sweep: its folder or name." };
        var sweeps = new Option<string>("--sweeps") { HelpName = "DIR", DefaultValueFactory = _ => "sweeps", Description = "Folder of all sweeps. Default: sweeps." };
        var test = new Option<bool>("--score-test") { Description = "In the end score the best trial on the test split, once; it is logged. Otherwise the test split is not touched." };
        var limit = new Option<int>("--test-items") { HelpName = "N", DefaultValueFactory = _ => 1000, Description = "Test examples at most. Default: 1000." };
        var inGit = new Option<string[]>("--allow-in-git") { HelpName = "ID", Description = "Allow this restricted data set's run folders inside a git work tree." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object at the end." };
        var command = new Command("sweep", "Train a recipe with many settings and compare them. Ctrl-C saves and stops; --resume goes on.")
        {
            name, file, list, over, random, seed, halving, set, data, model, items, resume, sweeps, test, limit, inGit, json, CompareArmsVerb.Create(),
        };
        Option[] ofNew = [over, random, seed, halving, set, data, model, items];
        command.Validators.Add(r =>
        {
            int given = (r.GetValue(name) is null ? 0 : 1) + (r.GetValue(file) is null ? 0 : 1) + (r.GetValue(resume) is null ? 0 : 1) + (r.GetValue(list) ? 1 : 0);
            if (given != 1) r.AddError("sweep: name one of NAME, --recipe FILE, --resume SWEEP or --list.");
            if (r.GetValue(resume) is not null && ofNew.FirstOrDefault(o => r.GetResult(o) is { Implicit: false }) is { } other) r.AddError($"sweep: --resume goes on with what {Sweep.FileName} says; {other.Name} belongs to a new sweep.");
        });
        command.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(list)) return Task.FromResult(List());
            if (parsed.GetValue(limit) < 1) throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--test-items: must be at least 1, got {parsed.GetValue(limit)}"));
            using var display = new TrainDisplay(quiet: parsed.GetValue(json));
            string folder;
            string[] allowed = parsed.GetValue(inGit) ?? [];
            if (parsed.GetValue(resume) is { } begun)
            {
                folder = SweepRun.Find(parsed.GetValue(sweeps)!, begun);
            }
            else
            {
                var sweep = parsed.GetValue(file) is { } path ? OfRecipe(RecipeJson.Load(path)) : Named(parsed.GetValue(name)!);
                if (parsed.GetValue(over) is { Length: > 0 } axes) sweep = sweep with { Over = [.. axes.Select(SweptSetting.Parse)], Random = 0, Halving = 0 };
                var recipe = ChosenRecipe.With(sweep.Recipe, parsed.GetValue(data), parsed.GetValue(model), parsed.GetValue(set));
                if (parsed.GetValue(random) is { } n and < 1) throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--random: must be at least 1, got {n}"));
                sweep = sweep with
                {
                    Recipe = recipe, Random = parsed.GetValue(random) ?? sweep.Random, Seed = parsed.GetValue(seed) ?? sweep.Seed, Halving = parsed.GetValue(halving) ?? sweep.Halving,
                    MetricItems = parsed.GetValue(items) ?? sweep.MetricItems,
                };
                folder = SweepRun.Create(sweep, parsed.GetValue(sweeps)!, DateTime.UtcNow, IsAllowed(allowed, sweep), display.Note);
            }
            var run = SweepRun.Open(folder, display.Note, display, IsAllowed(allowed, Sweep.Load(folder)));
            display.Note(string.Create(CultureInfo.InvariantCulture, $"sweep {folder}: {run.Count} trials"));
            return Task.FromResult(Run(run, display, parsed.GetValue(test) ? parsed.GetValue(limit) : 0, parsed.GetValue(json), cancellation));
        });
        return command;
    }

    private static bool IsAllowed(string[] named, Sweep sweep) => IsAllowed(named, [sweep.Recipe.Data], sweep.Trials().Select(t => t.Recipe.Model));

    /// <summary>Whether every restricted set that something is made of was allowed by its name.</summary>
    /// <param name="data">What is read here.</param>
    /// <param name="models">What it begins with, and so what these have read before.</param>
    internal static bool IsAllowed(string[] named, IEnumerable<string> data, IEnumerable<string> models)
    {
        if (named.Length == 0) return false;
        var sets = data.Distinct().SelectMany(d => TrainingData.OpenAll(d)).Select(d => d.Provenance)
            .Concat(models.Distinct().Select(m => BaseModels.Find(m).Folder).OfType<string>().SelectMany(AdapterProvenance.LoadAll).Select(d => d.Provenance)).ToList();
        foreach (string id in named)
            if (!sets.Exists(s => s.DataSet == id)) throw new UsageException($"--allow-in-git {id}: what is read here is {string.Join(", ", sets.Select(s => s.DataSet).Distinct())}; name that, or leave the option out");
        return sets.TrueForAll(s => !s.IsRestricted || named.Contains(s.DataSet, StringComparer.Ordinal));
    }

    private static int Run(SweepRun run, TrainDisplay display, int testItems, bool json, CancellationToken cancellation)
    {
        SweepResult result;
        string? test = null;
        try
        {
            result = run.Run(cancellation);
            if (testItems > 0) test = run.ScoreTest(result, testItems, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            display.Dispose();
            Console.Error.WriteLine($"radlab: interrupted; go on with: radlab sweep --resume {run.Folder}");
            return ExitCodes.Interrupted;
        }
        display.Dispose();
        if (json)
        {
            var report = SweepReport.ToJson(result);
            report["folder"] = run.Folder;
            if (test is not null) report["test"] = JsonNode.Parse(File.ReadAllText(test));
            Console.WriteLine(report.ToJsonString(DoctorVerb.Json));
            return ExitCodes.Done;
        }
        Console.WriteLine(SweepReport.ToText(result));
        if (test is not null) Console.WriteLine($"test split, {result.Best!.Trial.Name} alone, scored once: {test}");
        Console.WriteLine($"{run.Folder}: {SweepReport.TextName}, {SweepReport.CsvName}, {SweepReport.JsonName}, {SweepReport.ChartName}");
        return ExitCodes.Done;
    }

    private static int List()
    {
        (string Name, string Description)[] rows = [.. SweepRecipes.All.Select(s => (s.Name, s.Description)), (ArmsRecipe.DefaultName, new ArmsRecipe().Description)];
        int width = rows.Max(r => r.Name.Length);
        foreach (var (name, description) in rows) Console.WriteLine($"{name.PadRight(width)}  {description}");
        return ExitCodes.Done;
    }

    private static Sweep Named(string name) => SweepRecipes.All.FirstOrDefault(s => s.Name == name)
        ?? (Recipes.All.FirstOrDefault(r => r.Name == name) is { } recipe ? OfRecipe(recipe)
            : throw new RecipeException($"sweep '{name}': there is neither a sweep nor a recipe of that name; 'radlab sweep --list' and 'radlab train --list' show them."));

    private static Sweep OfRecipe(Recipe recipe) => new() { Name = recipe.Name + "-sweep", Description = recipe.Description, Recipe = recipe };
}
