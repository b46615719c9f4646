using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using RadLab.Notebooks;
using RadLab.Radiology;

namespace RadLab.Cli;

/// <summary><c>radlab notebooks run</c>: each notebook in its own process; executed copy and HTML page beside it.</summary>
internal static class NotebooksRunVerb
{
    private const string QuickParameter = "quick";

    private sealed record Request(
        IReadOnlyList<string> Files, IReadOnlyDictionary<string, string> Parameters, bool? Quick, string? Out, TimeSpan? Timeout, bool Json, IReadOnlyCollection<string> AllowInGit, bool Store, int? Parallel);

    public static Command Create()
    {
        var files = new Argument<string[]>("files") { Arity = ArgumentArity.ZeroOrMore, Description = "Notebooks, or folders of notebooks. Default: the folder 'notebooks' here or above." };
        var parameters = new Option<string[]>("-p", "--parameter") { HelpName = "name=value", Description = "Set a name that the cell tagged 'parameters' declares." };
        var quick = new Option<bool>("--quick") { Description = "Set the parameter quick to true, where a notebook has it." };
        var full = new Option<bool>("--full") { Description = "Set the parameter quick to false, where a notebook has it." };
        var output = new Option<string?>("--out") { HelpName = "DIR", Description = "Folder for executed copies and HTML pages. Default: '.out' beside each notebook; outside of the git tree where a notebook reads restricted data." };
        var git = new Option<string[]>("--allow-in-git") { HelpName = "ID", Description = "Allow outputs of this data set in a git tree; 'unknown' for files of unknown origin." };
        var store = new Option<bool>("--store") { Description = "Write the outputs into the notebooks themselves, where a run passes and has opened nothing restricted." };
        var timeout = new Option<TimeSpan?>("--timeout") { HelpName = "TIME", Description = "Limit for each notebook, such as 90s, 10m or 1h.", CustomParser = ParseTime };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var parallel = NotebookShare.Option();
        var command = new Command("run",
            "Run notebooks from the first cell to the last or to the first error. Outputs of notebooks that read restricted data are kept out of git trees, as far as RadLab's readers see it: "
            + "a cell that reads a file by itself (File.ReadAllText) must state the data set with DataUse.Declare(\"ID\").") { files, parameters, quick, full, output, timeout, parallel, json, git, store };
        command.Validators.Add(r =>
        {
            if (r.GetValue(quick) && r.GetValue(full)) r.AddError("--quick and --full exclude each other.");
            if (r.GetValue(store) && (r.GetValue(quick) || r.GetValue(full) || r.GetValue(parameters) is { Length: > 0 })) r.AddError("--store keeps what the notebooks show by their own parameters; leave -p, --quick and --full away.");
            if (r.GetValue(files)?.FirstOrDefault(f => f.StartsWith('-')) is { } option) r.AddError($"{option} is not an option of 'notebooks run'; see --help");
        });
        command.SetAction((parsed, cancellation) => RunAsync(
            new Request(
                parsed.GetValue(files) ?? [], ParseParameters(parsed.GetValue(parameters) ?? []),
                parsed.GetValue(quick) ? true : parsed.GetValue(full) ? false : null, parsed.GetValue(output), parsed.GetValue(timeout), parsed.GetValue(json), parsed.GetValue(git) ?? [], parsed.GetValue(store), parsed.GetValue(parallel)),
            cancellation));
        return command;
    }

    private static async Task<int> RunAsync(Request request, CancellationToken cancellation)
    {
        var report = new NotebooksRunReport(request.Json);
        report.Begin();
        var files = Files(request);
        CheckTargets(files, request);
        var parameters = files.Select(f => Parameters(f, request)).ToArray();
        CheckParameters(files, parameters, request);

        var runner = new HeadlessRunner(NotebooksVerb.HostCommand());
        // stored timings shall not be those of notebooks that get in each other's way
        var share = NotebookShare.Of(request.Parallel ?? (request.Store ? 1 : null), files.Count);
        var rows = await report.ShowAsync(() => NotebookShare.RunAsync(
            files.Count, share.Processes,
            (i, stop) => RunOneAsync(runner, files[i], new RunOptions(parameters[i], request.Timeout, share.Threads), request, report.Progress(NotebookFolder.Shown(files[i])), stop),
            report.Done, cancellation));
        report.End(rows);
        return rows.Any(r => r.Status is NotebookRow.Failed or NotebookRow.TimedOut) ? ExitCodes.Failed
            : rows.Any(r => r.Status == NotebookRow.BadInput) ? ExitCodes.BadInput : ExitCodes.Done;
    }

