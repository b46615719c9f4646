namespace RadLab.Cli;

/// <summary>What the command's exit code says. Scripts rely on these numbers.</summary>
internal static class ExitCodes
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int WrongUsage = 2;
    public const int BadInput = 3;

    /// <summary>Done, and something was found or refused: identifiers, leakage, stale outputs.</summary>
    public const int Found = 4;

    public const int Interrupted = 130;
}

/// <summary>The command line asks for something that cannot be done; the message is one line for the user.</summary>
internal sealed class UsageException(string message) : Exception(message);
