using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
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
        var file = new Option<string?>("--recipe") { HelpName = "FILE", Description = "A recipe of your own as JSON, as 'runs show' prints it." };
        var list = new Option<bool>("--list") { Description = "List the recipes." };
        var set = new Option<string[]>("--set") { HelpName = "path=value", Description = "Change one setting, such as lora.rank=32. Repeatable." };
        var data = new Option<string?>("--data") { HelpName = "ID|DIR", Description = "A data set, or a folder that 'data prepare' has written." };
        var model = new Option<string?>("--model") { HelpName = "DIR|ID", Description = "A model folder, or a Hugging Face id in its cache." };
        var resume = new Option<string?>("--resume") { HelpName = "RUN", Description = "Go on with a run: its folder or name." };
        var output = new Option<string?>("--runs") { HelpName = "DIR", Description = "Folder of all runs. Default: runs; of restricted data, in a git work tree, a folder beside the prepared data." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object at the end." };
        var command = new Command("train", "Fine-tune a model by a recipe. Ctrl-C saves and stops; SIGUSR1 saves and goes on.") { recipe, file, list, set, data, model, resume, output, json };
        var tracking = new TrackOptions();
        tracking.AddTo(command);
        command.Validators.Add(r =>
        {
            int given = (r.GetValue(recipe) is null ? 0 : 1) + (r.GetValue(file) is null ? 0 : 1) + (r.GetValue(resume) is null ? 0 : 1) + (r.GetValue(list) ? 1 : 0);
            if (given != 1) r.AddError("train: name one of RECIPE, --recipe FILE, --resume RUN or --list.");
            if (r.GetValue(resume) is not null && (r.GetValue(set)?.Length > 0 || r.GetValue(data) is not null || r.GetValue(model) is not null)) r.AddError("train: --resume goes on with the run's own recipe; --set, --data and --model belong to a new run.");
        });
        command.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(list)) return Task.FromResult(List());
            string runs = parsed.GetValue(output) ?? RunFolder.Default;
            if (parsed.GetValue(resume) is { } run)
            {
                string folder = RunFolder.Find(runs, run);
                var begun = RunSetup.Resume(folder);
                var allowed = tracking.Read(parsed, begun, folder);
                begun.CheckPlace(folder, allowed.InGit);
                return Task.FromResult(Run(begun, allowed, folder, parsed.GetValue(json), cancellation));
            }
            var chosen = parsed.GetValue(file) is { } path ? RecipeJson.Load(path) : Recipes.Get(parsed.GetValue(recipe)!);
            if (parsed.GetValue(data) is { } d) chosen = chosen with { Data = d };
            if (parsed.GetValue(model) is { } m) chosen = chosen with { Model = m };
            foreach (string assignment in parsed.GetValue(set) ?? []) chosen = RecipeJson.Set(chosen, assignment);
            var setup = RunSetup.New(chosen, DateTime.UtcNow, Console.Error.WriteLine);
            var permissions = tracking.Read(parsed, setup, null);
            if (parsed.GetValue(output) is null && setup.TrainedOn.Any(d => d.IsRestricted) && !permissions.InGit && GitWorkTree.Containing(runs) is not null) runs = RunFolder.Outside;
            return Task.FromResult(Run(setup, permissions, setup.CreateFolder(runs, permissions.InGit), parsed.GetValue(json), cancellation));
        });
        return command;
    }

    private static int List()
    {
        int width = Recipes.All.Max(r => r.Name.Length);
        foreach (var recipe in Recipes.All) Console.WriteLine($"{recipe.Name.PadRight(width)}  {recipe.Description}");
        return ExitCodes.Done;
    }

    private static int Run(RunSetup setup, RunPermissions permissions, string folder, bool json, CancellationToken cancellation)
    {
        using var engine = new Engine();
        using var display = new TrainDisplay(quiet: json);
        var run = setup.Run(engine, folder, display.Note);
        using var stop = cancellation.Register(run.Stop);
        using var save = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(OperatingSystem.IsMacOS() ? (PosixSignal)30 : (PosixSignal)10, context =>
        {
            context.Cancel = true;   // SIGUSR1 would end the process
            run.SaveSoon();
        });
        display.Note($"run {folder}");
        var result = permissions.Train(run, setup.Record, folder, display);
        display.Dispose();
        if (json) Console.WriteLine(ToJson(folder, result).ToJsonString(DoctorVerb.Json));
        else Console.WriteLine(Text(folder, result));
        if (result.End != RunEnd.Interrupted && setup.Recipe.Run.ScoreTest && !json) EvalVerb.ScoreOnce(engine, folder, cancellation);
        return result.End == RunEnd.Interrupted ? ExitCodes.Interrupted : ExitCodes.Done;
    }

    private static string Text(string folder, TrainingResult result)
    {
        string end = result.End switch { RunEnd.Finished => "finished", RunEnd.StoppedEarly => "stopped early", _ => $"interrupted; go on with: radlab train --resume {folder}" };
        return string.Create(CultureInfo.InvariantCulture, $"{folder}: {end} after {result.State.Step} steps, {result.State.Tokens} tokens, loss {result.Loss:0.0000}{(result.State.BestLoss is { } best ? $", best validation loss {best:0.0000} at step {result.State.BestStep}" : "")}");
    }

    private static JsonObject ToJson(string folder, TrainingResult result) => new()
    {
        ["run"] = folder,
        ["end"] = result.End.ToString(),
        ["steps"] = result.State.Step,
        ["tokens"] = result.State.Tokens,
        ["loss"] = double.IsFinite(result.Loss) ? result.Loss : null,
        ["validation_loss"] = result.State.ValidationLoss,
        ["best_step"] = result.State.BestStep,
    };
}