    private static async Task<NotebookRow> RunOneAsync(
        HeadlessRunner runner, string file, RunOptions options, Request request, IProgress<CellProgress> progress, CancellationToken cancellation)
    {
        string shown = NotebookFolder.Shown(file);
        try
        {
            var run = await runner.RunAsync(file, options, progress, cancellation);
            string folder = OutputPlace.Choose(run, request.Out, request.AllowInGit);
            var (copy, html) = HeadlessRunner.Write(run, folder);
            if (request.Store && run.Status == RunStatus.Passed) HeadlessRunner.Store(run);
            string status = run.Status switch { RunStatus.Passed => NotebookRow.Passed, RunStatus.TimedOut => NotebookRow.TimedOut, _ => NotebookRow.Failed };
            return new NotebookRow(shown, status, run.Cells, run.Executed, run.Duration.TotalSeconds, run.Error, NotebookFolder.Shown(copy), NotebookFolder.Shown(html), run.Data.RestrictedBy([]));
        }
        catch (DataRefusedException e)
        {
            return new NotebookRow(shown, NotebookRow.BadInput, 0, 0, 0, e.Message, null, null, null);
        }
        catch (NotebookFormatException e)
        {
            string problem = e.Message.StartsWith(file + ": ", StringComparison.Ordinal) ? e.Message[(file.Length + 2)..] : e.Message;
            return new NotebookRow(shown, NotebookRow.BadInput, 0, 0, 0, problem, null, null, null);
        }
    }

    private static IReadOnlyList<string> Files(Request request)
    {
        if (request.Files.Count > 0) return NotebookFolder.Expand(request.Files);
        return NotebookFolder.Find(Directory.GetCurrentDirectory()) is { } folder ? NotebookFolder.Expand([folder]) : [];
    }

    // Two notebooks of one name would overwrite each other's copy, and a copy must never replace its notebook.
    private static void CheckTargets(IReadOnlyList<string> files, Request request)
    {
        if (request.Out is not { } folder) return;
        var twice = files.GroupBy(Path.GetFileName).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null) throw new UsageException($"--out {folder}: {string.Join(" and ", twice)} have the same name and would overwrite each other; run them one by one");
        string own = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (files.FirstOrDefault(f => Path.GetDirectoryName(Path.GetFullPath(f)) == own) is { } file)
            throw new UsageException($"--out {folder}: the executed copy would replace {file}; choose another folder");
    }

    private static Dictionary<string, string> Parameters(string file, Request request)
    {
        IReadOnlyDictionary<string, string> declared;
        try
        {
            declared = RadLab.Notebooks.Parameters.Declared(Notebook.Load(file));
        }
        catch (NotebookFormatException)
        {
            return [];   // reported when it is this notebook's turn
        }
        var own = request.Parameters.Where(p => declared.ContainsKey(p.Key)).ToDictionary(StringComparer.Ordinal);
        if (request.Quick is { } quick && declared.ContainsKey(QuickParameter)) own.TryAdd(QuickParameter, quick ? "true" : "false");
        return own;
    }

    private static void CheckParameters(IReadOnlyList<string> files, Dictionary<string, string>[] used, Request request)
    {
        foreach (string name in request.Parameters.Keys)
            if (files.Count > 0 && !used.Any(u => u.ContainsKey(name)))
                throw new UsageException($"-p {name}: no cell tagged '{RadLab.Notebooks.Parameters.Tag}' declares '{name}' in {string.Join(", ", files.Select(NotebookFolder.Shown))}");
    }

    private static Dictionary<string, string> ParseParameters(string[] texts)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string text in texts)
        {
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1) throw new UsageException($"-p '{text}': expected name=value");
            values[text[..equals]] = text[(equals + 1)..];
        }
        return values;
    }

    internal static TimeSpan? ParseTime(ArgumentResult result)
    {
        string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        int unit = text.Length > 0 ? text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, _ => 0 } : 0;
        var digits = unit == 0 ? text.AsSpan() : text.AsSpan(0, text.Length - 1);
        if (double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double amount) && amount > 0 && amount * Math.Max(1, unit) <= 30 * 86400)
            return TimeSpan.FromSeconds(amount * Math.Max(1, unit));
        result.AddError($"--timeout: '{text}' is not a time up to 30 days; write 90s, 10m or 1h");
        return null;
    }
}
