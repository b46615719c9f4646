using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using RadLab.Radiology;

namespace RadLab.Notebooks;

/// <summary>How a notebook is to be run.</summary>
/// <param name="Parameters">Values for names that the parameters cell declares.</param>
/// <param name="Timeout">For the whole notebook; null for none.</param>
/// <param name="Threads">For each of its engines, where a cell chooses none itself: RADLAB_THREADS of its process. Null leaves it as it is here. Results do not depend on it.</param>
public sealed record RunOptions(IReadOnlyDictionary<string, string> Parameters, TimeSpan? Timeout = null, int? Threads = null);

/// <summary>A cell begins: its number among the cells that run, and how many there are.</summary>
public readonly record struct CellProgress(int Cell, int Cells);

/// <summary>
/// Runs notebooks without a front end, each in a process of its own: code cannot be unloaded, and a cell that crashes or
/// hangs must not take the others along. Only <see cref="Store"/> writes to the notebook's file.
/// </summary>
/// <param name="hostCommand">Program and arguments that call <see cref="CellHost.RunAsync"/>.</param>
public sealed class HeadlessRunner(IReadOnlyList<string> hostCommand)
{
    /// <summary>A cell with this tag may fail; the run goes on (the tag of nbclient).</summary>
    public const string MayFailTag = "raises-exception";

    /// <summary>Runs the notebook to its end or its first failure.</summary>
    /// <exception cref="NotebookFormatException">The file is not a notebook with C# or F# cells.</exception>
    /// <exception cref="ParameterException">A parameter the notebook does not have.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the notebook's process has been ended.</exception>
    public async Task<NotebookRun> RunAsync(string path, RunOptions options, IProgress<CellProgress>? progress = null, CancellationToken cancellation = default)
    {
        var notebook = Notebook.Load(path);
        CheckLanguage(notebook);
        Parameters.Inject(notebook, options.Parameters);
        notebook.EnsureIds();
        var cells = new List<NotebookCell>();
        foreach (var cell in notebook.Cells.Where(c => c.Kind == CellKind.Code))
        {
            cell.SetResult(null, []);
            if (!string.IsNullOrWhiteSpace(cell.Source)) cells.Add(cell);
        }

        var started = DateTime.UtcNow;
        var clock = Stopwatch.StartNew();
        var state = new State(cells);
        var request = new RunRequest(
            Path.GetDirectoryName(Path.GetFullPath(path))!,
            [.. cells.Select((c, i) => new CellRequest(i + 1, c.Source, c.Language ?? notebook.CellLanguage, c.Tags.Contains(MayFailTag)))]);
        await RunProcessAsync(request, state, options, progress, cancellation).ConfigureAwait(false);

        var provenance = Provenance.Describe(notebook, options.Parameters, state.Data, started, clock.Elapsed);
        // the author's statement is about the stored outputs; it holds for new ones only where what was read bears it out
        if (OutputStrip.IsSynthetic(notebook) && state.Data.IsSynthetic) provenance["outputs"] = OutputStrip.Synthetic;
        notebook.SetMetadata(Provenance.Name, provenance);
        return new NotebookRun(state.Status, cells.Count, state.Executed, clock.Elapsed, state.Failure, state.Data, notebook);
    }

    /// <summary>Writes the executed copy and its HTML page; returns their paths.</summary>
    /// <param name="folder">Created when missing; not the folder of the notebook itself.</param>
    public static (string Notebook, string Html) Write(NotebookRun run, string folder)
    {
        string source = Path.GetFullPath(run.Notebook.File), name = Path.GetFileNameWithoutExtension(source);
        string copy = Path.Combine(folder, name + ".ipynb"), html = Path.Combine(folder, name + ".html");
        if (Path.GetFullPath(copy) == source)
            throw new ArgumentException($"{run.Notebook.File}: the executed copy would replace the notebook; choose another output folder than '{folder}'");
        Directory.CreateDirectory(folder);
        run.Notebook.Save(copy);
        AtomicFile.Write(html, Encoding.UTF8.GetBytes(HtmlExport.ToHtml(run.Notebook, Path.GetDirectoryName(source)!)));
        return (copy, html);
    }

    /// <summary>
    /// Writes the outputs into the notebook itself, as an author commits them: of its provenance stays what is the same on every machine.
    /// </summary>
    /// <exception cref="ArgumentException">The run failed, or had parameters of its own.</exception>
    /// <exception cref="DataRefusedException">It opened restricted data, or data of unknown origin.</exception>
    public static void Store(NotebookRun run)
    {
        var notebook = run.Notebook;
        if (run.Status != RunStatus.Passed) throw new ArgumentException($"{notebook.File}: outputs are stored of a run that passed, and this one did not: {run.Error}");
        if (notebook.Cells.Any(c => c.Tags.Contains(Parameters.InjectedTag))) throw new ArgumentException($"{notebook.File}: outputs are stored of a run with the notebook's own parameters; leave -p, --quick and --full away");
        if (run.Data.RestrictedBy([]) is { } set) throw new DataRefusedException($"{notebook.File}: it has opened {set}, which is restricted or of unknown origin; its outputs are not stored in the notebook");
        var kept = new JsonObject { ["format"] = 1, ["sourceSha256"] = Provenance.SourceHash(notebook) };
        if (OutputStrip.IsSynthetic(notebook)) kept["outputs"] = OutputStrip.Synthetic;
        notebook.SetMetadata(Provenance.Name, kept);
        notebook.Save(notebook.File);
    }

