using System.Text;

namespace RadLab.Models;

/// <summary>Decodes token by token. It gives out whole characters only: a letter or an emoji that several tokens share appears with its last byte.</summary>
/// <remarks>All that <see cref="Append"/> and the closing <see cref="Flush"/> return, put together, is <see cref="Tokenizer.Decode"/> of the same ids.</remarks>
public sealed class TokenDecoder
{
    private readonly Tokenizer _tokenizer;
    private readonly bool _skipSpecialTokens;
    private readonly Decoder _utf8 = Encoding.UTF8.GetDecoder();
    private bool _atStart;

    internal TokenDecoder(Tokenizer tokenizer, bool skipSpecialTokens, bool continuing)
    {
        _tokenizer = tokenizer;
        _skipSpecialTokens = skipSpecialTokens;
        _atStart = !continuing;
    }

    /// <summary>The text that one more token completes; often empty in the middle of a character.</summary>
    public string Append(int id) => Convert(_tokenizer.TextOf(id, _skipSpecialTokens, ref _atStart), flush: false);

    /// <summary>U+FFFD if the ids ended in the middle of a character, else nothing.</summary>
    public string Flush() => Convert([], flush: true);

    private string Convert(ReadOnlySpan<byte> bytes, bool flush)
    {
        // one character for each byte at most, and one for those left from before
        Span<char> text = bytes.Length < 256 ? stackalloc char[bytes.Length + 4] : new char[bytes.Length + 4];
        int length = _utf8.GetChars(bytes, text, flush);
        return new string(text[..length]);
    }
}
