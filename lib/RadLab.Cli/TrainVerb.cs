using System.CommandLine;
using RadLab.Compute;
using RadLab.Radiology;
using RadLab.Training;

namespace RadLab.Cli;

/// <summary><c>radlab train</c>: a recipe's run, from the start or from where it stopped.</summary>
internal static class TrainVerb
{
    public static Command Create()
    {
        var recipe = new Argument<string?>("RECIPE") { Arity = ArgumentArity.ZeroOrOne, Description = "Name of a recipe; see --list." };
        var file = new Option<string?>("--recipe") { HelpName = "FILE", Description = "A recipe of your own as JSON; --show prints one to begin with, and 'runs show RUN --recipe' a run's." };
        var show = new Option<string?>("--show") { HelpName = "RECIPE", Description = "Print a recipe, by name or file, as JSON that --recipe reads: train --show tiny-impression > my.json" };
        var sources = new Option<bool>("--sources") { Description = "With --show: print a table instead that says of each setting whether it is published and where, or our choice." };
        var list = new Option<bool>("--list") { Description = "List the recipes." };
        var set = new Option<string[]>("--set") { HelpName = "path=value", Description = "Change one setting, such as lora.rank=32. Repeatable." };
        var data = new Option<string?>("--data") { HelpName = "ID|DIR", Description = "A data set, or a folder that 'data prepare' has written." };
        var model = new Option<string?>("--model") { HelpName = "DIR|ID", Description = "A model folder, or a Hugging Face id in its cache, also as hf:ORG/NAME." };
        var resume = new Option<string?>("--resume") { HelpName = "RUN", Description = "Go on with a run: its folder or name." };
        var output = new Option<string?>("--runs") { HelpName = "DIR", Description = "Folder of all runs. Default: runs; of restricted data, in a git work tree, a folder beside the prepared data." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object at the end." };
        var command = new Command("train", "Fine-tune a model by a recipe. Ctrl-C saves and stops; SIGUSR1 saves and goes on.") { recipe, file, list, show, sources, set, data, model, resume, output, json };
        var tracking = new TrackOptions();
        tracking.AddTo(command);
        command.Validators.Add(r =>
        {
            int given = (r.GetValue(recipe) is null ? 0 : 1) + (r.GetValue(file) is null ? 0 : 1) + (r.GetValue(resume) is null ? 0 : 1) + (r.GetValue(list) ? 1 : 0) + (r.GetValue(show) is null ? 0 : 1);
            if (given != 1) r.AddError("train: name one of RECIPE, --recipe FILE, --resume RUN, --show RECIPE or --list.");
            if (r.GetValue(sources) && r.GetValue(show) is null) r.AddError("train: --sources goes with --show RECIPE.");
            if (r.GetValue(resume) is not null && (r.GetValue(set)?.Length > 0 || r.GetValue(data) is not null || r.GetValue(model) is not null)) r.AddError("train: --resume goes on with the run's own recipe; --set, --data and --model belong to a new run.");
        });
        command.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(list)) return Task.FromResult(List());
            if (parsed.GetValue(show) is { } shown) return Task.FromResult(Show(ChosenRecipe.With(ChosenRecipe.Open(shown), parsed.GetValue(data), parsed.GetValue(model), parsed.GetValue(set)), parsed.GetValue(sources)));
            using var save = new SaveSignal();   // before data is prepared, which may take minutes
            string runs = parsed.GetValue(output) ?? RunFolder.Default;
            if (parsed.GetValue(resume) is { } run)
            {
                string folder = RunFolder.Find(runs, run);
                var begun = RunSetup.Resume(folder, cancellation);
                var allowed = tracking.Read(parsed, begun, folder);
                begun.CheckPlace(folder, allowed.InGit);
                return Task.FromResult(Run(begun, allowed, folder, parsed.GetValue(json), save, cancellation));
            }
            var chosen = parsed.GetValue(file) is { } path ? RecipeJson.Load(path) : Recipes.Get(parsed.GetValue(recipe)!);
            chosen = ChosenRecipe.With(chosen, parsed.GetValue(data), parsed.GetValue(model), parsed.GetValue(set));
            var setup = RunSetup.New(chosen, DateTime.UtcNow, Console.Error.WriteLine, cancellation: cancellation);
            var permissions = tracking.Read(parsed, setup, null);
            if (parsed.GetValue(output) is null && setup.TrainedOn.Any(d => d.IsRestricted) && !permissions.InGit && GitWorkTree.Containing(runs) is not null) runs = RunFolder.Outside;
            cancellation.ThrowIfCancellationRequested();   // the last moment at which nothing has been written
            return Task.FromResult(Run(setup, permissions, setup.CreateFolder(runs, permissions.InGit), parsed.GetValue(json), save, cancellation));
        });
        return command;
    }

    private static int List()
    {
        int width = Recipes.All.Max(r => r.Name.Length);
        foreach (var recipe in Recipes.All) Console.WriteLine($"{recipe.Name.PadRight(width)}  {recipe.Description}");
        return ExitCodes.Done;
    }

    private static int Show(Recipe recipe, bool sources)
    {
        RecipeCheck.Check(recipe);
        Console.WriteLine(sources ? RecipeSettings.ToText(recipe) : RecipeJson.Write(recipe));
        return ExitCodes.Done;
    }

    private static int Run(RunSetup setup, RunPermissions permissions, string folder, bool json, SaveSignal save, CancellationToken cancellation)
    {
        using var engine = new Engine();
        using var display = new TrainDisplay(quiet: json);
        var run = setup.Run(engine, folder, display.Note);
        using var stop = cancellation.Register(run.Stop);
        using var alone = run.Claim();   // before a tracker is told of it
        save.Run = run;
        display.Note($"run {folder}");
        var result = permissions.Train(run, setup.Record, folder, display);
        display.Dispose();
        if (!json) Console.WriteLine(TrainReport.Text(folder, result));
        int code = result.End == RunEnd.Interrupted ? ExitCodes.Interrupted : ExitCodes.Done;
        if (result.End != RunEnd.Interrupted && setup.Recipe.Run.ScoreTest)
        {
            try
            {
                string scores = FinalScoring.Run(engine, folder, cancellation);
                if (!json) Console.WriteLine(scores);
            }
            catch (OperationCanceledException e) when (cancellation.IsCancellationRequested)
            {
                Console.Error.WriteLine($"radlab: interrupted; {e.Message}");
                code = ExitCodes.Interrupted;
            }
        }
        if (json) Console.WriteLine(TrainReport.Json(folder, result).ToJsonString(DoctorVerb.Json));
        return code;
    }
}
