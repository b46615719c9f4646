using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using RadLab.Training;

namespace RadLab.Cli;

/// <summary><c>radlab runs</c>: what has been trained.</summary>
internal static class RunsVerb
{
    public static Command Create()
    {
        var runs = new Option<string>("--runs") { HelpName = "DIR", DefaultValueFactory = _ => "runs", Description = "Folder of all runs. Default: runs.", Recursive = true };
        var json = new Option<bool>("--json") { Description = "Print one JSON object.", Recursive = true };
        var list = new Command("list", "List runs, the oldest first.");
        list.SetAction(parsed => List(parsed.GetValue(runs)!, parsed.GetValue(json)));
        return new Command("runs", "List and show training runs.") { runs, json, list, RunsShow.Create(runs, json), RunsSync.Create(runs) };
    }

    private static int List(string runs, bool json)
    {
        var rows = RunFolder.List(runs).Concat(runs == RunFolder.Default ? RunFolder.List(RunFolder.Outside) : []).Select(Row).ToList();
        if (json)
        {
            Console.WriteLine(new JsonObject { ["runs"] = new JsonArray([.. rows]) }.ToJsonString(DoctorVerb.Json));
            return ExitCodes.Done;
        }
        if (rows.Count == 0) Console.WriteLine($"{runs}: no runs yet; begin one with 'radlab train tiny-impression'");
        foreach (var row in rows)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row["run"]}  {row["recipe"]}  steps {row["steps"]}  loss {Number(row["loss"])}  validation {Number(row["validation_loss"])}{(row["problem"] is { } p ? $"  {p}" : "")}"));
        if (rows.Any(r => (string?)r["model"] is { } model && TeachingModel.Is(model))) Console.WriteLine($"\n{TeachingModel.Note}");
        return ExitCodes.Done;
    }

    // a broken run is listed with what is wrong, so that the others are still seen
    internal static JsonObject Row(string folder)
    {
        var row = new JsonObject { ["run"] = Path.GetFileName(folder), ["recipe"] = null, ["model"] = null, ["steps"] = 0, ["loss"] = null, ["validation_loss"] = null };
        try
        {
            var recipe = RunRecord.Load(folder).Recipe;
            (row["recipe"], row["model"]) = (recipe.Name, recipe.Model);
        }
        catch (RecipeException e)
        {
            row["problem"] = e.Message;
        }
        var curve = RunCurve.Read(folder);
        if (curve.Steps.Count > 0) (row["steps"], row["loss"]) = (curve.Steps[^1].Step, Finite(curve.Steps[^1].Loss));
        if (curve.Evaluations.Count > 0) row["validation_loss"] = Finite(curve.Evaluations[^1].Loss);
        return row;
    }

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;

    internal static string Number(JsonNode? value) => value is null ? "-" : ((double)value).ToString("0.0000", CultureInfo.InvariantCulture);
}
