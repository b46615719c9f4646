namespace RadLab.Cli;

/// <summary>The terminal that the command writes to.</summary>
internal static class Terminal
{
    public const int UsualColumns = 80;

    /// <summary>How wide it is; 80 where it does not say.</summary>
    public static int Columns()
    {
        try
        {
            return Console.WindowWidth is > 0 and var width ? width : UsualColumns;
        }
        catch (IOException)
        {
            return UsualColumns;
        }
    }
}
