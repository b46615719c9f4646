using System.CommandLine;
using RadLab.Notebooks;

namespace RadLab.Cli;

/// <summary><c>radlab notebooks ...</c></summary>
internal static class NotebooksVerb
{
    private const string Name = "notebooks", HostVerb = "run-one";

    public static Command Create() => new(Name, "Work with notebooks without a front end.") { NotebooksRunVerb.Create(), NotebooksCheckVerb.Create(), NotebooksStripVerb.Create(), NotebooksStripVerb.Protect() };

    /// <summary>Program and arguments that start the other side of <see cref="HeadlessRunner"/>: this program again.</summary>
    public static IReadOnlyList<string> HostCommand() => [.. Program(), Name, HostVerb];

    /// <summary>Whether this process was started so; nobody types it.</summary>
    public static bool IsHost(string[] args) => args is [Name, HostVerb];

    /// <summary>Program and arguments that start this program again.</summary>
    public static IReadOnlyList<string> Program()
    {
        string program = Environment.ProcessPath ?? throw new InvalidOperationException("radlab: the path of this program is unknown, so it cannot be started again");
        bool byDotnet = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        return byDotnet ? [program, typeof(NotebooksVerb).Assembly.Location] : [program];
    }
}