    private static void CheckLanguage(Notebook notebook)
    {
        string language = notebook.KernelLanguage ?? throw new NotebookFormatException(
            notebook.File, "the metadata name no kernel (kernelspec, language_info), so the language of its cells is unknown; open it in an editor and choose a C# kernel");
        if (notebook.CellLanguage is null)
            throw new NotebookFormatException(notebook.File, $"its cells are {language}; RadLab runs C# and F# notebooks");
    }

    private async Task RunProcessAsync(RunRequest request, State state, RunOptions options, IProgress<CellProgress>? progress, CancellationToken cancellation)
    {
        using var process = Start(request.Folder, options.Threads);
        using var watch = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (options.Timeout is { } limit) watch.CancelAfter(limit);
        var errors = TailAsync(process.StandardError);
        try
        {
            await process.StandardInput.WriteLineAsync(CellProtocol.Write(request)).ConfigureAwait(false);
            await process.StandardInput.FlushAsync(watch.Token).ConfigureAwait(false);
            while (await process.StandardOutput.ReadLineAsync(watch.Token).ConfigureAwait(false) is { } line)
            {
                int at = line.IndexOf(CellProtocol.RecordSeparator, StringComparison.Ordinal);
                if (at >= 0) state.Apply(CellProtocol.ReadEvent(line[(at + 1)..]), progress);
            }
            await process.WaitForExitAsync(watch.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
            state.TimeOut(options.Timeout!.Value);
            return;
        }
        catch (IOException)
        {
            // The process ended before it had read its request; its exit code and last words say why.
            await process.WaitForExitAsync(watch.Token).ConfigureAwait(false);
        }
        if (!state.Complete) state.Crash(process.ExitCode, await errors.ConfigureAwait(false));
    }

    private Process Start(string folder, int? threads)
    {
        var start = new ProcessStartInfo(hostCommand[0], hostCommand.Skip(1))
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = new UTF8Encoding(false),
            StandardErrorEncoding = new UTF8Encoding(false),
        };
        if (threads is { } n) start.Environment["RADLAB_THREADS"] = n.ToString(CultureInfo.InvariantCulture);
        return Process.Start(start) ?? throw new InvalidOperationException($"notebooks: the program {hostCommand[0]} did not start");
    }

    // The last line that says something: of a crash, the runtime prints the reason there.
    private static async Task<string> TailAsync(StreamReader reader)
    {
        string first = "";
        while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
            if (first.Length == 0 && line.Trim() is { Length: > 0 } text) first = text;
        return first.Length > 300 ? first[..300] : first;
    }

    private sealed class State(IReadOnlyList<NotebookCell> cells)
    {
        private int _running;

        public RunStatus Status { get; private set; }
        public int Executed { get; private set; }
        public string? Failure { get; private set; }
        public NotebookData Data { get; private set; } = NotebookData.None;
        public bool Complete => Failure is not null || Executed == cells.Count;

        public void Apply(CellEvent e, IProgress<CellProgress>? progress)
        {
            if (e.Kind == CellEventKind.Started)
            {
                _running = e.Cell;
                progress?.Report(new CellProgress(e.Cell, cells.Count));
                return;
            }
            var cell = cells[e.Cell - 1];
            Executed = e.Cell;
            _running = 0;
            if (e.Data is { } data) Data = NotebookData.FromJson(data);
            cell.SetResult(e.Cell, e.Outputs ?? []);
            if (e.Error is not { } error || cell.Tags.Contains(MayFailTag)) return;
            Status = RunStatus.Failed;
            Failure = $"{error.Place}: {error.Name}: {OneLine(error.Message)}";
        }

        public void TimeOut(TimeSpan limit) =>
            End(RunStatus.TimedOut, "Timeout", FormattableString.Invariant($"stopped after {limit.TotalSeconds:0.###} s, the limit for the notebook; raise it with --timeout"));

        public void Crash(int exitCode, string lastWords) =>
            End(RunStatus.Failed, "ProcessEnded", FormattableString.Invariant($"the notebook's process ended with exit code {exitCode} before the cell was done{(lastWords.Length > 0 ? ": " + lastWords : "")}"));

        private void End(RunStatus status, string name, string message)
        {
            Status = status;
            int number = Math.Max(1, _running > 0 ? _running : Executed + 1);
            if (number > cells.Count) return;
            var error = new CellError(name, message, number, null, [message]);
            Executed = number;
            cells[number - 1].SetResult(number, [CellOutputs.Error(error)]);
            Failure = $"{error.Place}: {message}";
        }

        private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();
    }
}
