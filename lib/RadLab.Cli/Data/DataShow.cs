using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using RadLab.Radiology;

namespace RadLab.Cli;

/// <summary><c>radlab data show</c>: everything that a manifest says.</summary>
internal static class DataShow
{
    public static Command Create()
    {
        var dataSet = DataVerb.DataSet();
        var store = DataVerb.Store();
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("show", "Show a data set's source, licence, terms, files, columns and split.") { dataSet, store, json };
        command.SetAction(parsed =>
        {
            var manifest = ManifestCatalog.Find(parsed.GetValue(dataSet)!);
            var folders = DataVerb.Folders(parsed.GetValue(store));
            if (parsed.GetValue(json)) Console.WriteLine(ToJson(manifest, folders).ToJsonString(DoctorVerb.Json));
            else Print(manifest, folders, Console.Out);
            return ExitCodes.Done;
        });
        return command;
    }

    private static void Print(DataManifest m, DataFolders folders, TextWriter output)
    {
        output.WriteLine($"{m.Id}: {m.Title}");
        output.WriteLine($"  licence      {m.Licence.Spdx ?? "-"}: {m.Licence.Text} ({m.Licence.Url})");
        output.WriteLine($"  terms        adapted text {DataVerb.Use(m.Terms.AdaptedText)}, trained weights {DataVerb.Use(m.Terms.TrainedWeights)}, commercial use {DataVerb.Use(m.Terms.CommercialUse)}. {m.Terms.Note}");
        output.WriteLine($"  PHI class    {DataVerb.Class(m.Phi.Class)}: {m.Phi.Note}");
        output.WriteLine($"  citation     {m.Citation}");
        output.WriteLine($"  home         {m.Home}");
        output.WriteLine($"  how to get   {m.Acquisition.Instructions}");
        output.WriteLine($"  split        {m.Split.Note}");
        foreach (string note in m.Notes) output.WriteLine($"  note         {note}");
        foreach (var f in m.Files)
        {
            output.WriteLine($"  {(f.Folder ? "folder" : "file")}         {f.Path} ({f.Role}, {f.Format}{(f.Optional ? ", optional" : "")}): {folders.Find(f) ?? "not here"}");
            if (f.Url is not null) output.WriteLine($"    from       {f.Url}");
            foreach (var d in f.Digests)
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"    {d.Name,-10} {(d.Sha256 is not null ? $"sha256 {d.Sha256}" : d.Md5 is not null ? $"md5 {d.Md5}, sha256 recorded at first download" : "sha256 recorded at first download")}{(d.Bytes is { } b ? $", {b:N0} bytes" : "")}{(d.Records is { } r ? $", {r:N0} records" : "")}"));
            foreach (var c in f.Columns) output.WriteLine($"    column     {c.Name}{(c.Role is null ? "" : $" → {c.Role}")}: {c.Meaning}");
        }
    }

    private static JsonObject ToJson(DataManifest m, DataFolders folders)
    {
        var result = DataProvenance.Of(m, []).ToJson();
        result.Remove("files");
        result["restricted"] = m.IsRestricted;
        result["acquisition"] = m.Acquisition.Instructions;
        result["split"] = m.Split.Note;
        result["notes"] = new JsonArray([.. m.Notes.Select(n => (JsonNode)n)]);
        result["files"] = new JsonArray([.. m.Files.Select(f => (JsonNode)new JsonObject
        {
            ["path"] = f.Path, ["role"] = f.Role, ["format"] = f.Format, ["optional"] = f.Optional, ["url"] = f.Url, ["location"] = folders.Find(f),
            ["digests"] = new JsonArray([.. f.Digests.Select(d => (JsonNode)new JsonObject { ["name"] = d.Name, ["sha256"] = d.Sha256, ["md5"] = d.Md5, ["bytes"] = d.Bytes, ["records"] = d.Records })]),
            ["columns"] = new JsonArray([.. f.Columns.Select(c => (JsonNode)new JsonObject { ["name"] = c.Name, ["role"] = c.Role, ["meaning"] = c.Meaning })]),
        })]);
        return result;
    }
}
