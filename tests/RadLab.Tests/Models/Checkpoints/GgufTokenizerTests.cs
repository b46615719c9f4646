using System.Text.Json.Nodes;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class GgufTokenizerTests
{
    private static LlamaConfig Config(int vocabulary, params int[] eos) => TinyLlama.Config with { VocabularySize = vocabulary, EosTokenIds = eos };

    private static Dictionary<string, object> Metadata(GgufTokenizer tokenizer) => tokenizer.Metadata().ToDictionary();

    [Fact]
    public void SentencePiece_keeps_texts_scores_and_types_and_fills_up_to_the_embedding()
    {
        // 271 pieces, one token added behind them, and two rows more in the model
        var made = Metadata(GgufTokenizer.Of(TokenizerSamples.SentencePiece(new AddedToken(271, "<CLS>")), Config(274, 2) with { PadTokenId = 273 }));
        var tokens = (string[])made["tokenizer.ggml.tokens"];
        var types = (int[])made["tokenizer.ggml.token_type"];
        var scores = (float[])made["tokenizer.ggml.scores"];
        Assert.Equal("llama", made["tokenizer.ggml.model"]);
        Assert.Equal(["<unk>", "<s>", "</s>", "<0x00>", "<0x01>"], tokens[..5]);
        Assert.Equal([2, 3, 3, 6, 6], types[..5]);
        Assert.Equal([.. TokenizerSamples.Pieces.Select(p => p.Text), "<CLS>", "[PAD272]", "[PAD273]"], tokens[259..]);
        Assert.Equal([.. TokenizerSamples.Pieces.Select(_ => 1), 3, 5, 5], types[259..]);
        Assert.Equal(TokenizerSamples.Pieces.Select(p => p.Score), scores[259..271]);
        Assert.Equal((1u, 2u, 0u, 273u), (made["tokenizer.ggml.bos_token_id"], made["tokenizer.ggml.eos_token_id"], made["tokenizer.ggml.unknown_token_id"], made["tokenizer.ggml.padding_token_id"]));
        Assert.Equal((true, false, true), (made["tokenizer.ggml.add_bos_token"], made["tokenizer.ggml.add_eos_token"], made["tokenizer.ggml.add_space_prefix"]));
        Assert.DoesNotContain("tokenizer.ggml.eot_token_id", made.Keys);
        Assert.DoesNotContain("tokenizer.ggml.merges", made.Keys);
        Assert.DoesNotContain("tokenizer.chat_template", made.Keys);
    }

    [Fact]
    public void The_pieces_of_llama2c_get_the_sign_for_a_space()
    {
        var tokenizer = SentencePieceBpe.ParseLlama2C(TokenizerSamples.Llama2C(TokenizerSamples.Pieces), "tok.bin");
        var made = GgufTokenizer.Of(tokenizer, Config(271, 1, 2));
        Assert.Equal(TokenizerSamples.Pieces.Select(p => p.Text), made.Tokens.Skip(259));
        Assert.Equal(["<unk>", "<s>", "</s>"], made.Tokens.Take(3));
        Assert.Equal((1u, 2u, 1u), (made.BosTokenId!.Value, made.EosTokenId!.Value, made.EotTokenId!.Value));   // both of the model's ends
    }

    // What the file says is enough to make the same tokenizer again.
    [Fact]
    public void The_scores_and_texts_of_the_file_give_the_same_ids()
    {
        var tokenizer = SentencePieceBpe.ParseLlama2C(TokenizerSamples.Llama2C(TokenizerSamples.Pieces), "tok.bin");
        var made = GgufTokenizer.Of(tokenizer, Config(271, 2));
        var again = SentencePieceBpe.ParseModel(TokenizerSamples.SentencePieceModel(made.Tokens.Zip(made.Scores!).Skip(259)), "again", new TokenizerSettings());
        foreach (string text in (string[])["low lower", "  é lobe", "\U0001F642 x"]) Assert.Equal(tokenizer.EncodeToIds(text), again.EncodeToIds(text));

        var saved = SentencePieceBpe.ParseModel(tokenizer.ToModel(), "saved", new TokenizerSettings());
        Assert.Equal(tokenizer.VocabularyHash(), saved.VocabularyHash());
        Assert.Equal((tokenizer.BosId, tokenizer.EosId, tokenizer.AddsDummyPrefix, tokenizer.RemovesExtraSpaces), (saved.BosId, saved.EosId, saved.AddsDummyPrefix, saved.RemovesExtraSpaces));
        Assert.Equal(tokenizer.Pieces.Select(p => (p.Score, p.Type)), saved.Pieces.Select(p => (p.Score, p.Type)));
        foreach (string text in (string[])["low lower", "  é lobe", "\U0001F642 x"]) Assert.Equal(tokenizer.EncodeToIds(text), saved.EncodeToIds(text));
    }

    [Theory, InlineData(true, "llama-bpe"), InlineData(false, "smaug-bpe")]
    public void Byte_level_tokens_are_written_in_the_alphabet_with_their_merges(bool ignoreMerges, string split)
    {
        var tokenizer = TokenizerSamples.Parse(TokenizerSamples.Tokenizer(["l o", "lo w", "Ġ low", "e r", "l o"], ignoreMerges: ignoreMerges));
        var made = Metadata(GgufTokenizer.Of(tokenizer, Config(304, 301)));
        var tokens = (string[])made["tokenizer.ggml.tokens"];
        var types = (int[])made["tokenizer.ggml.token_type"];
        Assert.Equal(("gpt2", split), ((string)made["tokenizer.ggml.model"], (string)made["tokenizer.ggml.pre"]));
        for (int b = 0; b < 256; b++) Assert.Equal((TokenizerSamples.Character(b), 1), (tokens[b], types[b]));
        Assert.Equal(["lo", "low", "Ġlow", "er", "[PAD260]"], tokens[256..261]);
        Assert.Equal(["<|begin_of_text|>", "<|end_of_text|>", "<scan>", "[PAD303]"], tokens[300..]);
        Assert.Equal([3, 3, 4, 5], types[300..]);
        Assert.Equal(5, types[260]);
        Assert.Equal(["lo w", "Ġ low", "e r", "l o"], (string[])made["tokenizer.ggml.merges"]);   // of two equal ones the last counts
        Assert.Equal((300u, 301u), (made["tokenizer.ggml.bos_token_id"], made["tokenizer.ggml.eos_token_id"]));
        Assert.DoesNotContain("tokenizer.ggml.scores", made.Keys);

        // made anew from the file's metadata
        var vocabulary = new JsonObject();
        for (int id = 0; id < 260; id++) vocabulary[tokens[id]] = id;
        var json = TokenizerSamples.Tokenizer((string[])made["tokenizer.ggml.merges"], ignoreMerges: split == "llama-bpe");
        json["model"]!["vocab"] = vocabulary;
        var again = TokenizerSamples.Parse(json);
        foreach (string text in (string[])["low lower slow", "Lo lo low er", "\n\u00E9\t"]) Assert.Equal(tokenizer.EncodeToIds(text), again.EncodeToIds(text));
    }

    [Fact]
    public void Of_several_ends_the_tokenizers_own_comes_first_and_the_turns_second()
    {
        var tokenizer = ByteLevelBpe.ParseMetaModel(System.Text.Encoding.UTF8.GetBytes(TokenizerSamples.MetaModel()), "m", Llama3Release.Llama31, new TokenizerSettings());
        int end = tokenizer.IdOf("<|end_of_text|>")!.Value, turn = tokenizer.IdOf("<|eot_id|>")!.Value, message = tokenizer.IdOf("<|eom_id|>")!.Value;
        var made = GgufTokenizer.Of(tokenizer, Config(512, message, turn, end));
        Assert.Equal(((uint)end, (uint)turn), (made.EosTokenId!.Value, made.EotTokenId!.Value));
        made = GgufTokenizer.Of(tokenizer, Config(512, turn));   // the model ends with another token than the tokenizer says
        Assert.Equal(((uint)turn, (uint?)null), (made.EosTokenId!.Value, made.EotTokenId));
    }

    [Fact]
    public void A_tokenizer_that_does_not_fit_is_refused()
    {
        var tokenizer = TokenizerSamples.SentencePiece();
        Assert.Equal("GgufTokenizer: the tokenizer must have at most as many tokens as the model's 270 embeddings, got 271; check that they belong together.",
            Assert.Throws<ArgumentException>(() => GgufTokenizer.Of(tokenizer, Config(270, 2))).Message);
        var twice = GgufTokenizer.Of(tokenizer, Config(271, 2)) with { Tokens = [.. Enumerable.Repeat("a", 271)] };
        Assert.Equal("GgufTokenizer: llama.cpp takes no token twice, but 'a' has the ids 0 and 1.", Assert.Throws<ArgumentException>(() => twice.Metadata().Count()).Message);
    }

    [Fact]
    public void The_chat_template_comes_from_its_file_or_from_the_config()
    {
        using var folder = new TemporaryModelFolder();
        Assert.Null(ChatTemplateFile.Read(folder.Path));
        folder.Write("tokenizer_config.json", """{"chat_template":[{"name":"tool_use","template":"no"},{"name":"default","template":"{{ y }}"}]}""");
        Assert.Equal("{{ y }}", ChatTemplateFile.Read(folder.Path));
        folder.Write("tokenizer_config.json", """{"chat_template":"{{ é }}"}""");
        Assert.Equal("{{ é }}", ChatTemplateFile.Read(folder.Path));
        folder.Write("chat_template.jinja", "{{ z }}\n");
        Assert.Equal("{{ z }}\n", ChatTemplateFile.Read(folder.Path));
        folder.Write("chat_template.jinja", new string('a', (1 << 20) + 1));
        Assert.Contains("chat_template: must have at most 1048576 bytes", Assert.Throws<CheckpointFormatException>(() => ChatTemplateFile.Read(folder.Path)).Message, StringComparison.Ordinal);
        folder.Write("chat_template.jinja", [0xFF]);
        Assert.Contains("text: is not valid UTF-8", Assert.Throws<CheckpointFormatException>(() => ChatTemplateFile.Read(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_folder_is_exported_with_its_tokenizer_unless_told_otherwise()
    {
        using var folder = new TemporaryModelFolder();
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        using (var model = LlamaModel.Random(engine, Config(304, 301), 1)) model.Save(folder.File("m"));
        folder.Write("m/tokenizer.json", TokenizerSamples.Utf8(TokenizerSamples.Tokenizer()));
        folder.Write("m/tokenizer_config.json", """{"chat_template":"{{ c }}"}""");
        var options = new ConversionOptions { Target = ConversionTarget.GgufF16 };
        Assert.Empty(ModelConversion.Convert(engine, folder.File("m"), folder.File("a.gguf"), options).Notes);
        Assert.Single(ModelConversion.Convert(engine, folder.File("m"), folder.File("b.gguf"), options with { WithoutTokenizer = true }).Notes);
        using GgufReader a = GgufReader.Open(folder.File("a.gguf")), b = GgufReader.Open(folder.File("b.gguf"));
        Assert.Equal(304, ((string[])a.Metadata["tokenizer.ggml.tokens"]).Length);
        Assert.Equal("{{ c }}", a.Metadata["tokenizer.chat_template"]);
        Assert.Equal("none", b.Metadata["tokenizer.ggml.model"]);
        folder.Write("m/tokenizer.json", "{");
        Assert.Throws<CheckpointFormatException>(() => ModelConversion.Convert(engine, folder.File("m"), folder.File("c.gguf"), options));
        Assert.False(File.Exists(folder.File("c.gguf")));
    }
}
