using System.Text;

namespace RadLab.Models;

/// <summary>A model file that does not follow its format: which file, which field, what was found, what to do.</summary>
/// <remarks>The message quotes names and numbers of the file's structure only, shortened and without control characters.</remarks>
public sealed class CheckpointFormatException : IOException
{
    private const int MaxQuotedChars = 80;

    public CheckpointFormatException(string file, string field, string problem, string advice, Exception? inner = null)
        : base($"{file}: {field}: {problem}; {advice}.", inner)
    {
        File = file;
        Field = field;
    }

    /// <summary>The file as the caller named it.</summary>
    public string File { get; }

    /// <summary>The part of the file at fault, for example <c>tensor 'lm_head.weight', shape</c>.</summary>
    public string Field { get; }

    // Names come from untrusted files: a message must stay one short line on any terminal.
    internal static string Quote(ReadOnlySpan<char> text)
    {
        var quoted = new StringBuilder("'", MaxQuotedChars + 4);
        foreach (char c in text[..Math.Min(text.Length, MaxQuotedChars)])
            quoted.Append(char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029' ? '\uFFFD' : c);
        return quoted.Append(text.Length > MaxQuotedChars ? "…'" : "'").ToString();
    }
}
