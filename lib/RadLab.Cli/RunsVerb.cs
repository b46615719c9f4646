using System.CommandLine;
using System.Globalization;
using System.Text.Json;
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
        var run = new Argument<string>("RUN") { Description = "A run's folder or name." };
        var show = new Command("show", "Show a run's recipe and how far it is.") { run };
        show.SetAction(parsed => Show(RunFolder.Find(parsed.GetValue(runs)!, parsed.GetValue(run)!), parsed.GetValue(json)));
        return new Command("runs", "List and show training runs.") { runs, json, list, show, RunsSync.Create(runs) };
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
        return ExitCodes.Done;
    }

    private static int Show(string folder, bool json)
    {
        var record = RunRecord.Load(folder);
        var row = Row(folder);
        if (json)
        {
            row["recipe"] = RecipeJson.Node(record.Recipe);
            Console.WriteLine(row.ToJsonString(DoctorVerb.Json));
            return ExitCodes.Done;
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{folder}: begun {record.StartedUtc}, steps {row["steps"]}, loss {Number(row["loss"])}, validation {Number(row["validation_loss"])}"));
        Console.WriteLine($"base {record.Base.WeightsSha256}");
        foreach (var (split, hash) in record.Data.Sha256) Console.WriteLine($"data {record.Data.Provenance.DataSet} {split} {hash}");
        Console.WriteLine(RecipeJson.Write(record.Recipe));
        return ExitCodes.Done;
    }

    // a broken run is listed with what is wrong, so that the others are still seen
    private static JsonObject Row(string folder)
    {
        var row = new JsonObject { ["run"] = Path.GetFileName(folder), ["recipe"] = null, ["steps"] = 0, ["loss"] = null, ["validation_loss"] = null };
        try
        {
            row["recipe"] = RunRecord.Load(folder).Recipe.Name;
        }
        catch (RecipeException e)
        {
            row["problem"] = e.Message;
        }
        string metrics = Path.Combine(folder, MetricsLog.FileName);
        if (!File.Exists(metrics)) return row;
        using var stream = new FileStream(metrics, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (!TryParse(line, out var values)) break;   // being written
            row["steps"] = (long?)values["step"] ?? 0;
            row[(string?)values["kind"] == "validation" ? "validation_loss" : "loss"] = (double?)values["loss"];
        }
        return row;
    }

    private static bool TryParse(string line, out JsonNode values)
    {
        try
        {
            values = JsonNode.Parse(line)!;
            return values is JsonObject;
        }
        catch (JsonException)
        {
            values = null!;
            return false;
        }
    }

    private static string Number(JsonNode? value) => value is null ? "-" : ((double)value).ToString("0.0000", CultureInfo.InvariantCulture);
}
