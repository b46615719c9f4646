namespace RadLab.Models;

/// <summary>
/// Byte-level byte pair encoding as in Llama 3: the text is split by <c>Llama3Split.Pattern</c>, each piece starts as its UTF-8 bytes, and
/// neighbours are merged in the order of the merge list. Every text can be encoded and comes back unchanged.
/// </summary>
public sealed partial class ByteLevelBpe : Tokenizer
{
    private readonly PieceIndex _index;
    private readonly bool _ignoreMerges;
    private readonly int[] _byteIds = new int[256];
    private readonly (int Left, int Right)[] _mergeOrder;

    private ByteLevelBpe(TokenTable tokens, PieceIndex index, MergeTable merges, (int Left, int Right)[] mergeOrder, bool ignoreMerges, IEnumerable<AddedToken> added, string? bos, string? eos)
        : base(tokens, merges, added, bos, eos)
    {
        _index = index;
        _mergeOrder = mergeOrder;
        _ignoreMerges = ignoreMerges;
        Span<byte> one = stackalloc byte[1];
        for (int b = 0; b < _byteIds.Length; b++)
        {
            one[0] = (byte)b;
            if (!index.TryGet(one, out _byteIds[b])) throw new InvalidOperationException("ByteLevelBpe: every byte must be a token");   // readers have refused such a file
        }
    }

    /// <summary>The merges in their order, as ids.</summary>
    public IReadOnlyList<(int Left, int Right)> Merges => _mergeOrder;

    /// <summary>A piece that is a token as it stands is never built from parts (ignore_merges of tokenizer.json).</summary>
    public bool IgnoreMerges => _ignoreMerges;

    private protected override void EncodeRun(EncodeScratch scratch, int start, int end)
    {
        byte[] text = scratch.Text;
        var run = text.AsSpan(0, end);
        var cache = scratch.Cache;
        var ids = scratch.Ids;
        for (int at = start; at < end;)
        {
            int next = Llama3Split.Next(run, at), length = next - at;
            if (length > PieceCache.MaxPieceBytes) EncodePiece(scratch, at, length);
            else if (!cache.TryAppend(text, at, length, ids))
            {
                int before = ids.Count;
                EncodePiece(scratch, at, length);
                cache.Put(text, at, length, ids.Span[before..]);
            }
            at = next;
        }
    }

    private void EncodePiece(EncodeScratch scratch, int at, int length)
    {
        var piece = scratch.Text.AsSpan(at, length);
        if (_ignoreMerges && _index.TryGet(piece, out int whole))
        {
            scratch.Ids.Add(whole);
            return;
        }
        var symbols = scratch.Merger.Symbols(length);
        for (int i = 0; i < length; i++) symbols[i] = _byteIds[piece[i]];
        scratch.Ids.AddRange(scratch.Merger.Merge(length));
    }

    private protected override bool TryPlain(ReadOnlySpan<byte> token, out int id) => _index.TryGet(token, out id);
}
