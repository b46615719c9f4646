using System.Buffers;

namespace RadLab.Radiology;

/// <summary>
/// The form in which two texts are compared: lower-case words separated by one blank, where a word is a run of letters and digits. Punctuation, line breaks
/// and spacing are not compared; the order of the words, their numbers and placeholders such as XXXX are. Characters beyond ASCII are lower-cased one by one
/// and not otherwise unified (a composed é differs from e with an accent).
/// </summary>
public static class NormalizedText
{
    // what an ASCII character becomes: its lower-case form, or 0 where it separates words
    private static readonly byte[] s_ascii = Ascii();

    /// <summary>The normalised text as a string of its own; the pipeline itself uses <see cref="Write"/>.</summary>
    public static string Of(string text)
    {
        char[] buffer = ArrayPool<char>.Shared.Rent(Math.Max(1, text.Length));
        int length = Write(text, buffer);
        string normal = new(buffer, 0, length);
        ArrayPool<char>.Shared.Return(buffer);
        return normal;
    }

    /// <summary>Writes the normalised form and returns its length, which is at most that of <paramref name="text"/>.</summary>
    public static int Write(ReadOnlySpan<char> text, Span<char> to)
    {
        if (to.Length < text.Length) throw new ArgumentException($"NormalizedText: the buffer must hold {text.Length} characters, got {to.Length}.", nameof(to));
        int n = 0;
        bool gap = false;
        foreach (char c in text)
        {
            char lower = c < 128 ? (char)s_ascii[c] : Beyond(c);
            if (lower == 0)
            {
                gap = n > 0;
                continue;
            }
            if (gap)
            {
                to[n++] = ' ';
                gap = false;
            }
            to[n++] = lower;
        }
        return n;
    }

    // a surrogate is half of a letter or symbol outside the basic plane: kept, so that such texts stay different
    private static char Beyond(char c) => char.IsLetterOrDigit(c) || char.IsSurrogate(c) ? char.ToLowerInvariant(c) : '\0';

    private static byte[] Ascii()
    {
        byte[] table = new byte[128];
        for (char c = '\0'; c < 128; c++)
            if (char.IsAsciiLetterOrDigit(c)) table[c] = (byte)char.ToLowerInvariant(c);
        return table;
    }
}
