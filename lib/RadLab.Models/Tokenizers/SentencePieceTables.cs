using System.Globalization;
using System.Text;

namespace RadLab.Models;

/// <summary>What encoding with SentencePiece pieces looks up, computed from the list of pieces.</summary>
internal sealed class SentencePieceTables
{
    private SentencePieceTables(TokenTable tokens) => Tokens = tokens;

    public TokenTable Tokens { get; }

    public MergeTable Merges { get; } = new();

    /// <summary>Normal pieces as they are written, in Latin-1.</summary>
    public Dictionary<string, int> Normal { get; } = [];

    /// <summary>Single characters. One that is part of a piece without being one gets a number behind the vocabulary.</summary>
    public Dictionary<string, int> Characters { get; } = [];

    /// <summary>The bytes of those numbers.</summary>
    public List<byte[]> ExtraCharacters { get; } = [];

    public int[] ByteIds { get; } = new int[256];

    /// <summary>No piece holds a space behind another character, so that words can be encoded one by one.</summary>
    public bool SplitsAtSpaces { get; private set; } = true;

    public static SentencePieceTables Build(SentencePieceModel model, AddedTokens added, string file)
    {
        var byteIds = new Dictionary<byte, int>();
        var normal = new Dictionary<string, int>();
        var texts = new string?[added.All.Select(t => t.Id + 1).Append(model.Pieces.Count).Max()];
        for (int id = 0; id < model.Pieces.Count; id++)
        {
            var piece = model.Pieces[id];
            string field = string.Create(CultureInfo.InvariantCulture, $"piece {id}");
            switch (piece.Type)
            {
                case SentencePieceType.Byte:
                    byte b = ByteOf(piece.Text) ?? throw TokenizerFile.Fail(file, field, $"must be written <0xHH>, got {CheckpointFormatException.Quote(piece.Text)}");
                    if (!byteIds.TryAdd(b, id)) throw TokenizerFile.Fail(file, field, "is a byte that an earlier piece has");
                    texts[id] = ((char)b).ToString();
                    break;
                case SentencePieceType.Normal:
                    if (!normal.TryAdd(TokenTable.Latin1(piece.Text), id)) throw TokenizerFile.Fail(file, field, "has the text of an earlier piece");
                    texts[id] = TokenTable.Latin1(piece.Text.Replace(model.Space, " ", StringComparison.Ordinal));
                    break;
            }
        }
        foreach (var token in added.All)
        {
            string content = TokenTable.Latin1(token.Content);
            if (texts[token.Id] is { } taken && taken != content)
                throw TokenizerFile.Fail(file, "added tokens", string.Create(CultureInfo.InvariantCulture, $"{CheckpointFormatException.Quote(token.Content)} has id {token.Id}, which is another piece"));
            texts[token.Id] = content;
        }
        var tables = new SentencePieceTables(new TokenTable(texts));
        for (int b = 0; b < 256; b++)
            tables.ByteIds[b] = byteIds.TryGetValue((byte)b, out int id) ? id
                : throw TokenizerFile.Fail(file, "pieces", string.Create(CultureInfo.InvariantCulture, $"must have a piece for every byte (byte fallback), but have none for 0x{b:X2}"));
        if (!normal.ContainsKey(TokenTable.Latin1(model.Space))) throw TokenizerFile.Fail(file, "pieces", "must have one for the space");
        foreach (var (text, id) in normal) tables.Normal.Add(text, id);
        tables.AddMerges(model);
        return tables;
    }

    private void AddMerges(SentencePieceModel model)
    {
        foreach (var (text, id) in Normal)
            if (CharacterBytes(text[0]) == text.Length) Characters.Add(text, id);

        var normal = new PieceIndex(Normal);
        var rankOf = new Dictionary<float, int>();
        foreach (float score in Normal.Values.Select(id => model.Pieces[id].Score).Distinct().OrderDescending()) rankOf.Add(score, rankOf.Count);
        string space = TokenTable.Latin1(model.Space);
        foreach (var (text, id) in Normal)
        {
            int rank = rankOf[model.Pieces[id].Score];
            bool behindOther = false;
            for (int split = CharacterBytes(text[0]), last = 0; split < text.Length; last = split, split += CharacterBytes(text[split]))
            {
                behindOther |= !text.AsSpan(last, split - last).SequenceEqual(space);
                if (behindOther && text.AsSpan(split).StartsWith(space, StringComparison.Ordinal)) SplitsAtSpaces = false;
                if (TryPart(text.AsSpan(0, split), normal, out int left) && TryPart(text.AsSpan(split), normal, out int right)) Merges.Set(left, right, rank, id);
            }
        }
    }

    private bool TryPart(ReadOnlySpan<char> latin1, PieceIndex normal, out int id)
    {
        if (normal.TryGet(latin1, out id)) return true;
        if (CharacterBytes(latin1[0]) != latin1.Length) return false;
        string character = latin1.ToString();
        if (Characters.TryGetValue(character, out id)) return true;
        id = Tokens.Count + ExtraCharacters.Count;
        Characters.Add(character, id);
        ExtraCharacters.Add(Encoding.Latin1.GetBytes(character));
        return true;
    }

    private static int CharacterBytes(char first) => first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;

    private static byte? ByteOf(string piece) =>
        piece.Length == 6 && piece.StartsWith("<0x", StringComparison.Ordinal) && piece[5] == '>'
        && byte.TryParse(piece.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte b) ? b : null;
}
