using System.Text;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class SentencePieceBpeTests
{
    private const string Advice = "; the file is damaged, cut short or of another kind: copy or download it again.";
    private const string Unsupported = "; this kind of tokenizer is not supported: use that of a Llama model.";
    private const int FirstPiece = 259;

    [Fact]
    public void Pieces_merge_by_score_and_unknown_characters_become_bytes()
    {
        var tokenizer = TokenizerSamples.SentencePiece();
        // ▁ 259, l 260, o 261, w 262, e 263, r 264, lo 265, low 266, ▁low 267, er 268, é 269, ▁▁ 270
        Assert.Equal([267, 268], tokenizer.EncodeToIds("lower"));
        Assert.Equal([259, 269, 3 + 'x', 3 + 0xF0, 3 + 0x9F, 3 + 0x99, 3 + 0x82], tokenizer.EncodeToIds("éx🙂"));
        Assert.Equal([], tokenizer.EncodeToIds(""));
        Assert.Equal([270], tokenizer.EncodeToIds(" "));
        Assert.Equal([259, 267], tokenizer.EncodeToIds(" low"));   // ▁▁ has the lowest score of all
        Assert.Equal([1, 267, 2], tokenizer.EncodeToIds("low", new EncodeOptions { AddBos = true, AddEos = true }));
        foreach (string text in new[] { "lower", "éx🙂", " low  er ", "<s>low</s>", "\n" }) Assert.Equal(text, tokenizer.Decode(tokenizer.EncodeToIds(text)));
        Assert.Equal(("▁low", -3f), (tokenizer.Pieces[267].Text, tokenizer.Pieces[267].Score));
    }

    [Fact]
    public void The_dummy_prefix_goes_away_once_and_stays_when_the_text_continues()
    {
        var tokenizer = TokenizerSamples.SentencePiece();
        Assert.Equal("<s>low low", tokenizer.Decode([1, 267, 267]));
        Assert.Equal("low low", tokenizer.Decode([1, 267, 267], skipSpecialTokens: true));
        Assert.Equal(" low", tokenizer.StartDecoding(continuing: true).Append(267));
        var decoder = tokenizer.StartDecoding();
        Assert.Equal("low low", decoder.Append(267) + decoder.Append(267) + decoder.Flush());
    }

    [Fact]
    public void Special_strings_are_read_only_when_asked_and_each_run_of_text_has_its_own_prefix()
    {
        var tokenizer = TokenizerSamples.SentencePiece(new AddedToken(271, "<CLS>"), new AddedToken(272, "<image>", Special: false));
        Assert.Equal([267, 271, 267, 2], tokenizer.EncodeToIds("low<CLS>low</s>", new EncodeOptions { ParseSpecialTokens = true }));
        Assert.DoesNotContain(271, tokenizer.EncodeToIds("low<CLS>low"));
        Assert.Equal([267, 272, 267], tokenizer.EncodeToIds("low<image>low"));
        Assert.Equal(273, tokenizer.VocabularySize);
    }

    [Fact]
    public void Without_dummy_prefix_and_with_white_space_removed_the_settings_of_the_file_hold()
    {
        var tokenizer = SentencePieceBpe.ParseModel(
            TokenizerSamples.SentencePieceModel(TokenizerSamples.Pieces, trainer: [(3, 2), (41, ulong.MaxValue), (42, 1)], normalizer: [(3, 0), (4, 1)]), "m", new TokenizerSettings());
        Assert.Equal([266, 267], tokenizer.EncodeToIds("  low   low "));
        Assert.Equal([], tokenizer.EncodeToIds("   "));
        Assert.Equal(" low", tokenizer.Decode([267]));
        Assert.Equal((null, 1), (tokenizer.BosId, tokenizer.EosId));
    }

    [Fact]
    public void Ids_are_those_of_the_definition_for_random_vocabularies()
    {
        // few characters and few scores: equal scores, pieces across spaces and pieces of characters that are no pieces are all common
        string[] characters = ["a", "b", "é", "🙂", "▁"];
        var random = new RandomKey(11, 0, 0);
        ulong drawn = 0;
        int Below(int n) => random.Below(drawn++, n);
        string Draw(int longest) => string.Concat(Enumerable.Range(0, 1 + Below(longest)).Select(_ => characters[Below(characters.Length)]));
        for (int number = 0; number < 150; number++)
        {
            var pieces = new Dictionary<string, float> { ["▁"] = -Below(5) };
            for (int i = Below(25); i > 0; i--) pieces[Draw(4)] = -Below(5);
            // half of them without a space inside, so that both ways of splitting are tested
            if (number % 2 == 0) foreach (string across in pieces.Keys.Where(p => p.TrimStart('▁').Contains('▁', StringComparison.Ordinal)).ToList()) pieces.Remove(across);
            var tokenizer = SentencePieceBpe.ParseModel(TokenizerSamples.SentencePieceModel(pieces.Select(p => (p.Key, p.Value))), "m", new TokenizerSettings());
            List<string> order = [.. pieces.Keys];
            for (int t = 0; t < 12; t++)
            {
                string text = Draw(t < 10 ? 30 : 150).Replace('▁', ' ');
                Assert.Equal(ByDefinition(text, pieces, order), tokenizer.EncodeToIds(text));
                Assert.Equal(text, tokenizer.Decode(tokenizer.EncodeToIds(text)));
            }
        }
    }

    // Characters; as long as two neighbours together are a piece, those of the highest score, the leftmost of equals.
    private static List<int> ByDefinition(string text, Dictionary<string, float> pieces, List<string> order)
    {
        List<string> symbols = [.. ("▁" + text.Replace(' ', '▁')).EnumerateRunes().Select(r => r.ToString())];
        while (true)
        {
            var candidates = Enumerable.Range(0, symbols.Count - 1).Where(i => pieces.ContainsKey(symbols[i] + symbols[i + 1])).ToList();
            if (candidates.Count == 0) break;
            int at = candidates.MinBy(i => (-pieces[symbols[i] + symbols[i + 1]], i));
            symbols[at] += symbols[at + 1];
            symbols.RemoveAt(at + 1);
        }
        return [.. symbols.SelectMany(s => pieces.ContainsKey(s) ? [FirstPiece + order.IndexOf(s)] : Encoding.UTF8.GetBytes(s).Select(b => 3 + b))];
    }

    [Fact]
    public void The_llama2c_layout_gives_the_same_ids()
    {
        var tokenizer = SentencePieceBpe.ParseLlama2C(TokenizerSamples.Llama2C(TokenizerSamples.Pieces), "t.bin");
        var model = TokenizerSamples.SentencePiece();
        foreach (string text in new[] { "lower", "éx🙂", " low  er ", "", "low low" })
        {
            Assert.Equal(model.EncodeToIds(text), tokenizer.EncodeToIds(text));
            Assert.Equal(text, tokenizer.Decode(tokenizer.EncodeToIds(text)));
        }
        Assert.Equal((1, 2), (tokenizer.BosId, tokenizer.EosId));
        Assert.Equal(model.VocabularyHash(), tokenizer.VocabularyHash());
    }

    public static TheoryData<byte[], string> Faults
    {
        get
        {
            byte[] Model(string text, float score = 0, SentencePieceType type = SentencePieceType.Normal) =>
                TokenizerSamples.SentencePieceModel(TokenizerSamples.Pieces.Append((text, score)).Skip(type == SentencePieceType.Normal ? 0 : TokenizerSamples.Pieces.Length), type: type);
            var charsmap = new List<byte>(TokenizerSamples.SentencePieceModel(TokenizerSamples.Pieces));
            TokenizerSamples.AddBytes(charsmap, 3, [0x12, 1, 7]);
            var noTrainer = new List<byte>();
            TokenizerSamples.AddBytes(noTrainer, 1, [0x0A, 1, (byte)'a']);
            byte[] whole = TokenizerSamples.SentencePieceModel(TokenizerSamples.Pieces);
            return new()
            {
                { Model("low"), "piece 271: has the text of an earlier piece" + Advice },
                { Model("z", float.NaN), "piece 271: must have a finite score" + Advice },
                { Model(new string('z', 257)), "piece 271: must have 1 to 256 bytes of text, got 257" + Advice },
                { Model("z", 0, SentencePieceType.UserDefined), "piece 259: must be normal, unknown, control or byte, got a user-defined piece" + Unsupported },
                { Model("z", 0, SentencePieceType.Unused), "piece 259: must be normal, unknown, control or byte, got an unused piece" + Unsupported },
                { Model("z", 0, (SentencePieceType)9), "piece 259: has the unknown type 9" + Advice },
                { Model("<0x41>", 0, SentencePieceType.Byte), "piece 259: is a byte that an earlier piece has" + Advice },
                { Model("<65>", 0, SentencePieceType.Byte), "piece 259: must be written <0xHH>, got '<65>'" + Advice },
                { TokenizerSamples.SentencePieceModel([("a", 0)]), "pieces: must have one for the space" + Advice },
                { TokenizerSamples.SentencePieceModel(TokenizerSamples.Pieces, trainer: [(3, 1)]), "trainer_spec.model_type: must be 2 (BPE), got 1" + Unsupported },
                { TokenizerSamples.SentencePieceModel(TokenizerSamples.Pieces, trainer: [(3, 2), (24, 1)]), "trainer_spec.treat_whitespace_as_suffix: must be false, got true" + Unsupported },
                { TokenizerSamples.SentencePieceModel(TokenizerSamples.Pieces, normalizer: [(5, 0)]), "normalizer_spec.escape_whitespaces: must be true, got false" + Unsupported },
                { [.. charsmap], "normalizer_spec.precompiled_charsmap: must be empty (the identity), got a map" + Unsupported },
                { [.. noTrainer], "trainer_spec: is missing" + Advice },
                { whole[..16], "model: needs 7 bytes at byte 13, but 3 are left" + Advice },
                { [0x0A, 0xFF], "model: ends inside a number" + Advice },
                { [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], "model: has a number of more than ten bytes" + Advice },
                { [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], "model: needs 18446744073709551615 bytes at byte 11, but 0 are left" + Advice },
                { [0x08, 1], "model: must have bytes at byte 1, got wire type 0" + Advice },
                { [0x00, 1], "model: has a field number outside 1 to 2^29 - 1" + Advice },
                { [0x23], "model: has wire type 3, which is not used" + Advice },
                { [0x0A, 2, 0x18, 1], "piece 0: has no text" + Advice },
                { [0x0A, 3, 0x0A, 1, 0xFF], "piece 0: is not valid UTF-8" + Advice },
                { [0x0A, 3, 0x12, 1, 0], "piece 0: must have a 32-bit number at byte 1, got wire type 2" + Advice },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_fault_in_the_model_is_named(byte[] file, string message) => Assert.Equal($"tokenizer.model: {message}",
        Assert.Throws<CheckpointFormatException>(() => SentencePieceBpe.ParseModel(file, "tokenizer.model", new TokenizerSettings())).Message);

    [Fact]
    public void A_model_without_byte_pieces_and_an_added_token_on_a_taken_id_are_refused()
    {
        byte[] model = [0x0A, 5, 0x0A, 3, 0xE2, 0x96, 0x81, 0x12, 2, 0x18, 2];
        Assert.Equal("m: pieces: must have a piece for every byte (byte fallback), but have none for 0x00" + Advice,
            Assert.Throws<CheckpointFormatException>(() => SentencePieceBpe.ParseModel(model, "m", new TokenizerSettings())).Message);
        Assert.Equal("tokenizer.model: added tokens: '<CLS>' has id 267, which is another piece" + Advice,
            Assert.Throws<CheckpointFormatException>(() => TokenizerSamples.SentencePiece(new AddedToken(267, "<CLS>"))).Message);
        Assert.Equal("added tokens: added tokens: has id 1 for '<CLS>', which belongs to '<s>'" + Advice,
            Assert.Throws<CheckpointFormatException>(() => TokenizerSamples.SentencePiece(new AddedToken(1, "<CLS>"))).Message);
        Assert.Equal("added tokens: added tokens: must have an id from 0 to 1048575, got 1048576" + Advice,
            Assert.Throws<CheckpointFormatException>(() => TokenizerSamples.SentencePiece(new AddedToken(1 << 20, "<CLS>"))).Message);
    }

    [Theory]
    [InlineData(new byte[] { 7, 0 }, "longest piece: is cut short")]
    [InlineData(new byte[] { 0, 0, 0, 0 }, "longest piece: must have 1 to 256 bytes, got 0")]
    [InlineData(new byte[] { 7, 0, 0, 0, 1, 2 }, "piece 0: is cut short")]
    [InlineData(new byte[] { 7, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 127, 65 }, "piece 0: must have 1 to 1 bytes, got 2147483647")]
    [InlineData(new byte[] { 7, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 65 }, "piece 0: must have 1 to 1 bytes, got -1")]
    [InlineData(new byte[] { 7, 0, 0, 0, 0, 0, 192, 127, 1, 0, 0, 0, 65 }, "piece 0: must have a finite score")]
    [InlineData(new byte[] { 7, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 65 }, "pieces: must have a piece for every byte (byte fallback), but have none for 0x00")]
    public void A_fault_in_the_llama2c_layout_is_named(byte[] file, string message) => Assert.Equal($"t.bin: {message}{Advice}",
        Assert.Throws<CheckpointFormatException>(() => SentencePieceBpe.ParseLlama2C(file, "t.bin")).Message);
}
