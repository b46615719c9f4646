namespace RadLab.Models;

/// <summary>Where tests end a write in its middle, as a crash would: told of each write, flush and rename once it is done. In a program nobody listens.</summary>
internal static class FileOperations
{
    [ThreadStatic]
    private static Action<string>? t_listener;

    /// <summary>Of the calling thread; gets the file's path and may throw.</summary>
    public static Action<string>? Listener
    {
        get => t_listener;
        set => t_listener = value;
    }

    public static void Done(string path) => t_listener?.Invoke(path);
}
