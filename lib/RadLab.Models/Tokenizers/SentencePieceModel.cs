using System.Globalization;
using System.Text;

namespace RadLab.Models;

/// <summary>The settings and pieces of a SentencePiece model file, as far as they decide ids.</summary>
/// <remarks>
/// ModelProto: 1 pieces {1 piece, 2 score, 3 type}, 2 trainer_spec {3 model_type, 24 treat_whitespace_as_suffix, 41 bos_id, 42 eos_id},
/// 3 normalizer_spec {2 precompiled_charsmap, 3 add_dummy_prefix, 4 remove_extra_whitespaces, 5 escape_whitespaces}; the rest is skipped.
/// </remarks>
internal sealed class SentencePieceModel
{
    private const int Bpe = 2;

    public List<SentencePiece> Pieces { get; } = [];

    public bool AddDummyPrefix { get; private set; } = true;

    public bool RemoveExtraWhitespaces { get; private set; } = true;

    public int BosId { get; private set; } = 1;

    public int EosId { get; private set; } = 2;

    /// <summary>What stands for a space in the pieces.</summary>
    public string Space { get; private init; } = "\u2581";

    public static SentencePieceModel Parse(ReadOnlySpan<byte> message, string file)
    {
        TokenizerFile.CheckLength(message.Length, file);
        var model = new SentencePieceModel();
        bool trainer = false;
        var reader = new ProtobufReader(message, file, "model");
        while (reader.TryField(out int number))
        {
            switch (number)
            {
                case 1:
                    model.ReadPiece(reader.ReadBytes(), file);
                    break;
                case 2:
                    model.ReadTrainer(reader.ReadBytes(), file);
                    trainer = true;
                    break;
                case 3:
                    model.ReadNormalizer(reader.ReadBytes(), file);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        // without a trainer_spec the format's own default is unigram
        if (!trainer) throw TokenizerFile.Fail(file, "trainer_spec", "is missing");
        return model;
    }

    /// <summary>llama2.c's layout, whose pieces hold spaces as they are and whose first 259 are those of Llama.</summary>
    public static SentencePieceModel Llama2C(IEnumerable<SentencePiece> pieces)
    {
        var model = new SentencePieceModel { Space = " ", RemoveExtraWhitespaces = false };
        model.Pieces.AddRange(pieces);
        return model;
    }

    private void ReadPiece(ReadOnlySpan<byte> message, string file)
    {
        string field = string.Create(CultureInfo.InvariantCulture, $"piece {Pieces.Count}");
        if (Pieces.Count == TokenTable.MaxTokens) throw TokenizerFile.Fail(file, field, string.Create(CultureInfo.InvariantCulture, $"is more than the {TokenTable.MaxTokens} allowed"));
        string? text = null;
        float score = 0;
        var type = SentencePieceType.Normal;
        var reader = new ProtobufReader(message, file, field);
        while (reader.TryField(out int number))
        {
            switch (number)
            {
                case 1:
                    text = TextOf(reader.ReadBytes(), file, field);
                    break;
                case 2:
                    score = reader.ReadFloat();
                    break;
                case 3:
                    type = TypeOf(reader.ReadVarint(), file, field);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        Pieces.Add(new SentencePiece(text ?? throw TokenizerFile.Fail(file, field, "has no text"), CheckedScore(score, file, field), type));
    }

    internal static string TextOf(ReadOnlySpan<byte> utf8, string file, string field)
    {
        if (utf8.Length is 0 or > SentencePieceBpe.MaxPieceBytes)
            throw TokenizerFile.Fail(file, field, string.Create(CultureInfo.InvariantCulture, $"must have 1 to {SentencePieceBpe.MaxPieceBytes} bytes of text, got {utf8.Length}"));
        return System.Text.Unicode.Utf8.IsValid(utf8) ? Encoding.UTF8.GetString(utf8) : throw TokenizerFile.Fail(file, field, "is not valid UTF-8");
    }

    internal static float CheckedScore(float score, string file, string field) =>
        float.IsFinite(score) ? score : throw TokenizerFile.Fail(file, field, "must have a finite score");

    private static SentencePieceType TypeOf(long type, string file, string field) => type switch
    {
        (long)SentencePieceType.UserDefined => throw TokenizerFile.Unsupported(file, field, "normal, unknown, control or byte", "a user-defined piece"),
        (long)SentencePieceType.Unused => throw TokenizerFile.Unsupported(file, field, "normal, unknown, control or byte", "an unused piece"),
        >= 1 and <= 6 => (SentencePieceType)type,
        _ => throw TokenizerFile.Fail(file, field, string.Create(CultureInfo.InvariantCulture, $"has the unknown type {type}")),
    };

    private void ReadTrainer(ReadOnlySpan<byte> message, string file)
    {
        long modelType = 1;
        var reader = new ProtobufReader(message, file, "trainer_spec");
        while (reader.TryField(out int number))
        {
            switch (number)
            {
                case 3:
                    modelType = reader.ReadVarint();
                    break;
                case 24:
                    if (reader.ReadBool()) throw TokenizerFile.Unsupported(file, "trainer_spec.treat_whitespace_as_suffix", "false", "true");
                    break;
                case 41:
                    BosId = (int)reader.ReadVarint();
                    break;
                case 42:
                    EosId = (int)reader.ReadVarint();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        if (modelType != Bpe) throw TokenizerFile.Unsupported(file, "trainer_spec.model_type", "2 (BPE)", modelType.ToString(CultureInfo.InvariantCulture));
    }

    private void ReadNormalizer(ReadOnlySpan<byte> message, string file)
    {
        var reader = new ProtobufReader(message, file, "normalizer_spec");
        while (reader.TryField(out int number))
        {
            switch (number)
            {
                case 2:
                    if (!reader.ReadBytes().IsEmpty) throw TokenizerFile.Unsupported(file, "normalizer_spec.precompiled_charsmap", "empty (the identity)", "a map");
                    break;
                case 3:
                    AddDummyPrefix = reader.ReadBool();
                    break;
                case 4:
                    RemoveExtraWhitespaces = reader.ReadBool();
                    break;
                case 5:
                    if (!reader.ReadBool()) throw TokenizerFile.Unsupported(file, "normalizer_spec.escape_whitespaces", "true", "false");
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }
}
