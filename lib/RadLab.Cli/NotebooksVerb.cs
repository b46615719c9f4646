using System.CommandLine;
using RadLab.Notebooks;

namespace RadLab.Cli;

/// <summary><c>radlab notebooks ...</c></summary>
internal static class NotebooksVerb
{
    private const string HostVerb = "run-one";

    public static Command Create() => new("notebooks", "Work with notebooks without a front end.") { NotebooksRunVerb.Create(), NotebooksCheckVerb.Create(), NotebooksStripVerb.Create(), NotebooksStripVerb.Protect(), Host() };

    /// <summary>Program and arguments that start <see cref="Host"/>: this program again.</summary>
    public static IReadOnlyList<string> HostCommand() => [.. Program(), "notebooks", HostVerb];

    /// <summary>Program and arguments that start this program again.</summary>
    public static IReadOnlyList<string> Program()
    {
        string program = Environment.ProcessPath ?? throw new InvalidOperationException("radlab: the path of this program is unknown, so it cannot be started again");
        bool byDotnet = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        return byDotnet ? [program, typeof(NotebooksVerb).Assembly.Location] : [program];
    }

    // The other side of HeadlessRunner; nobody types it.
    private static Command Host()
    {
        var command = new Command(HostVerb, "Run the cells that arrive on standard input.") { Hidden = true };
        command.SetAction(async (_, _) =>
        {
            await CellHost.RunAsync();
            return ExitCodes.Done;
        });
        return command;
    }
}
