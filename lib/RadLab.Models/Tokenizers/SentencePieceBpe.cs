using System.Text;

namespace RadLab.Models;

/// <summary>
/// SentencePiece's byte pair encoding with byte fallback, as in Llama 1 and 2: characters are merged by the scores of the file, the highest
/// first and the leftmost of equals; a character that the vocabulary lacks becomes its UTF-8 bytes.
/// </summary>
/// <remarks>
/// A space is written U+2581 and the text gets one in front (the dummy prefix), which decoding takes away again. Between added tokens every
/// run of text has its own, as with Llama's original tokenizer.
/// </remarks>
public sealed partial class SentencePieceBpe : Tokenizer
{
    internal const int MaxPieceBytes = 256;

    private readonly SentencePiece[] _pieces;
    private readonly PieceIndex _characters;
    private readonly int[] _ascii;
    private readonly PieceIndex _normal;
    private readonly int[] _byteIds;
    private readonly byte[][] _extraCharacters;
    private readonly byte[] _space;
    private readonly bool _splitsAtSpaces;
    private readonly bool _dummyPrefix;
    private readonly bool _trims;

    private SentencePieceBpe(SentencePieceModel model, SentencePieceTables tables, AddedTokens added, string? bos, string? eos)
        : base(tables.Tokens, tables.Merges, added.All, bos, eos)
    {
        _pieces = [.. model.Pieces];
        _characters = new PieceIndex(tables.Characters);
        _normal = new PieceIndex(tables.Normal);
        _ascii = new int[128];
        for (int c = 0; c < _ascii.Length; c++) _ascii[c] = tables.Characters.GetValueOrDefault(((char)c).ToString(), -1);
        _byteIds = tables.ByteIds;
        _extraCharacters = [.. tables.ExtraCharacters];
        _splitsAtSpaces = tables.SplitsAtSpaces;
        _space = Encoding.UTF8.GetBytes(model.Space);
        _dummyPrefix = model.AddDummyPrefix;
        _trims = model.RemoveExtraWhitespaces;
    }

    /// <summary>The pieces of the file by id, without added tokens.</summary>
    public IReadOnlyList<SentencePiece> Pieces => _pieces;

    /// <summary>A text gets a space in front.</summary>
    public bool AddsDummyPrefix => _dummyPrefix;

    /// <summary>Spaces at the ends and runs of spaces are taken out of a text.</summary>
    public bool RemovesExtraSpaces => _trims;

    private protected override void EncodeRun(EncodeScratch scratch, int start, int end)
    {
        int length = Normalize(scratch, start, end);
        var text = scratch.Normalized(0).AsSpan(0, length);
        for (int at = 0; at < length;)
        {
            int next = _splitsAtSpaces ? WordEnd(text, at) : length;
            EncodeWord(scratch, text, at, next - at);
            at = next;
        }
    }

    private void EncodeWord(EncodeScratch scratch, ReadOnlySpan<byte> text, int at, int length)
    {
        byte[] buffer = scratch.Normalized(0);
        bool cacheable = length <= PieceCache.MaxPieceBytes;
        if (cacheable && scratch.Cache.TryAppend(buffer, at, length, scratch.Ids)) return;

        int before = scratch.Ids.Count, count = 0;
        var symbols = scratch.Merger.Symbols(length);
        for (int i = at; i < at + length;)
        {
            int bytes = text[i] < 0x80 ? 1 : text[i] < 0xE0 ? 2 : text[i] < 0xF0 ? 3 : 4;
            if (bytes == 1 && _ascii[text[i]] >= 0) symbols[count++] = _ascii[text[i]];
            else if (bytes > 1 && _characters.TryGet(text.Slice(i, bytes), out int id)) symbols[count++] = id;
            else foreach (byte b in text.Slice(i, bytes)) symbols[count++] = _byteIds[b];   // no pair holds a byte piece: they stay as they are
            i += bytes;
        }
        foreach (int id in scratch.Merger.Merge(count))
        {
            if (id < VocabularySize) scratch.Ids.Add(id);
            else foreach (byte b in _extraCharacters[id - VocabularySize]) scratch.Ids.Add(_byteIds[b]);
        }
        if (cacheable) scratch.Cache.Put(buffer, at, length, scratch.Ids.Span[before..]);
    }

    // Spaces, then everything up to the next space. No piece holds a space behind another character, so no merge crosses the end of a word.
    private int WordEnd(ReadOnlySpan<byte> text, int at)
    {
        while (text[at..].StartsWith(_space)) at += _space.Length;
        int next = text[at..].IndexOf(_space);
        return next < 0 ? text.Length : at + next;
    }

    /// <summary>Puts spaces as the pieces have them, with the dummy prefix.</summary>
    private int Normalize(EncodeScratch scratch, int start, int end)
    {
        var source = scratch.Text.AsSpan(start, end - start);
        if (_trims) source = source.Trim((byte)' ');
        byte[] target = scratch.Normalized(checked((source.Length + 1) * _space.Length));
        int length = 0;
        if (source.IsEmpty) return 0;
        if (_dummyPrefix) Append(_space);
        while (!source.IsEmpty)
        {
            int space = source.IndexOf((byte)' ');
            Append(space < 0 ? source : source[..space]);
            if (space < 0) break;
            Append(_space);
            source = source[(space + 1)..];
            if (_trims) source = source.TrimStart((byte)' ');
        }
        return length;

        void Append(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(target.AsSpan(length));
            length += bytes.Length;
        }
    }

    private protected override ReadOnlySpan<byte> AtStart(int id)
    {
        var text = BytesOf(id);
        return _dummyPrefix && id < _pieces.Length && _pieces[id].Type == SentencePieceType.Normal && text[0] == ' ' ? text[1..] : text;
    }

    private protected override bool TryPlain(ReadOnlySpan<byte> token, out int id) => _normal.TryGet(token, out id);
}
