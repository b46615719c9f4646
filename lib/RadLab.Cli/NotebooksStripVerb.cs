using System.CommandLine;
using System.Globalization;
using RadLab.Notebooks;

namespace RadLab.Cli;

/// <summary><c>radlab notebooks strip</c> and <c>protect</c>: outputs stay out of the repository.</summary>
internal static class NotebooksStripVerb
{
    public static Command Create()
    {
        var files = new Argument<string[]>("files") { Arity = ArgumentArity.ZeroOrMore, Description = "Notebooks, or folders of notebooks." };
        var check = new Option<bool>("--check") { Description = "Change nothing; exit with 4 where there are outputs." };
        var filter = new Option<bool>("--filter") { Description = "From standard input to standard output, as git's filter; keeps outputs of notebooks that state metadata.radlab.outputs = synthetic." };
        var command = new Command("strip", "Remove the outputs of notebooks, and nothing else.") { files, check, filter };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(filter))
            {
                await OutputStrip.FilterAsync(Console.OpenStandardInput(), Console.OpenStandardOutput(), cancellation);
                return ExitCodes.Done;
            }
            if (parsed.GetValue(files) is not { Length: > 0 } given) throw new UsageException("notebooks strip: name the notebooks or folders whose outputs shall go");
            return Strip(NotebookFolder.Expand(given), parsed.GetValue(check));
        });
        return command;
    }

    public static Command Protect()
    {
        var undo = new Option<bool>("--undo") { Description = "Take the filter away again." };
        var command = new Command("protect", "Let git store the notebooks of this clone without outputs.") { undo };
        command.SetAction(parsed =>
        {
            string here = Directory.GetCurrentDirectory();
            if (parsed.GetValue(undo)) Console.WriteLine(GitProtection.Unprotect(here) ? "git stores notebooks as they are again" : "nothing to undo: this clone has no filter");
            else Console.WriteLine($"git stores the notebooks of {GitProtection.Protect(here, [.. NotebooksVerb.Program(), "notebooks", "strip", "--filter"])} without outputs; those that state metadata.radlab.outputs = synthetic keep them");
            return ExitCodes.Done;
        });
        return command;
    }

    private static int Strip(IReadOnlyList<string> files, bool checkOnly)
    {
        int with = 0;
        foreach (string file in files)
        {
            int cells = checkOnly ? OutputStrip.Strip(Notebook.Load(file)) : OutputStrip.StripFile(file);
            if (cells == 0) continue;
            with++;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{NotebookFolder.Shown(file)}: {cells} {(cells == 1 ? "cell" : "cells")} {(checkOnly ? "with outputs" : "stripped")}"));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{files.Count - with} of {files.Count} had no outputs"));
        return checkOnly && with > 0 ? ExitCodes.Found : ExitCodes.Done;
    }
}
