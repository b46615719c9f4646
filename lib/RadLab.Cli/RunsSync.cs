using System.CommandLine;
using System.Globalization;
using RadLab.Training;

namespace RadLab.Cli;

/// <summary><c>radlab runs sync</c>: sends what a tracker could not take while a run trained.</summary>
internal static class RunsSync
{
    public static Command Create(Option<string> runs)
    {
        var run = new Argument<string>("RUN") { Description = "A run's folder or name." };
        var attempts = new Option<int>("--attempts") { HelpName = "N", DefaultValueFactory = _ => 5, Description = "Failures in a row after which to give up. Default: 5." };
        attempts.Validators.Add(r => { if (r.GetValueOrDefault<int>() < 1) r.AddError("--attempts: must be at least 1"); });
        var again = new Option<bool>("--retry-refused") { Description = "Send once more what was refused before; tracking/refused.jsonl in the run's folder says what and why." };
        var command = new Command("sync", "Send what a tracker has not got yet.") { run, attempts, again };
        command.SetAction((parsed, cancellation) =>
        {
            string folder = RunFolder.Find(parsed.GetValue(runs)!, parsed.GetValue(run)!);
            var (line, refused) = Send(folder, parsed.GetValue(attempts), cancellation, parsed.GetValue(again));
            Console.WriteLine(line);
            return Task.FromResult(refused > 0 ? ExitCodes.Found : ExitCodes.Done);
        });
        return command;
    }

    /// <returns>What was sent, for people, and how much is refused.</returns>
    /// <exception cref="TrackingException">The store does not take it; what was sent counts.</exception>
    internal static (string Line, int Refused) Send(string folder, int attempts, CancellationToken cancellation, bool retryRefused = false)
    {
        var target = TrackingSpool.TargetOf(folder) ?? throw new RecipeException($"{folder}: the run is not tracked; give --track when it is trained or resumed.");
        if (target.IsServer) TrackOptions.Credentials();
        using var spool = TrackingSpool.Open(folder, target);
        using var store = target.Open();
        var sender = new SpoolSender(spool, store, Console.Error.WriteLine);
        long waiting = sender.Waiting;
        try
        {
            sender.SendAll(new Backoff(RunRecord.Load(folder).Recipe.Seed, TimeSpan.FromSeconds(1)), attempts, cancellation);
            if (retryRefused) sender.SendRefused(cancellation);
        }
        catch (TrackingException e)
        {
            throw new TrackingException(e.Fault, string.Create(CultureInfo.InvariantCulture, $"{e.Message}; {sender.Waiting} bytes of {folder} still wait, nothing is lost"), e);
        }
        return (Line(folder, target, waiting, spool.RefusedCount), spool.RefusedCount);
    }

    private static string Line(string folder, TrackingTarget target, long sent, int refused)
    {
        if (refused > 0)
        {
            string before = sent == 0 ? $"{target.Uri}" : string.Create(CultureInfo.InvariantCulture, $"sent {sent} bytes to {target.Uri}, which");
            return string.Create(CultureInfo.InvariantCulture, $"{folder}: {before} has everything but {refused} {(refused == 1 ? "thing" : "things")} that it refused; once it takes {(refused == 1 ? "it" : "them")}: radlab runs sync {folder} --retry-refused");
        }
        return sent == 0 ? $"{folder}: {target.Uri} has everything" : string.Create(CultureInfo.InvariantCulture, $"{folder}: sent {sent} bytes to {target.Uri}, which has everything now");
    }

    /// <summary>Tells a run's tracker something and sends it; nothing happens where the run is not tracked. What lies on this machine counts: whatever fails here is said, and stops nothing.</summary>
    internal static void Tell(string run, Action<TrackingSpool> tell, CancellationToken cancellation)
    {
        bool told = false;
        try
        {
            if (TrackingSpool.TargetOf(run) is not { } target) return;
            using (var spool = TrackingSpool.Open(run, target)) tell(spool);
            told = true;
            Console.Error.WriteLine(Send(run, attempts: 2, cancellation).Line);
        }
        catch (Exception e) when (e is TrackingException or RecipeException or UsageException or IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            Console.Error.WriteLine($"tracking: {(e is OperationCanceledException ? "interrupted" : e.Message.TrimEnd('.'))}; {(told ? $"send it with: radlab runs sync {run}" : "the tracker does not hear of this")}");
        }
    }
}
