using System.CommandLine;
using System.Text.Json.Nodes;
using RadLab.Radiology;

namespace RadLab.Cli;

/// <summary><c>radlab data verify</c>: holds the files that are here against their digests. Downloads nothing.</summary>
internal static class DataVerify
{
    public static Command Create()
    {
        var dataSet = new Argument<string?>("DATASET") { Arity = ArgumentArity.ZeroOrOne, Description = "Id of a data set, or the path of a manifest; every shipped one if not given." };
        var store = DataVerb.Store();
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("verify", "Hold the files that are here against the digests of the manifest and of the lock file.") { dataSet, store, json };
        command.SetAction((parsed, cancellation) => DataVerb.Long(() => Run(parsed.GetValue(dataSet), DataVerb.Folders(parsed.GetValue(store)), parsed.GetValue(json), cancellation)));
        return command;
    }

    private static int Run(string? dataSet, DataFolders folders, bool json, CancellationToken cancellation)
    {
        var manifests = dataSet is null ? ManifestCatalog.Shipped : [ManifestCatalog.Find(dataSet)];
        using var http = new HttpClient();
        var fetch = new DataFetch(folders, http);
        var results = new JsonArray();
        bool wrong = false, missing = false;
        foreach (var manifest in manifests)
        {
            var files = new List<FetchedFile>();
            foreach (var f in manifest.Files)
            {
                using var progress = new DataProgress(json);
                var one = fetch.Verify(f, (done, total) => progress.Bytes(f.Path, done, total), cancellation);
                wrong |= one.State == "wrong";
                missing |= one.State == "missing" && !f.Optional;
                files.Add(one);
            }
            results.Add(DataGet.ToJson(manifest, files));
            if (json) continue;
            Console.WriteLine(manifest.Generator is null ? manifest.Id : $"{manifest.Id}: generated, no files");
            foreach (var f in files) Console.WriteLine(DataGet.Line(f));
        }
        if (json) Console.WriteLine(new JsonObject { ["dataSets"] = results }.ToJsonString(DoctorVerb.Json));
        // a data set asked for by name must be here; of all of them most are not
        return wrong || (missing && dataSet is not null) ? ExitCodes.BadInput : ExitCodes.Done;
    }
}
