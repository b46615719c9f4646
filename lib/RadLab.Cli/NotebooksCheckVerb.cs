using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Notebooks;

namespace RadLab.Cli;

/// <summary><c>radlab notebooks check</c>: runs notebooks again and compares with their stored outputs.</summary>
internal static class NotebooksCheckVerb
{
    public static Command Create()
    {
        var files = new Argument<string[]>("files") { Arity = ArgumentArity.ZeroOrMore, Description = "Notebooks, or folders of notebooks. Default: the folder 'notebooks' here or above." };
        var timeout = new Option<TimeSpan?>("--timeout") { HelpName = "TIME", Description = "Limit for each notebook, such as 90s, 10m or 1h.", CustomParser = NotebooksRunVerb.ParseTime };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var parallel = NotebookShare.Option();
        var command = new Command("check", "Run notebooks again and compare: stale outputs, cells out of order, hidden state, numbers that changed.") { files, timeout, parallel, json };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(files) ?? [], parsed.GetValue(timeout), parsed.GetValue(parallel), parsed.GetValue(json), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string[] given, TimeSpan? timeout, int? parallel, bool json, CancellationToken cancellation)
    {
        var files = given.Length > 0 ? NotebookFolder.Expand(given) : NotebookFolder.Find(Directory.GetCurrentDirectory()) is { } folder ? NotebookFolder.Expand([folder]) : [];
        var check = new NotebookCheck(new HeadlessRunner(NotebooksVerb.HostCommand()));
        var share = NotebookShare.Of(parallel, files.Count);
        var options = new RunOptions(new Dictionary<string, string>(), timeout, share.Threads);
        var found = await NotebookShare.RunAsync(
            files.Count, share.Processes, async (i, stop) => (File: files[i], Findings: await check.CheckAsync(files[i], options, cancellation: stop)), done => { if (!json) Show(done.File, done.Findings); }, cancellation);
        int wrong = found.Count(f => f.Findings.Count > 0);
        var list = new JsonArray([.. found.Select(f => (JsonNode)ToJson(f.File, f.Findings))]);
        if (json) Console.WriteLine(new JsonObject { ["asStored"] = files.Count - wrong, ["notebooks"] = list }.ToJsonString(DoctorVerb.Json));
        else Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{files.Count - wrong} of {files.Count} as stored"));
        return wrong > 0 ? ExitCodes.Found : ExitCodes.Done;
    }

    private static void Show(string file, IReadOnlyList<Finding> findings)
    {
        Console.WriteLine(findings.Count == 0 ? $"{NotebookFolder.Shown(file)}: as stored" : string.Create(CultureInfo.InvariantCulture, $"{NotebookFolder.Shown(file)}: {findings.Count} {(findings.Count == 1 ? "finding" : "findings")}"));
        foreach (var finding in findings) Console.WriteLine($"  {finding}");
    }

    private static JsonObject ToJson(string file, IReadOnlyList<Finding> findings) => new()
    {
        ["file"] = NotebookFolder.Shown(file),
        ["findings"] = new JsonArray([.. findings.Select(f => (JsonNode)new JsonObject { ["kind"] = JsonNamingPolicy.KebabCaseLower.ConvertName(f.Kind.ToString()), ["cell"] = f.Cell == 0 ? null : f.Cell, ["message"] = f.Message })]),
    };
}
