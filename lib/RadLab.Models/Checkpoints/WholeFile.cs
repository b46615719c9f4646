namespace RadLab.Models;

/// <summary>Small files that appear under their name only when they are complete and on disk.</summary>
public static class WholeFile
{
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        string temporary = path + ".tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                stream.Write(bytes);
                FileOperations.Done(path);
                stream.Flush(flushToDisk: true);
                FileOperations.Done(path);
            }
            File.Move(temporary, path, overwrite: true);
            FileOperations.Done(path);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    public static void Copy(string from, string to)
    {
        string temporary = to + ".tmp";
        try
        {
            using (var source = File.OpenRead(from))
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                source.CopyTo(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, to, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
