using System.Runtime.InteropServices;

namespace RadLab.Training;

/// <summary>Makes renames survive a power loss: on Linux and macOS a new name is only safe when its folder has been flushed.</summary>
internal static partial class Durable
{
    [ThreadStatic]
    private static Action<string>? t_listener;

    /// <summary>For tests that end a write in its middle: told of each flush and rename here once it is done; may throw. Of the calling thread.</summary>
    public static Action<string>? Listener
    {
        get => t_listener;
        set => t_listener = value;
    }

    /// <summary>Renames a folder; its new name is safe once the folder around it is flushed.</summary>
    public static void Rename(string from, string to)
    {
        Directory.Move(from, to);
        t_listener?.Invoke(to);
    }

    /// <summary>Flushes every file of a folder and the folders themselves.</summary>
    public static void FlushTree(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
            stream.Flush(flushToDisk: true);
            t_listener?.Invoke(file);
        }
        foreach (string inner in Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories)) FlushFolder(inner);
        FlushFolder(folder);
    }

    /// <summary>Flushes the names that a folder holds; Windows does that by itself.</summary>
    public static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        int handle = Open(folder, 0);
        if (handle < 0) throw new IOException($"{folder}: the folder cannot be opened to flush it (error {Marshal.GetLastPInvokeError()}).");
        try
        {
            // some network file systems cannot flush folders (EINVAL, 22) and need not
            if (Fsync(handle) != 0 && Marshal.GetLastPInvokeError() is var error && error != 22)
                throw new IOException($"{folder}: flushing the folder failed (error {error}); the disk may be full or broken.");
            t_listener?.Invoke(folder);
        }
        finally
        {
            _ = Close(handle);
        }
    }

    /// <summary>Removes what was staged and failed; what cannot be removed is recognised as unfinished and goes later.</summary>
    public static void TryDelete(string folder)
    {
        try
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int handle);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int handle);
}
