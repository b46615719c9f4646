namespace RadLab.Training;

/// <summary>What a run was to make, <c>adapter</c> or <c>model</c> in its folder: written into a staged folder, flushed, and renamed, so that it is there as a whole or not at all.</summary>
internal static class RunResult
{
    private const string Staged = "result.partial";

    /// <param name="run">Folder of the run.</param>
    /// <param name="write">Writes into the folder it is given, as it would into that of the run.</param>
    /// <exception cref="IOException">The disk is full or broken; the checkpoints are whole.</exception>
    public static void Write(string run, Action<string> write)
    {
        string staged = Path.Combine(run, Staged);
        try
        {
            if (Directory.Exists(staged)) Directory.Delete(staged, recursive: true);
            Directory.CreateDirectory(staged);
            write(staged);
            Durable.FlushTree(staged);
            foreach (string part in Directory.GetDirectories(staged))
            {
                string target = Path.Combine(run, Path.GetFileName(part));
                if (Directory.Exists(target)) Directory.Delete(target, recursive: true);   // of an earlier end of the same run
                Directory.Move(part, target);
            }
            Directory.Delete(staged);
            Durable.FlushFolder(run);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)   // the last: a file larger than its file system or a limit allows (EFBIG)
        {
            Durable.TryDelete(staged);
            throw new IOException($"{run}: the result could not be written ({e.Message.ReplaceLineEndings(" ")}); the checkpoints are whole: make room or mend the folder, then resume.", e);
        }
        catch
        {
            Durable.TryDelete(staged);
            throw;
        }
    }
}
