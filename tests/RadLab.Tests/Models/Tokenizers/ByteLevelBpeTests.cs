using System.Text;
using System.Text.Json.Nodes;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class ByteLevelBpeTests
{
    private const string Advice = "; the file is damaged, cut short or of another kind: copy or download it again.";
    private const string Unsupported = "; this kind of tokenizer is not supported: use that of a Llama model.";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Merges_in_either_form_apply_in_their_order(bool pairs)
    {
        var tokenizer = TokenizerSamples.Parse(TokenizerSamples.Tokenizer(pairs: pairs));
        // 256 lo, 257 low, 258 " low", 259 er, 260 ne, 261 new, 262 " new", 263 id
        Assert.Equal([258, 259], tokenizer.EncodeToIds(" lower"));
        Assert.Equal([257, 259, 262, 259], tokenizer.EncodeToIds("lower newer"));
        Assert.Equal(['w', 263, 'e'], tokenizer.EncodeToIds("wide"));
        Assert.Equal([0xC3, 0xA9, 264], tokenizer.EncodeToIds("é  "));
        Assert.Equal("é lower", tokenizer.Decode([0xC3, 0xA9, 258, 259]));
        Assert.Equal(303, tokenizer.VocabularySize);
        Assert.Equal(9, tokenizer.Merges.Count);
        Assert.Equal((('l', 'o'), (256, 'w')), (tokenizer.Merges[0], tokenizer.Merges[1]));
    }

    [Fact]
    public void A_piece_that_is_a_token_is_taken_whole_only_if_the_file_says_so()
    {
        Assert.Equal([256, 's', 't'], TokenizerSamples.Parse(TokenizerSamples.Tokenizer(words: "lost")).EncodeToIds("lost"));
        Assert.Equal([265], TokenizerSamples.Parse(TokenizerSamples.Tokenizer(ignoreMerges: true, words: "lost")).EncodeToIds("lost"));
    }

    [Fact]
    public void Added_tokens_that_are_not_special_are_always_read_and_may_swallow_white_space()
    {
        var tokenizer = TokenizerSamples.Parse(TokenizerSamples.Tokenizer());
        Assert.Equal([256, 302, 256], tokenizer.EncodeToIds("lo \n<scan>\u2003lo"));
        Assert.Equal("<|begin_of_text|>".Length, tokenizer.CountTokens("<|begin_of_text|>"));
        var options = new EncodeOptions { AddBos = true, AddEos = true, ParseSpecialTokens = true };
        Assert.Equal([300, 300, 302, 302, 301, 301], tokenizer.EncodeToIds("<|begin_of_text|> <scan><scan><|end_of_text|>", options));
        Assert.Equal([300, 301], tokenizer.EncodeToIds("", options));
        Assert.Equal("<|begin_of_text|>lo", tokenizer.Decode([300, 256]));
        Assert.Equal((300, 257, null), (tokenizer.IdOf("<|begin_of_text|>"), tokenizer.IdOf("low"), tokenizer.IdOf("lowest")));
    }

    [Fact]
    public void A_single_word_token_needs_free_sides_and_the_longest_of_several_wins()
    {
        var json = TokenizerSamples.Tokenizer();
        json["added_tokens"] = new JsonArray(
            new JsonObject { ["id"] = 300, ["content"] = "lung", ["single_word"] = true },
            new JsonObject { ["id"] = 301, ["content"] = "left" },
            new JsonObject { ["id"] = 302, ["content"] = "left upper" });
        var tokenizer = TokenizerSamples.Parse(json);
        Assert.Equal([300, '-', 300], tokenizer.EncodeToIds("lung-lung"));
        Assert.DoesNotContain(300, tokenizer.EncodeToIds("lungs _lung 1lung"));
        Assert.Equal([302, ' ', 301], tokenizer.EncodeToIds("left upper left"));
        Assert.Equal((null, null), (tokenizer.BosId, tokenizer.EosId));
    }

    [Fact]
    public void Half_a_surrogate_pair_becomes_the_replacement_character()
    {
        var tokenizer = TokenizerSamples.Parse(TokenizerSamples.Tokenizer());
        Assert.Equal("a\uFFFDb", tokenizer.Decode(tokenizer.EncodeToIds("a\uD83Db")));
    }

    [Fact]
    public void A_warm_call_allocates_nothing()
    {
        var tokenizer = TokenizerSamples.Parse(TokenizerSamples.Tokenizer());
        string text = string.Concat(Enumerable.Repeat("A lower, newer opacity é 🙂 of 12345 mm in a word-without-any-space-for-forty-characters.\n", 50));
        var ids = new List<int>();
        int count = 0;
        for (int i = 0; i < 3; i++) Encode();
        Assert.Equal(0, Allocations.Least(Encode));
        Assert.Equal(ids.Count, count);
        Assert.Equal(text, tokenizer.Decode([.. ids]));

        void Encode()
        {
            ids.Clear();
            tokenizer.EncodeToIds(text, ids);
            count = tokenizer.CountTokens(text);
        }
    }

    [Fact]
    public void Several_threads_may_encode_at_once()
    {
        var tokenizer = TokenizerSamples.Parse(TokenizerSamples.Tokenizer());
        string[] texts = [.. Enumerable.Range(0, 200).Select(i => $"lower {i} newer {i * i} widest")];
        var expected = texts.Select(t => tokenizer.EncodeToIds(t)).ToArray();
        var got = new int[texts.Length][];
        Parallel.For(0, texts.Length, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i => got[i] = tokenizer.EncodeToIds(texts[i]));
        Assert.Equal(expected, got);
    }

    public static TheoryData<string, string, string> Faults => new()
    {
        { "normalizer", """{"type":"NFC"}""", "tokenizer.json: normalizer: must be null, got an object" + Unsupported },
        { "pre_tokenizer", """null""", "tokenizer.json: pre_tokenizer: must be Llama-3's Split and ByteLevel, got nothing" + Unsupported },
        { "pre_tokenizer/pretokenizers/0/pattern/Regex", "\"\\\\s+\"", @"tokenizer.json: pre_tokenizer[0].pattern: must be the regular expression of Llama 3, got '\s+'" + Unsupported },
        { "pre_tokenizer/pretokenizers/0/behavior", "\"Removed\"", "tokenizer.json: pre_tokenizer[0].behavior: must be Isolated, not inverted, got something else" + Unsupported },
        { "pre_tokenizer/pretokenizers/1/use_regex", "true", "tokenizer.json: pre_tokenizer[1]: must be ByteLevel with add_prefix_space and use_regex false, got something else" + Unsupported },
        { "decoder/type", "\"Fuse\"", "tokenizer.json: decoder.type: must be ByteLevel, got 'Fuse'" + Unsupported },
        { "model/type", "\"Unigram\"", "tokenizer.json: model.type: must be BPE, got 'Unigram'" + Unsupported },
        { "model/byte_fallback", "true", "tokenizer.json: model.byte_fallback: must be false (a SentencePiece model: load its tokenizer.model instead), got true" + Unsupported },
        { "model/dropout", "0.1", "tokenizer.json: model.dropout: must be null, got '0.1'" + Unsupported },
        { "model/end_of_word_suffix", "\"</w>\"", "tokenizer.json: model.end_of_word_suffix: must be null, got '\"</w>\"'" + Unsupported },
        { "model/ignore_merges", "1", "tokenizer.json: model.ignore_merges: must be true or false, got '1'" + Advice },
        { "model/merges", "null", "tokenizer.json: model.merges: is missing" + Advice },
        { "model/merges/1", "\"lo x\"", "tokenizer.json: model.merges[1]: names 'lox', which is not in the vocabulary" + Advice },
        { "model/merges/1", "\"zz w\"", "tokenizer.json: model.merges[1]: names 'zz', which is not in the vocabulary" + Advice },
        { "model/merges/1", "\"low\"", "tokenizer.json: model.merges[1]: must be two tokens with a space between them, got 'low'" + Advice },
        { "model/merges/1", "[\"\",\"low\"]", "tokenizer.json: model.merges[1]: must not have an empty part" + Advice },
        { "model/merges/1", "[\"l\",\"o\",\"w\"]", "tokenizer.json: model.merges: must be a string, got a list" + Advice },
        { "model/vocab/lo", "257", "tokenizer.json: model.vocab.'low': has id 257, which another token has" + Advice },
        { "model/vocab/lo", "9999999", "tokenizer.json: model.vocab.'lo': must be an id from 0 to 1048575, got '9999999'" + Advice },
        { "model/vocab/lo", "-1", "tokenizer.json: model.vocab.'lo': must be an id from 0 to 1048575, got '-1'" + Advice },
        { "model/vocab/lo", "301", "tokenizer.json: model.vocab.'lo': has id 301, which belongs to the added token '<|end_of_text|>'" + Advice },
        { "model/vocab/中", "400", "tokenizer.json: model.vocab.'中': has a character outside the byte alphabet" + Advice },
        { "model/vocab/A", "remove", "tokenizer.json: vocabulary: must have a token for every byte, but has none for 0x41" + Advice },
        { "added_tokens/1/id", "300", "tokenizer.json: added_tokens[1]: has id 300 for '<|end_of_text|>', which belongs to '<|begin_of_text|>'" + Advice },
        { "added_tokens/1/content", "\"<|begin_of_text|>\"", "tokenizer.json: added_tokens[1]: has ids 300 and 301 for '<|begin_of_text|>'" + Advice },
        { "added_tokens/1/content", "\"\"", "tokenizer.json: added_tokens[1]: must have 1 to 1024 bytes of text, got 0" + Advice },
        { "added_tokens/1/content", "7", "tokenizer.json: added_tokens[1].content: must be a string, got '7'" + Advice },
        { "model", "[]", "tokenizer.json: model: must be an object, got a list" + Advice },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_fault_in_the_file_is_named(string path, string value, string message)
    {
        var json = TokenizerSamples.Tokenizer();
        string[] steps = path.Split('/');
        JsonNode at = json;
        foreach (string step in steps[..^1]) at = at is JsonArray list ? list[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)]! : at[step]!;
        if (value == "remove") at.AsObject().Remove(steps[^1]);
        else if (at is JsonArray array) array[int.Parse(steps[^1], System.Globalization.CultureInfo.InvariantCulture)] = JsonNode.Parse(value);
        else at[steps[^1]] = JsonNode.Parse(value);
        var error = Assert.Throws<CheckpointFormatException>(() => TokenizerSamples.Parse(json));
        Assert.Equal(message, error.Message);
    }

    [Theory]
    [InlineData("{", "tokenizer.json: text: is not valid JSON near line 1, byte 1, or is nested deeper than 32" + Advice)]
    [InlineData("{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "tokenizer.json: text: is not valid JSON near line 1, byte 36, or is nested deeper than 32" + Advice)]
    [InlineData("{\"model\":1,\"model\":2}", "tokenizer.json: tokenizer: has the key 'model' twice" + Advice)]
    [InlineData("{\"\\ud800\":1}", "tokenizer.json: tokenizer: has a key that is not valid Unicode" + Advice)]
    [InlineData("[]", "tokenizer.json: tokenizer: must be an object, got a list" + Advice)]
    public void Text_that_is_no_tokenizer_is_refused(string text, string message) =>
        Assert.Equal(message, Assert.Throws<CheckpointFormatException>(() => ByteLevelBpe.ParseTokenizerJson(Encoding.UTF8.GetBytes(text), TokenizerSamples.Json, new TokenizerSettings())).Message);

    [Fact]
    public void Bytes_that_are_no_utf8_are_refused() =>
        Assert.Equal("tokenizer.json: text: is not valid UTF-8" + Advice,
            Assert.Throws<CheckpointFormatException>(() => ByteLevelBpe.ParseTokenizerJson(new byte[] { (byte)'"', 0xFF, (byte)'"' }, TokenizerSamples.Json, new TokenizerSettings())).Message);

    [Fact]
    public void Metas_file_merges_whatever_makes_a_token_with_the_lowest_rank_first()
    {
        var tokenizer = ByteLevelBpe.ParseMetaModel(Encoding.UTF8.GetBytes(TokenizerSamples.MetaModel("bc", "ab", "abc", " lo", "xyz")), "tokenizer.model", Llama3Release.Llama3, new TokenizerSettings());
        Assert.Equal([258], tokenizer.EncodeToIds("abc"));
        Assert.Equal(['z', 257, 256], tokenizer.EncodeToIds("zabbc"));
        Assert.Equal([260], tokenizer.EncodeToIds("xyz"));                       // whole, though no two parts of it are tokens
        Assert.Equal(['x', 'x', 'y', 'z'], tokenizer.EncodeToIds("xxyz"));
        Assert.Equal([('b', 'c'), ('a', 'b'), ('a', 256), (257, 'c')], tokenizer.Merges);
        Assert.Equal((261, 262, 261 + 9), (tokenizer.BosId, tokenizer.EosId, tokenizer.IdOf("<|eot_id|>")));
        Assert.Equal(261 + 256, tokenizer.VocabularySize);
    }

    [Theory]
    [InlineData("YWI= 256\nYWI= 257\n", "line 258: holds a token that an earlier line has")]
    [InlineData("YWI= 7\n", "line 257: has rank 7, which an earlier line has")]
    [InlineData("YWI= 300\n", "ranks: must be 0 to 256 for 257 tokens, got 300")]
    [InlineData("YWI=\n", "line 257: must be a base64 token, a space and its rank")]
    [InlineData("YWI 256\n", "line 257: must start with valid base64 of at most 256 bytes")]
    [InlineData("Y*== 256\n", "line 257: must start with valid base64 of at most 256 bytes")]
    [InlineData("YWI= +256\n", "line 257: must end in a rank from 0 to 1048319")]
    [InlineData("YWI= 256x\n", "line 257: must end in a rank from 0 to 1048319")]
    [InlineData("YWI= 99999999999\n", "line 257: must end in a rank from 0 to 1048319")]
    [InlineData(" 256\n", "line 257: must hold a token of 1 to 256 bytes, got 0")]
    public void A_fault_in_Metas_file_is_named(string line, string message) => Assert.Equal($"tokenizer.model: {message}{Advice}",
        Assert.Throws<CheckpointFormatException>(() => ByteLevelBpe.ParseMetaModel(Encoding.UTF8.GetBytes(TokenizerSamples.MetaModel() + line), "tokenizer.model", Llama3Release.Llama3, new TokenizerSettings())).Message);

    [Fact]
    public void Metas_file_without_a_byte_is_refused() => Assert.Equal("tokenizer.model: vocabulary: must have a token for every byte, but has none for 0x00" + Advice,
        Assert.Throws<CheckpointFormatException>(() => ByteLevelBpe.ParseMetaModel("IQ== 0\nIg== 1\n"u8, "tokenizer.model", Llama3Release.Llama3, new TokenizerSettings())).Message);

    [Fact]
    public void An_id_beyond_the_vocabulary_is_refused_by_name()
    {
        var tokenizer = TokenizerSamples.Parse(TokenizerSamples.Tokenizer());
        Assert.StartsWith("Tokenizer: id must be from 0 to 302, got 303; the model and the tokenizer may not belong together.", Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([303])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([-1]));
        Assert.Equal("", tokenizer.Decode([299]));   // a hole
    }

    [Fact]
    public void Adding_a_token_that_the_tokenizer_does_not_name_is_refused()
    {
        var json = TokenizerSamples.Tokenizer();
        json["added_tokens"] = null;
        var tokenizer = TokenizerSamples.Parse(json);
        Assert.Equal("Tokenizer.EncodeToIds: AddBos needs a begin-of-text token, but this tokenizer names none; its tokenizer_config.json must say which one it is.",
            Assert.Throws<InvalidOperationException>(() => tokenizer.EncodeToIds("x", new EncodeOptions { AddBos = true })).Message);
        Assert.Equal("Tokenizer.EncodeToIds: AddEos needs an end-of-text token, but this tokenizer names none; its tokenizer_config.json must say which one it is.",
            Assert.Throws<InvalidOperationException>(() => tokenizer.EncodeToIds("x", new EncodeOptions { AddEos = true })).Message);
        Assert.Equal(['x'], tokenizer.EncodeToIds("x"));
    }
}
