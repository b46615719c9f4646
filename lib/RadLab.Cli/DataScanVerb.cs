using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using RadLab.Radiology;

namespace RadLab.Cli;

/// <summary><c>radlab data scan</c>: suspected identifiers in files and folders, by kind and place, never by value.</summary>
internal static class DataScanVerb
{
    public static Command Create()
    {
        var path = new Argument<string>("PATH") { Description = "A text, CSV, JSON, JSON lines, notebook or HTML file, or a folder of such files, for example a run's." };
        var skip = new Option<string[]>("--skip") { Description = "Kinds to leave out, for example --skip date place.", AllowMultipleArgumentsPerToken = true };
        var most = new Option<int>("--most") { Description = "Findings to list; all are counted.", DefaultValueFactory = _ => 1000 };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("scan", "Report suspected patient identifiers (kind, file, line, column; never the value); exits 4 where there are any.") { path, skip, most, json };
        command.SetAction((parsed, cancellation) =>
        {
            string given = parsed.GetValue(path)!;
            if (!File.Exists(given) && !Directory.Exists(given)) throw new UsageException($"data scan: {given}: there is no such file or folder; check the path");
            var skipped = (parsed.GetValue(skip) ?? []).Select(Kind).ToHashSet();
            return Task.FromResult(Run(given, skipped, Math.Max(0, parsed.GetValue(most)), parsed.GetValue(json), Console.Out, cancellation));
        });
        return command;
    }

    internal static int Run(string path, HashSet<PhiKind> skipped, int most, bool json, TextWriter output, CancellationToken cancellation = default)
    {
        var listed = new JsonArray();
        int total = 0;
        var summary = PhiScan.Run(path, finding =>
        {
            if (skipped.Contains(finding.Kind) || ++total > most) return;
            if (json) listed.Add(new JsonObject { ["kind"] = finding.Kind.ToString(), ["file"] = Shown(finding.File), ["line"] = finding.Line, ["column"] = finding.Column, ["length"] = finding.Length });
            else output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Shown(finding.File)}:{finding.Line}:{finding.Column}: {finding.Kind}"));
        }, cancellation);
        var counts = summary.Found.Where(c => !skipped.Contains(c.Key)).OrderBy(c => c.Key).ToList();
        if (json)
        {
            var kinds = new JsonObject();
            foreach (var (kind, count) in counts) kinds[kind.ToString()] = count;
            output.WriteLine(new JsonObject
            {
                ["path"] = path, ["files"] = summary.Files, ["not_text"] = new JsonArray([.. summary.Skipped.Select(s => (JsonNode)Shown(s))]), ["characters"] = summary.Characters, ["found"] = total, ["kinds"] = kinds, ["findings"] = listed,
            }.ToJsonString(DoctorVerb.Json));
        }
        else
        {
            if (total > most) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"... and {total - most} more"));
            string kinds = string.Join(", ", counts.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Key} {c.Value}")));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{total} suspected in {summary.Files} files{(kinds.Length > 0 ? ": " + kinds : "")}"));
            if (summary.Skipped.Count > 0) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"not looked into, not text: {summary.Skipped.Count} files"));
        }
        return total > 0 ? ExitCodes.Found : ExitCodes.Done;
    }

    private static PhiKind Kind(string name) => Enum.TryParse<PhiKind>(name.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var kind) && Enum.IsDefined(kind)
        ? kind
        : throw new UsageException($"data scan: --skip {name} is no kind; known are {string.Join(", ", Enum.GetNames<PhiKind>())}");

    // file names come from elsewhere: no escape sequence reaches the terminal
    private static string Shown(string name) => string.Concat(name.Select(c => char.IsControl(c) ? '\uFFFD' : c));
}
