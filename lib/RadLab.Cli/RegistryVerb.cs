using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using RadLab.Training;

namespace RadLab.Cli;

/// <summary><c>radlab registry</c>: named versions of what was trained, each with its lineage.</summary>
internal static class RegistryVerb
{
    public static Command Create()
    {
        var folder = new Option<string>("--registry") { HelpName = "DIR", DefaultValueFactory = _ => ModelRegistry.DefaultFolder, Description = "The registry's folder. Default: registry.", Recursive = true };
        var json = new Option<bool>("--json") { Description = "Print one JSON object.", Recursive = true };
        var name = new Argument<string>("NAME") { Description = "A registered model." };
        var version = new Argument<int>("VERSION") { Description = "Number of a version." };

        var list = new Command("list", "List models, their versions, stages and aliases.");
        list.SetAction(p => List(new ModelRegistry(p.GetValue(folder)!), p.GetValue(folder)!, p.GetValue(json)));

        var reference = new Argument<string>("MODEL") { Description = "NAME (the latest version), NAME/VERSION or NAME@ALIAS." };
        var show = new Command("show", "Show a version's lineage: base, weights, data, recipe, evaluation, licences.") { reference };
        show.SetAction(p => Show(new ModelRegistry(p.GetValue(folder)!), p.GetValue(reference)!, p.GetValue(json)));

        var run = new Argument<string>("RUN") { Description = "A finished run's folder or name." };
        var model = new Option<string>("--name") { Required = true, HelpName = "NAME", Description = "The model that it becomes a version of." };
        var given = new Option<string?>("--alias") { HelpName = "ALIAS", Description = "Point this alias to it." };
        var stage = new Option<RegistryStage?>("--stage") { HelpName = "STAGE", Description = "Staging, Production or Archived." };
        var runs = new Option<string>("--runs") { HelpName = "DIR", DefaultValueFactory = _ => "runs", Description = "Folder of all runs. Default: runs." };
        var add = new Command("add", "Register a finished run; where it is tracked by MLflow, there too.") { run, model, given, stage, runs };
        add.SetAction((p, cancellation) => Task.FromResult(Add(p.GetValue(folder)!, RunFolder.Find(p.GetValue(runs)!, p.GetValue(run)!), p.GetValue(model)!, p.GetValue(given), p.GetValue(stage), p.GetValue(json), cancellation)));

        var aliasName = new Argument<string>("ALIAS") { Description = "Letters, digits, _ and -." };
        var alias = new Command("alias", "Point an alias to a version.") { name, aliasName, version };
        alias.SetAction((p, cancellation) =>
        {
            new ModelRegistry(p.GetValue(folder)!).SetAlias(p.GetValue(name)!, p.GetValue(aliasName)!, p.GetValue(version));
            RegistryTracking.Change(p.GetValue(folder)!, p.GetValue(name)!, p.GetValue(version), p.GetValue(aliasName), null, cancellation);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{p.GetValue(name)}@{p.GetValue(aliasName)} is version {p.GetValue(version)}"));
            return Task.FromResult(ExitCodes.Done);
        });

        var newStage = new Argument<RegistryStage>("STAGE") { Description = "None, Staging, Production or Archived." };
        var move = new Command("stage", "Set the stage of a version.") { name, version, newStage };
        move.SetAction((p, cancellation) =>
        {
            new ModelRegistry(p.GetValue(folder)!).SetStage(p.GetValue(name)!, p.GetValue(version), p.GetValue(newStage));
            RegistryTracking.Change(p.GetValue(folder)!, p.GetValue(name)!, p.GetValue(version), null, p.GetValue(newStage), cancellation);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{p.GetValue(name)}/{p.GetValue(version)} is in {p.GetValue(newStage)}"));
            return Task.FromResult(ExitCodes.Done);
        });
        return new Command("registry", "Register trained models with their lineage, and name the good ones.") { folder, json, list, show, add, alias, move };
    }

