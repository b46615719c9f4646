using System.Text;

namespace RadLab.Notebooks;

/// <summary>The process in which one notebook runs: reads the request, runs the cells, reports each. See <see cref="HeadlessRunner"/>.</summary>
public static class CellHost
{
    /// <summary>Runs the request on standard input. Ends the process when standard input closes: then the runner is gone.</summary>
    public static async Task RunAsync()
    {
        using var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
        using var events = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false), bufferSize: 1 << 16) { NewLine = "\n" };
        Console.SetIn(TextReader.Null);
        string? line = await input.ReadLineAsync().ConfigureAwait(false);
        if (line is null) return;
        var request = CellProtocol.ReadRequest(line);
        _ = Task.Factory.StartNew(() => ExitAtEnd(input), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        using var session = new Session(request.Folder);
        foreach (var cell in request.Cells)
        {
            await SendAsync(events, new CellEvent(CellEventKind.Started, cell.Number)).ConfigureAwait(false);
            var outputs = new CellOutputs();
            CellOutput.Fallback = outputs;
            var error = await RunCellAsync(session, cell, outputs).ConfigureAwait(false);
            await SendAsync(events, new CellEvent(CellEventKind.Finished, cell.Number, outputs.ToJson(cell.Number, error), error, NotebookData.Of(session.Data).ToJson())).ConfigureAwait(false);
            if (error is not null && !cell.MayFail) return;
        }
    }

    private static async Task<CellError?> RunCellAsync(Session session, CellRequest cell, CellOutputs outputs)
    {
        var result = await session.RunAsync(cell.Source, outputs, cell.Language).ConfigureAwait(false);
        if (result.Error is not null || !result.HasValue || result.Value is DisplayedValue) return result.Error;
        try
        {
            outputs.Result(Formatters.Format(result.Value));
            return null;
        }
        catch (Exception e)
        {
            return CellError.OfException(e, cell.Number);
        }
    }

    private static async Task SendAsync(StreamWriter events, CellEvent e)
    {
        await events.WriteLineAsync(CellProtocol.RecordSeparator + CellProtocol.Write(e)).ConfigureAwait(false);
        await events.FlushAsync().ConfigureAwait(false);
    }

    private static void ExitAtEnd(StreamReader input)
    {
        while (input.Read() >= 0) { }
        Environment.Exit(1);
    }
}
