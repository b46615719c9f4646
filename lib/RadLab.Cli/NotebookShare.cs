using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Runtime.ExceptionServices;
using RadLab.Compute;

namespace RadLab.Cli;

/// <summary>How the machine is shared among notebooks: so many processes at a time, each with so many threads.</summary>
internal sealed record NotebookShare(int Processes, int Threads)
{
    private const int Most = 1024;

    // what a notebook of the course takes at its peak, with room to spare
    private const long BytesEach = 1L << 30;

    public static Option<int?> Option() => new("--parallel")
    {
        HelpName = "N",
        Description = "Notebooks that run at a time, each on its share of the threads (RADLAB_THREADS, or every core). Default: one on each thread, as far as memory allows; 1 with --store. Timings that cells show are undisturbed with 1 only.",
        CustomParser = Parse,
    };

    /// <param name="asked">Null for the default.</param>
    public static NotebookShare Of(int? asked, int notebooks) => Of(asked, notebooks, new EngineOptions().ResolveThreads(), Machine.Describe().AvailableBytes);

    /// <param name="threads">For all together.</param>
    /// <param name="memoryBytes">For all together.</param>
    public static NotebookShare Of(int? asked, int notebooks, int threads, long memoryBytes)
    {
        int processes = Math.Clamp(asked ?? (int)Math.Min(threads, memoryBytes / BytesEach), 1, Math.Max(1, notebooks));
        return new NotebookShare(processes, Math.Max(1, threads / processes));
    }

    /// <summary>Runs notebooks, some at a time. The first that throws, or the caller's cancellation, stops the others; it returns or throws when none runs any more.</summary>
    /// <param name="done">Gets the results in the order of the notebooks, each as soon as those before it are there.</param>
    public static async Task<IReadOnlyList<T>> RunAsync<T>(int notebooks, int processes, Func<int, CancellationToken, Task<T>> run, Action<T> done, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var places = new SemaphoreSlim(processes);
        Exception? first = null;
        var running = Enumerable.Range(0, notebooks).Select(StartAsync).ToArray();
        var results = new List<T>();
        try
        {
            foreach (var one in running)
            {
                results.Add(await one);
                done(results[^1]);
            }
        }
        catch (Exception e)
        {
            Interlocked.CompareExchange(ref first, e, null);
            await stop.CancelAsync();
            await Task.WhenAll(running).ContinueWith(_ => { }, TaskScheduler.Default);
            // what stopped the others, not that they were stopped
            ExceptionDispatchInfo.Throw(first);
        }
        return results;

        async Task<T> StartAsync(int i)
        {
            await places.WaitAsync(stop.Token);
            try
            {
                return await run(i, stop.Token);
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref first, e, null);
                await stop.CancelAsync();
                throw;
            }
            finally
            {
                places.Release();
            }
        }
    }

    private static int? Parse(ArgumentResult result)
    {
        string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n is >= 1 and <= Most) return n;
        result.AddError($"--parallel: '{text}' is not a number from 1 to {Most}");
        return null;
    }
}
