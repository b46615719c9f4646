using System.Buffers.Binary;
using System.Globalization;

namespace RadLab.Models;

/// <summary>Reading SentencePiece's <c>tokenizer.model</c> and llama2.c's <c>tokenizer.bin</c>.</summary>
public sealed partial class SentencePieceBpe
{
    private const int ReservedPieces = 3;   // <unk>, <s>, </s>

    /// <summary>Reads a SentencePiece model of type BPE.</summary>
    /// <param name="addedTokens">Tokens that other files add behind the pieces, such as Meditron's <c>&lt;CLS&gt;</c> 32000.</param>
    public static SentencePieceBpe LoadModel(string path, IEnumerable<AddedToken>? addedTokens = null)
    {
        var settings = new TokenizerSettings();
        settings.Added.AddRange(addedTokens ?? []);
        return ParseModel(TokenizerFile.Read(path), path, settings);
    }

    /// <summary>Reads llama2.c's layout: int32 longest length, then for each piece float32 score, int32 length and the bytes, little-endian.</summary>
    public static SentencePieceBpe LoadLlama2C(string path) => ParseLlama2C(TokenizerFile.Read(path), path);

    internal static SentencePieceBpe ParseModel(ReadOnlySpan<byte> message, string file, TokenizerSettings settings) =>
        Build(SentencePieceModel.Parse(message, file), file, settings);

    internal static SentencePieceBpe ParseLlama2C(ReadOnlySpan<byte> bytes, string file)
    {
        TokenizerFile.CheckLength(bytes.Length, file);
        if (bytes.Length < 4) throw TokenizerFile.Fail(file, "longest piece", "is cut short");
        int longest = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        if (longest is < 1 or > MaxPieceBytes)
            throw TokenizerFile.Fail(file, "longest piece", string.Create(CultureInfo.InvariantCulture, $"must have 1 to {MaxPieceBytes} bytes, got {longest}"));
        var pieces = new List<SentencePiece>();
        for (int at = 4; at < bytes.Length;)
        {
            string field = string.Create(CultureInfo.InvariantCulture, $"piece {pieces.Count}");
            if (bytes.Length - at < 8) throw TokenizerFile.Fail(file, field, "is cut short");
            float score = SentencePieceModel.CheckedScore(BinaryPrimitives.ReadSingleLittleEndian(bytes[at..]), file, field);
            int length = BinaryPrimitives.ReadInt32LittleEndian(bytes[(at + 4)..]);
            if (length < 1 || length > longest || length > bytes.Length - at - 8)
                throw TokenizerFile.Fail(file, field, string.Create(CultureInfo.InvariantCulture, $"must have 1 to {Math.Min(longest, bytes.Length - at - 8)} bytes, got {length}"));
            if (pieces.Count == TokenTable.MaxTokens) throw TokenizerFile.Fail(file, field, string.Create(CultureInfo.InvariantCulture, $"is more than the {TokenTable.MaxTokens} allowed"));
            string text = SentencePieceModel.TextOf(bytes.Slice(at + 8, length), file, field);
            // The layout has no types; the numbers are Llama's. Its first three are written with line breaks around them.
            var type = pieces.Count switch
            {
                0 => SentencePieceType.Unknown,
                < ReservedPieces => SentencePieceType.Control,
                < ReservedPieces + 256 => SentencePieceType.Byte,
                _ => SentencePieceType.Normal,
            };
            pieces.Add(new SentencePiece(type is SentencePieceType.Unknown or SentencePieceType.Control ? text.Trim('\n') : text, score, type));
            at += 8 + length;
        }
        return Build(SentencePieceModel.Llama2C(pieces), file, new TokenizerSettings());
    }

    private static SentencePieceBpe Build(SentencePieceModel model, string file, TokenizerSettings settings)
    {
        var added = new AddedTokens();
        for (int id = 0; id < model.Pieces.Count; id++)
            if (model.Pieces[id].Type is SentencePieceType.Unknown or SentencePieceType.Control)
                added.Add(new AddedToken(id, model.Pieces[id].Text), file, string.Create(CultureInfo.InvariantCulture, $"piece {id}"));
        foreach (var token in settings.Added) added.Add(token, settings.Source, "added tokens");
        string? bos = settings.Bos ?? (added.TryGet(model.BosId, out string b) ? b : null);
        string? eos = settings.Eos ?? (added.TryGet(model.EosId, out string e) ? e : null);
        return new SentencePieceBpe(model, SentencePieceTables.Build(model, added, file), added, bos, eos);
    }
}
