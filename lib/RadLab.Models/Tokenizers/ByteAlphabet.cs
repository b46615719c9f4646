namespace RadLab.Models;

/// <summary>
/// How tokenizer.json writes bytes: 33-126, 161-172 and 174-255 as the character of that number, the other 68 in order as U+0100 and
/// following, so that a space is Ġ (GPT-2's table).
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] s_characters = Characters();
    private static readonly short[] s_bytes = Bytes();

    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        var text = new char[bytes.Length];
        for (int i = 0; i < text.Length; i++) text[i] = s_characters[bytes[i]];
        return new string(text);
    }

    /// <returns>The bytes as a Latin-1 string, or null if the text has a character outside the alphabet.</returns>
    public static string? Decode(string text)
    {
        foreach (char c in text)
            if (c >= s_bytes.Length || s_bytes[c] < 0) return null;
        return string.Create(text.Length, text, static (latin1, source) =>
        {
            for (int i = 0; i < source.Length; i++) latin1[i] = (char)s_bytes[source[i]];
        });
    }

    private static char[] Characters()
    {
        var characters = new char[256];
        int shifted = 0;
        for (int b = 0; b < 256; b++)
            characters[b] = b is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174) ? (char)b : (char)(256 + shifted++);
        return characters;
    }

    private static short[] Bytes()
    {
        var bytes = new short[256 + 68];
        Array.Fill(bytes, (short)-1);
        for (int b = 0; b < 256; b++) bytes[s_characters[b]] = (short)b;
        return bytes;
    }
}