    private static int List(ModelRegistry registry, string folder, bool json)
    {
        var models = registry.All();
        if (json) Console.WriteLine(new JsonObject { ["models"] = new JsonArray([.. models.SelectMany(m => m.Versions.Select(v => (JsonNode)Row(m, v)))]) }.ToJsonString(DoctorVerb.Json));
        else if (models.Count == 0) Console.WriteLine($"{folder}: no models yet; register a run with 'radlab registry add RUN --name NAME'");
        else
            foreach (var row in models.SelectMany(m => m.Versions.Select(v => Row(m, v))))
                Console.WriteLine($"{row["name"]}/{row["version"]}  {row["stage"]}{string.Concat(row["aliases"]!.AsArray().Select(a => $" @{a}"))}  {row["recipe"]} on {row["data"]}  base {row["base_sha256"]?.ToString()[..12] ?? "unknown"}  weights {row["weights_sha256"]!.ToString()[..12]}{(row["validation_loss"] is { } loss ? string.Create(CultureInfo.InvariantCulture, $"  validation {(double)loss:0.0000}") : "")}");
        return ExitCodes.Done;
    }

    private static int Show(ModelRegistry registry, string reference, bool json)
    {
        var entry = registry.Find(reference);
        var model = registry.Get(entry.Name);
        var row = Row(model, entry);
        row["run"] = entry.Run;
        row["created_utc"] = entry.CreatedUtc;
        row["files"] = new JsonObject(entry.Files.Select(f => KeyValuePair.Create(f.Key, (JsonNode?)f.Value)));
        row["data_sha256"] = new JsonObject(entry.Data.Sha256.Select(f => KeyValuePair.Create(f.Key, (JsonNode?)f.Value)));
        row["evaluation"] = new JsonObject(entry.Evaluation.Select(f => KeyValuePair.Create(f.Key, (JsonNode?)f.Value)));
        row["licence_notes"] = new JsonArray([.. entry.LicenceNotes.Select(n => (JsonNode)n)]);
        row["recipe"] = RecipeJson.Node(entry.Recipe);
        if (json)
        {
            Console.WriteLine(row.ToJsonString(DoctorVerb.Json));
            return ExitCodes.Done;
        }
        Console.WriteLine($"{entry.Name}/{entry.Version.ToString(CultureInfo.InvariantCulture)}: {model.StageOf(entry.Version)}{string.Concat(row["aliases"]!.AsArray().Select(a => $" @{a}"))}, registered {entry.CreatedUtc} from {entry.Run}");
        Console.WriteLine($"base {entry.BaseModel} {entry.Base.WeightsSha256}");
        foreach (var (file, hash) in entry.Files) Console.WriteLine($"{entry.Kind} {file} {hash}");
        foreach (var (file, hash) in entry.Data.Sha256) Console.WriteLine($"data {entry.Data.Provenance.DataSet} {file} {hash}");
        foreach (string note in entry.LicenceNotes) Console.WriteLine(note);
        foreach (var (figure, value) in entry.Evaluation) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{figure} {value}"));
        if (TeachingModel.Is(entry.BaseModel)) Console.WriteLine(TeachingModel.Note);
        Console.WriteLine(RecipeJson.Write(entry.Recipe));
        return ExitCodes.Done;
    }

    private static int Add(string folder, string run, string name, string? alias, RegistryStage? stage, bool json, CancellationToken cancellation)
    {
        if (alias is not null) ModelRegistry.CheckAlias(alias);   // before there is a version without it
        var registry = new ModelRegistry(folder);
        var entry = registry.Add(run, name, DateTime.UtcNow);
        if (alias is not null) registry.SetAlias(name, alias, entry.Version);
        if (stage is { } s) registry.SetStage(name, entry.Version, s);
        RegistryTracking.Add(folder, entry, alias, stage, cancellation);
        if (json) Console.WriteLine(Row(registry.Get(name), entry).ToJsonString(DoctorVerb.Json));
        else Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}/{entry.Version}{(alias is null ? "" : $" @{alias}")}: registered from {run}"));
        return ExitCodes.Done;
    }

    private static JsonObject Row(RegisteredModel model, RegistryEntry entry) => new()
    {
        ["name"] = entry.Name,
        ["version"] = entry.Version,
        ["stage"] = model.StageOf(entry.Version).ToString(),
        ["aliases"] = new JsonArray([.. model.Aliases.Where(a => a.Value == entry.Version).Select(a => (JsonNode)a.Key)]),
        ["recipe"] = entry.Recipe.Name,
        ["base_sha256"] = entry.Base.WeightsSha256,
        ["weights_sha256"] = entry.WeightsSha256,
        ["adapter_sha256"] = entry.AdapterSha256,
        ["data"] = entry.Data.Provenance.DataSet,
        ["phi_class"] = entry.Data.Provenance.Phi.Class.ToString(),
        ["validation_loss"] = entry.Evaluation.TryGetValue("validation_loss", out double loss) ? loss : null,
    };
}
