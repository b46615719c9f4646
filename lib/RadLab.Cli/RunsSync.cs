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
        var command = new Command("sync", "Send what a tracker has not got yet.") { run, attempts };
        command.SetAction((parsed, cancellation) => Task.FromResult(Print(Send(RunFolder.Find(parsed.GetValue(runs)!, parsed.GetValue(run)!), parsed.GetValue(attempts), cancellation))));
        return command;
    }

    private static int Print(string line)
    {
        Console.WriteLine(line);
        return ExitCodes.Done;
    }

    /// <returns>What was sent, for people.</returns>
    /// <exception cref="TrackingException">The store does not take it; what was sent counts.</exception>
    internal static string Send(string folder, int attempts, CancellationToken cancellation)
    {
        var target = TrackingSpool.TargetOf(folder) ?? throw new RecipeException($"{folder}: the run is not tracked; give --track when it is trained or resumed.");
        using var spool = TrackingSpool.Open(folder, target);
        using var store = target.Open();
        var sender = new SpoolSender(spool, store, Console.Error.WriteLine);
        long waiting = sender.Waiting;
        try
        {
            sender.SendAll(new Backoff(RunRecord.Load(folder).Recipe.Seed, TimeSpan.FromSeconds(1)), attempts, cancellation);
        }
        catch (TrackingException e)
        {
            throw new TrackingException(e.Fault, string.Create(CultureInfo.InvariantCulture, $"{e.Message}; {sender.Waiting} bytes of {folder} still wait, nothing is lost"), e);
        }
        return waiting == 0 ? $"{folder}: {target.Uri} has everything" : string.Create(CultureInfo.InvariantCulture, $"{folder}: sent {waiting} bytes to {target.Uri}, which has everything now");
    }
}
