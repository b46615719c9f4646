namespace RadLab.Training;

/// <summary>Holds <c>.lock</c> of a run's folder: two processes in one folder would overwrite each other's checkpoints. It goes with the process, so that a crash leaves nothing behind that locks.</summary>
internal sealed class RunLock : IDisposable
{
    public const string FileName = ".lock";

    // of a file that somebody else holds: EAGAIN on Linux, EWOULDBLOCK on macOS, ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION on Windows
    private static readonly int[] s_held = [11, 35, unchecked((int)0x80070020), unchecked((int)0x80070021)];

    private readonly FileStream _stream;

    private RunLock(FileStream stream) => _stream = stream;

    public bool IsHeld { get; private set; } = true;

    /// <exception cref="RecipeException">Another process, or another run object of this one, has it.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static RunLock Take(string folder)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            // the file stays: one that is removed could be locked twice, under its old name and a new one
            return new RunLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1));
        }
        catch (IOException e) when (s_held.Contains(e.HResult))
        {
            throw new RecipeException($"{folder}: another process trains this run; wait for it, or stop it first.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{path}: cannot be written ({e.Message}); the run's folder must be writable.", e);
        }
    }

    public void Dispose()
    {
        IsHeld = false;
        _stream.Dispose();
    }
}
