using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace RadLab.Models;

/// <summary>Text to token ids and back. Safe to use from several threads; the same text gives the same ids everywhere.</summary>
public abstract partial class Tokenizer
{
    private readonly TokenTable _tokens;
    private readonly MergeTable _merges;
    private readonly Dictionary<string, int> _specialTokens = [];
    private readonly Dictionary<string, int> _addedIds = [];
    private readonly bool[] _special;
    private readonly AddedTokenMatcher? _always;
    private readonly AddedTokenMatcher? _whenParsed;
    private readonly Stack<EncodeScratch> _scratch = new();

    private protected Tokenizer(TokenTable tokens, MergeTable merges, IEnumerable<AddedToken> added, string? bos, string? eos)
    {
        _tokens = tokens;
        _merges = merges;
        AddedTokens = [.. added];
        _special = new bool[tokens.Count];
        foreach (var token in AddedTokens)
        {
            _addedIds[token.Content] = token.Id;
            if (!token.Special) continue;
            _specialTokens[token.Content] = token.Id;
            _special[token.Id] = true;
        }
        _always = AddedTokenMatcher.For(AddedTokens.Where(t => !t.Special));
        _whenParsed = AddedTokenMatcher.For(AddedTokens);
        BosId = bos is not null && _addedIds.TryGetValue(bos, out int bosId) ? bosId : null;
        EosId = eos is not null && _addedIds.TryGetValue(eos, out int eosId) ? eosId : null;
    }

    /// <summary>The largest id plus one.</summary>
    public int VocabularySize => _tokens.Count;

    /// <summary>Control tokens: text to id.</summary>
    public IReadOnlyDictionary<string, int> SpecialTokens => _specialTokens;

    /// <summary>All tokens that are found as a whole, control tokens among them, by id.</summary>
    public IReadOnlyList<AddedToken> AddedTokens { get; }

    /// <summary>Begin of text, if the tokenizer has such a token.</summary>
    public int? BosId { get; }

    /// <summary>End of text, if the tokenizer has such a token.</summary>
    public int? EosId { get; }

    /// <summary>The ids of a text.</summary>
    public int[] EncodeToIds(string text, EncodeOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return EncodeToIds(text.AsSpan(), options);
    }

    /// <summary>The ids of a text.</summary>
    public int[] EncodeToIds(ReadOnlySpan<char> text, EncodeOptions options = default)
    {
        var scratch = Rent();
        Encode(text, options, scratch);
        int[] ids = scratch.Ids.Span.ToArray();
        Return(scratch);
        return ids;
    }

    /// <summary>Appends the ids of a text to a list; a warm call allocates nothing but what the list needs to grow.</summary>
    public void EncodeToIds(ReadOnlySpan<char> text, List<int> ids, EncodeOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var scratch = Rent();
        Encode(text, options, scratch);
        int start = ids.Count;
        CollectionsMarshal.SetCount(ids, start + scratch.Ids.Count);
        scratch.Ids.Span.CopyTo(CollectionsMarshal.AsSpan(ids)[start..]);
        Return(scratch);
    }

    /// <summary>How many ids a text has.</summary>
    public int CountTokens(ReadOnlySpan<char> text, EncodeOptions options = default)
    {
        var scratch = Rent();
        Encode(text, options, scratch);
        int count = scratch.Ids.Count;
        Return(scratch);
        return count;
    }

