using System.Globalization;

namespace RadLab.Models;

/// <summary>Reads tokenizer files into memory within a limit, and words what is wrong with them.</summary>
internal static class TokenizerFile
{
    /// <summary>The largest tokenizer.json in common use has 34 MB.</summary>
    public const int MaxBytes = 64 << 20;

    private const string Advice = "the file is damaged, cut short or of another kind: copy or download it again";

    public static byte[] Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
        CheckLength(stream.Length, path);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    public static void CheckLength(long length, string file)
    {
        if (length > MaxBytes) throw Fail(file, "length", string.Create(CultureInfo.InvariantCulture, $"must be at most {MaxBytes} bytes, got {length}"));
    }

    public static CheckpointFormatException Fail(string file, string field, string problem) => new(file, field, problem, Advice);

    /// <summary>A setting of another family of tokenizers, which would change the ids.</summary>
    public static CheckpointFormatException Unsupported(string file, string field, string requirement, string found) =>
        new(file, field, $"must be {requirement}, got {found}", "this kind of tokenizer is not supported: use that of a Llama model");
}
