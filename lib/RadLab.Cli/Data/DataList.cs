using System.CommandLine;
using System.Text.Json.Nodes;
using RadLab.Radiology;

namespace RadLab.Cli;

/// <summary><c>radlab data list</c>: the data sets that have a manifest, and whether they are here.</summary>
internal static class DataList
{
    public static Command Create()
    {
        var store = DataVerb.Store();
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("list", "List the data sets, their licences and whether they are here.") { store, json };
        command.SetAction(parsed =>
        {
            var folders = DataVerb.Folders(parsed.GetValue(store));
            var rows = ManifestCatalog.Shipped.Select(m => (Manifest: m, State: State(m, folders))).ToList();
            if (parsed.GetValue(json))
            {
                Console.WriteLine(new JsonObject
                {
                    ["mirror"] = folders.Mirror,
                    ["store"] = folders.Store,
                    ["dataSets"] = new JsonArray([.. rows.Select(r => (JsonNode)new JsonObject
                    {
                        ["id"] = r.Manifest.Id, ["title"] = r.Manifest.Title, ["kind"] = r.Manifest.Kind.ToString(), ["licence"] = r.Manifest.Licence.ToString(),
                        ["phiClass"] = DataVerb.Class(r.Manifest.Phi.Class), ["restricted"] = r.Manifest.IsRestricted, ["state"] = r.State,
                    })]),
                }.ToJsonString(DoctorVerb.Json));
                return ExitCodes.Done;
            }
            int id = rows.Max(r => r.Manifest.Id.Length), licence = rows.Max(r => r.Manifest.Licence.ToString().Length);
            foreach (var (m, state) in rows) Console.WriteLine($"{m.Id.PadRight(id)}  {m.Licence.ToString().PadRight(licence)}  {state,-12}  {m.Title}");
            return ExitCodes.Done;
        });
        return command;
    }

    private static string State(DataManifest manifest, DataFolders folders)
    {
        if (manifest.Generator is not null) return "generated";
        var needed = manifest.Files.Where(f => !f.Optional).ToList();
        int there = needed.Count(f => folders.Find(f) is not null);
        return there == needed.Count ? "here" : there > 0 ? "partly here" : "not here";
    }
}
