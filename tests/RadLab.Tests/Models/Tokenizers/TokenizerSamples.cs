using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Models;

namespace RadLab.Tests;

/// <summary>Small tokenizer files of every format, written here from their descriptions.</summary>
internal static class TokenizerSamples
{
    public const string Json = "tokenizer.json";

    private const string Pattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private static readonly JsonSerializerOptions s_relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static readonly string[] Merges = ["l o", "lo w", "Ġ low", "e r", "n e", "ne w", "Ġ new", "i d", "Ġ Ġ"];

    /// <summary>A byte as tokenizer.json writes it.</summary>
    public static string Character(int b) =>
        ((char)(b is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174) ? b : 256 + Enumerable.Range(0, b).Count(x => x is not ((>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174))))).ToString();

    /// <summary>A tokenizer.json whose vocabulary is the 256 bytes, the results of the merges in order, and the words.</summary>
    public static JsonObject Tokenizer(IEnumerable<string>? merges = null, bool pairs = false, bool ignoreMerges = false, params string[] words)
    {
        var vocabulary = new JsonObject();
        for (int b = 0; b < 256; b++) vocabulary[Character(b)] = b;
        var list = new JsonArray();
        foreach (string merge in merges ?? Merges)
        {
            string[] parts = merge.Split(' ');
            list.Add(pairs ? new JsonArray(parts[0], parts[1]) : JsonValue.Create(merge));
            vocabulary.TryAdd(parts[0] + parts[1], vocabulary.Count);
        }
        foreach (string word in words) vocabulary.TryAdd(word, vocabulary.Count);
        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(
                new JsonObject { ["id"] = 300, ["content"] = "<|begin_of_text|>", ["special"] = true },
                new JsonObject { ["id"] = 301, ["content"] = "<|end_of_text|>", ["special"] = true },
                new JsonObject { ["id"] = 302, ["content"] = "<scan>", ["special"] = false, ["lstrip"] = true, ["rstrip"] = true }),
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["pretokenizers"] = new JsonArray(
                    new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = Pattern }, ["behavior"] = "Isolated", ["invert"] = false },
                    new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = false }),
            },
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel" },
            ["model"] = new JsonObject { ["type"] = "BPE", ["byte_fallback"] = false, ["ignore_merges"] = ignoreMerges, ["vocab"] = vocabulary, ["merges"] = list },
        };
    }

    public static byte[] Utf8(JsonNode json) => Encoding.UTF8.GetBytes(json.ToJsonString(s_relaxed));

    public static ByteLevelBpe Parse(JsonNode json) => ByteLevelBpe.ParseTokenizerJson(Utf8(json), Json, new TokenizerSettings());

    /// <summary>Lines "base64 rank": the 256 bytes, then the tokens.</summary>
    public static string MetaModel(params string[] tokens)
    {
        var text = new StringBuilder();
        for (int rank = 0; rank < 256 + tokens.Length; rank++)
            text.Append(CultureInfo.InvariantCulture, $"{Convert.ToBase64String(rank < 256 ? [(byte)rank] : Encoding.UTF8.GetBytes(tokens[rank - 256]))} {rank}\n");
        return text.ToString();
    }

    public static readonly (string Text, float Score)[] Pieces =
        [("▁", -5), ("l", -6), ("o", -7), ("w", -8), ("e", -9), ("r", -10), ("lo", -1), ("low", -2), ("▁low", -3), ("er", -3), ("é", -11), ("▁▁", -1e9f)];

    /// <summary>A SentencePiece model: unknown, begin, end, the 256 bytes, then the pieces.</summary>
    /// <param name="trainer">More fields of trainer_spec, as (number, value) varints.</param>
    /// <param name="normalizer">More fields of normalizer_spec.</param>
    public static byte[] SentencePieceModel(IEnumerable<(string Text, float Score)> pieces, (int, ulong)[]? trainer = null, (int, ulong)[]? normalizer = null, SentencePieceType type = SentencePieceType.Normal)
    {
        var model = new List<byte>();
        void Piece(string text, float? score, SentencePieceType kind)
        {
            var piece = new List<byte>();
            AddBytes(piece, 1, Encoding.UTF8.GetBytes(text));
            if (score is { } number)
            {
                piece.Add(2 << 3 | 5);
                var four = new byte[4];
                BinaryPrimitives.WriteSingleLittleEndian(four, number);
                piece.AddRange(four);
            }
            if (kind != SentencePieceType.Normal) AddNumber(piece, 3, (ulong)kind);
            AddBytes(model, 1, [.. piece]);
        }
        Piece("<unk>", null, SentencePieceType.Unknown);
        Piece("<s>", null, SentencePieceType.Control);
        Piece("</s>", null, SentencePieceType.Control);
        for (int b = 0; b < 256; b++) Piece(string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>"), null, SentencePieceType.Byte);
        foreach (var (text, score) in pieces) Piece(text, score, type);

        var spec = new List<byte>();
        foreach (var (number, value) in trainer ?? [(3, 2)]) AddNumber(spec, number, value);
        AddBytes(model, 2, [.. spec]);
        spec.Clear();
        foreach (var (number, value) in normalizer ?? [(3, 1), (4, 0), (5, 1)]) AddNumber(spec, number, value);
        AddBytes(model, 3, [.. spec]);
        return [.. model];
    }

    /// <summary>llama2.c's layout of the same.</summary>
    public static byte[] Llama2C(IEnumerable<(string Text, float Score)> pieces)
    {
        var file = new MemoryStream();
        var writer = new BinaryWriter(file);
        writer.Write(16);
        IEnumerable<(string Text, float Score)> first = [("<unk>", 0), ("\n<s>\n", 0), ("\n</s>\n", 0), .. Enumerable.Range(0, 256).Select(b => (string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>"), 0f))];
        foreach (var (text, score) in first.Concat(pieces.Select(p => (p.Text.Replace('▁', ' '), p.Score))))
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            writer.Write(score);
            writer.Write(bytes.Length);
            writer.Write(bytes);
        }
        return file.ToArray();
    }

    public static SentencePieceBpe SentencePiece(params AddedToken[] added)
    {
        var settings = new TokenizerSettings();
        settings.Added.AddRange(added);
        return SentencePieceBpe.ParseModel(SentencePieceModel(Pieces), "tokenizer.model", settings);
    }

    public static void AddBytes(List<byte> message, int field, ReadOnlySpan<byte> bytes)
    {
        AddVarint(message, (ulong)field << 3 | 2);
        AddVarint(message, (ulong)bytes.Length);
        message.AddRange(bytes);
    }

    public static void AddNumber(List<byte> message, int field, ulong value)
    {
        AddVarint(message, (ulong)field << 3);
        AddVarint(message, value);
    }

    private static void AddVarint(List<byte> message, ulong value)
    {
        for (; value >= 0x80; value >>= 7) message.Add((byte)(value | 0x80));
        message.Add((byte)value);
    }
}