    /// <summary>The text of ids. Bytes that are no UTF-8 become U+FFFD.</summary>
    /// <param name="skipSpecialTokens">Leaves control tokens out.</param>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false)
    {
        var bytes = new ArrayBufferWriter<byte>(Math.Max(16, 4 * ids.Length));
        bool atStart = true;
        foreach (int id in ids) bytes.Write(TextOf(id, skipSpecialTokens, ref atStart));
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>Decodes ids one by one, for text that appears while it is generated.</summary>
    /// <param name="skipSpecialTokens">Leaves control tokens out.</param>
    /// <param name="continuing">The ids go on with earlier text, so that a space in front of the first word stays.</param>
    public TokenDecoder StartDecoding(bool skipSpecialTokens = false, bool continuing = false) => new(this, skipSpecialTokens, continuing);

    /// <summary>The id of an added token or of a plain token's exact text, or null.</summary>
    public int? IdOf(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        return _addedIds.TryGetValue(token, out int id) || TryPlain(Encoding.UTF8.GetBytes(token), out id) ? id : null;
    }

    /// <summary>The bytes that an id stands for: the text of a control token, nothing for an id that the vocabulary leaves out.</summary>
    public ReadOnlySpan<byte> BytesOf(int id) => _tokens[Checked(id)];

    /// <summary>Whether an id is a control token.</summary>
    public bool IsSpecial(int id) => _special[Checked(id)];

    /// <summary>SHA-256 over the bytes of every id and the marks of control tokens, in hexadecimal: equal where ids mean the same.</summary>
    public string VocabularyHash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> head = stackalloc byte[5];
        for (int id = 0; id < VocabularySize; id++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(head, _tokens[id].Length);
            head[4] = _special[id] ? (byte)1 : (byte)0;
            hash.AppendData(head);
            hash.AppendData(_tokens[id]);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The bytes of an id as they appear in text.</summary>
    /// <param name="atStart">True until the first token that is not a control token.</param>
    internal ReadOnlySpan<byte> TextOf(int id, bool skipSpecialTokens, ref bool atStart)
    {
        if (IsSpecial(id)) return skipSpecialTokens ? [] : _tokens[id];
        bool first = atStart;
        atStart = false;
        return first ? AtStart(id) : _tokens[id];
    }

    /// <summary>The bytes of a plain token that begins the text.</summary>
    private protected virtual ReadOnlySpan<byte> AtStart(int id) => _tokens[id];

    /// <summary>Appends the ids of <c>scratch.Text[start..end]</c>, which holds no added token.</summary>
    private protected abstract void EncodeRun(EncodeScratch scratch, int start, int end);

    private protected abstract bool TryPlain(ReadOnlySpan<byte> token, out int id);

    private void Encode(ReadOnlySpan<char> text, EncodeOptions options, EncodeScratch scratch)
    {
        if (options.AddBos) scratch.Ids.Add(BosId ?? throw Missing("AddBos", "begin-of-text"));
        int length = scratch.Load(text);
        if ((options.ParseSpecialTokens ? _whenParsed : _always) is { } added)
        {
            for (int at = 0; at < length;)
            {
                bool found = added.TryFind(scratch.Text.AsSpan(0, length), at, out int start, out int end, out int id);
                if (start > at) EncodeRun(scratch, at, start);
                if (found) scratch.Ids.Add(id);
                at = end;
            }
        }
        else if (length > 0)
        {
            EncodeRun(scratch, 0, length);
        }
        if (options.AddEos) scratch.Ids.Add(EosId ?? throw Missing("AddEos", "end-of-text"));
    }

    // An encoding that throws drops its scratch, which may be half filled.
    private EncodeScratch Rent()
    {
        lock (_scratch)
        {
            if (_scratch.TryPop(out var scratch)) return scratch;
        }
        return new EncodeScratch(_merges);
    }

    private void Return(EncodeScratch scratch)
    {
        scratch.Reset();
        lock (_scratch) _scratch.Push(scratch);
    }

    private int Checked(int id) => (uint)id < (uint)VocabularySize ? id : throw new ArgumentOutOfRangeException(nameof(id),
        string.Create(CultureInfo.InvariantCulture, $"Tokenizer: id must be from 0 to {VocabularySize - 1}, got {id}; the model and the tokenizer may not belong together."));

    private static InvalidOperationException Missing(string option, string token) =>
        new($"Tokenizer.EncodeToIds: {option} needs {(token[0] == 'e' ? "an" : "a")} {token} token, but this tokenizer names none; its tokenizer_config.json must say which one it is.");
}
