using System.CommandLine;
using RadLab.Training;

namespace RadLab.Cli;

/// <summary><c>radlab export</c>: a run's trained weights with their provenance, where the data's terms allow it.</summary>
internal static class ExportVerb
{
    public static Command Create()
    {
        var run = new Argument<string>("RUN") { Description = "A run's folder or name." };
        var output = new Option<string>("--out") { Required = true, HelpName = "DIR", Description = "A new or empty folder." };
        var acknowledge = new Option<bool>("--acknowledge") { Description = "Export although the data's terms speak against it; you answer for where it goes." };
        var runs = new Option<string>("--runs") { HelpName = "DIR", DefaultValueFactory = _ => "runs", Description = "Folder of all runs. Default: runs." };
        var command = new Command("export", "Copy a run's adapter or model, with what it was trained on, to another folder.") { run, output, acknowledge, runs };
        command.SetAction(parsed =>
        {
            string folder = RunFolder.Find(parsed.GetValue(runs)!, parsed.GetValue(run)!), target = parsed.GetValue(output)!;
            foreach (string note in AdapterExport.Write(folder, target, parsed.GetValue(acknowledge), DateTime.UtcNow)) Console.Error.WriteLine(note);
            Console.WriteLine($"{target}: exported from {folder}, terms in {AdapterProvenance.FileName}");
            return ExitCodes.Done;
        });
        return command;
    }
}
