using System.Globalization;
using System.Text;

namespace RadLab.Models;

/// <summary>What one call to encode works with: buffers and the cache of pieces. A tokenizer keeps one for each thread that has been inside it at once.</summary>
internal sealed class EncodeScratch(MergeTable merges)
{
    /// <summary>Bytes that can be read behind every text.</summary>
    public const int Padding = 32;

    /// <summary>The longest text of one call.</summary>
    public const int MaxChars = 1 << 29;

    private const int Kept = 4 << 20;

    private byte[] _text = new byte[4096];
    private byte[] _normalized = [];

    public byte[] Text => _text;

    public IdBuffer Ids { get; } = new();

    public PieceCache Cache { get; } = new();

    public PieceMerger Merger { get; } = new(merges);

    /// <summary>Converts to UTF-8; half a surrogate pair becomes U+FFFD.</summary>
    /// <returns>Bytes at the start of <see cref="Text"/>.</returns>
    public int Load(ReadOnlySpan<char> text)
    {
        if (text.Length > MaxChars)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Tokenizer.EncodeToIds: text must have at most {MaxChars} characters, got {text.Length}; encode it in parts."), nameof(text));
        // The exact length costs a pass over the text, so it is asked for only where three bytes per character would be much.
        int most = text.Length <= Kept / 4 ? 3 * text.Length : Encoding.UTF8.GetByteCount(text);
        Ensure(ref _text, most);
        return Encoding.UTF8.GetBytes(text, _text);
    }

    public byte[] Normalized(int length)
    {
        Ensure(ref _normalized, length);
        return _normalized;
    }

    /// <summary>Forgets the text and gives the memory of an unusually long one back.</summary>
    public void Reset()
    {
        Ids.Clear(Kept / sizeof(int));
        if (_text.Length > Kept) _text = new byte[4096];
        if (_normalized.Length > Kept) _normalized = [];
    }

    private static void Ensure(ref byte[] buffer, int length)
    {
        if (buffer.Length < length + Padding) buffer = new byte[Math.Max(checked(length + Padding), Math.Min(2 * buffer.Length, Kept))];
    }
}
