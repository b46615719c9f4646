using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using RadLab.Radiology;

namespace RadLab.Cli;

/// <summary><c>radlab data get</c>: makes a data set's files present and right.</summary>
internal static class DataGet
{
    public static Command Create()
    {
        var dataSet = new Argument<string>("DATASET") { Description = "Id of a data set (radlab data list), the path of a manifest of your own, or a model: hf:ORG/NAME[@REVISION]." };
        var file = new Option<string[]>("--file") { HelpName = "PATH", Description = "Only this file, by its path in the manifest; may be given several times, also for optional files." };
        var all = new Option<bool>("--all") { Description = "Optional files too." };
        var trust = new Option<bool>("--trust") { Description = "Record the digests of files that are here and for which the source publishes none; from then on they must keep them." };
        var store = DataVerb.Store();
        var git = DataVerb.AllowInGit();
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("get", "Fetch a data set or a model: from the mirror that RADLAB_DATA names, or by download. Goes on where it broke off, checks digests, keeps the old file when the new one is wrong.") { dataSet, file, all, trust, store, git, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(dataSet)!.StartsWith(DataGetModel.Prefix, StringComparison.Ordinal)) return await DataGetModel.RunAsync(parsed.GetValue(dataSet)![DataGetModel.Prefix.Length..], parsed.GetValue(json), cancellation);
            var manifest = ManifestCatalog.Find(parsed.GetValue(dataSet)!);
            var folders = DataVerb.Folders(parsed.GetValue(store));
            if (manifest.Generator is not null)
                throw new UsageException($"{manifest.Id}: there is nothing to get. {manifest.Acquisition.Instructions}");
            if (manifest.Acquisition.Method == AcquisitionMethod.Credentialed && manifest.Files.All(f => folders.Find(f) is null))
                throw new UsageException($"{manifest.Id}: is open to credentialed people only. {manifest.Acquisition.Instructions}");
            string[] named = parsed.GetValue(file) ?? [];
            foreach (string name in named)
                if (manifest.Files.All(f => f.Path != name)) throw new UsageException($"--file {name}: is none of {string.Join(", ", manifest.Files.Select(f => f.Path))}");
            GitWorkTree.Refuse(manifest, folders.Store, DataVerb.Allowed(manifest, parsed.GetValue(git)));

            bool quiet = parsed.GetValue(json);
            if (!quiet) Console.WriteLine($"{manifest.Id}: {manifest.Licence}. {manifest.Terms.Note}");
            using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
            http.DefaultRequestHeaders.UserAgent.ParseAdd("radlab/0.1");
            var fetch = new DataFetch(folders, http);
            var got = new List<FetchedFile>();
            foreach (var f in manifest.Files.Where(f => named.Length > 0 ? named.Contains(f.Path) : parsed.GetValue(all) || !f.Optional))
            {
                using var progress = new DataProgress(quiet);
                var one = await fetch.GetAsync(manifest, f, parsed.GetValue(trust), (done, total) => progress.Bytes(f.Path, done, total), cancellation);
                got.Add(one);
                if (!quiet) Console.WriteLine(Line(one));
            }
            if (quiet) Console.WriteLine(ToJson(manifest, got).ToJsonString(DoctorVerb.Json));
            return ExitCodes.Done;
        });
        return command;
    }

    public static string Line(FetchedFile f) => f.IsGood
        ? string.Create(CultureInfo.InvariantCulture, $"  {f.Path}: {f.State}, digest {f.Digest} (sha256 {f.Sha256![..12]}…, {f.Bytes:N0} bytes), {f.Location}")
        : $"  {f.Message}";

    public static JsonObject ToJson(DataManifest manifest, IEnumerable<FetchedFile> files) => new()
    {
        ["id"] = manifest.Id,
        ["files"] = new JsonArray([.. files.Select(f => (JsonNode)new JsonObject
        {
            ["path"] = f.Path, ["state"] = f.State, ["digest"] = f.Digest, ["sha256"] = f.Sha256, ["bytes"] = f.Bytes, ["location"] = f.Location, ["message"] = f.Message,
        })]),
    };
}
