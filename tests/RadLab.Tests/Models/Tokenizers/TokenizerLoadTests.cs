using RadLab.Models;

namespace RadLab.Tests;

public sealed class TokenizerLoadTests
{
    [Fact]
    public void Every_format_is_recognised_by_its_content()
    {
        using var folder = new TemporaryModelFolder();
        Assert.IsType<ByteLevelBpe>(Tokenizer.Load(folder.Write("a", TokenizerSamples.Utf8(TokenizerSamples.Tokenizer()))));
        Assert.IsType<ByteLevelBpe>(Tokenizer.Load(folder.Write("b", TokenizerSamples.MetaModel("lo"))));
        Assert.IsType<SentencePieceBpe>(Tokenizer.Load(folder.Write("c", TokenizerSamples.SentencePieceModel(TokenizerSamples.Pieces))));
        Assert.IsType<SentencePieceBpe>(Tokenizer.Load(folder.Write("d.bin", TokenizerSamples.Llama2C(TokenizerSamples.Pieces))));
    }

    [Fact]
    public void In_a_folder_a_SentencePiece_model_goes_before_tokenizer_json_and_that_before_Metas_file()
    {
        using var folder = new TemporaryModelFolder();
        folder.Write("tokenizer.json", TokenizerSamples.Utf8(TokenizerSamples.Tokenizer()));
        folder.Write("tokenizer.model", TokenizerSamples.MetaModel("lo"));
        Assert.Equal(303, Tokenizer.Load(folder.Path).VocabularySize);
        folder.Write("tokenizer.model", TokenizerSamples.SentencePieceModel(TokenizerSamples.Pieces));
        Assert.IsType<SentencePieceBpe>(Tokenizer.Load(folder.Path));
        File.Delete(folder.File("tokenizer.json"));
        folder.Write("tokenizer.model", TokenizerSamples.MetaModel("lo"));
        Assert.Equal(513, Tokenizer.Load(folder.Path).VocabularySize);
    }

    [Fact]
    public void The_files_beside_it_name_the_ends_of_text_and_more_tokens()
    {
        using var folder = new TemporaryModelFolder();
        folder.Write("tokenizer.model", TokenizerSamples.SentencePieceModel(TokenizerSamples.Pieces));
        folder.Write("tokenizer_config.json", """
            {"bos_token": {"content": "<s>", "lstrip": false}, "eos_token": "<end>", "pad_token": null, "chat_template": "{{ x }}",
             "added_tokens_decoder": {"1": {"content": "<s>", "special": true}, "271": {"content": "<end>", "special": true}, "272": {"content": "<image>", "special": false}}}
            """);
        folder.Write("added_tokens.json", """{"<end>": 271, "<PAD>": 280}""");
        var tokenizer = Tokenizer.Load(folder.Path);
        Assert.Equal((1, 271, 281), (tokenizer.BosId, tokenizer.EosId, tokenizer.VocabularySize));
        Assert.Equal([0, 1, 2, 271, 280], tokenizer.SpecialTokens.Values.Order());
        Assert.Equal([272], tokenizer.EncodeToIds("<image>"));
    }

    [Fact]
    public void Metas_file_with_a_config_of_Llama_3_1_has_its_names()
    {
        using var folder = new TemporaryModelFolder();
        folder.Write("tokenizer.model", TokenizerSamples.MetaModel());
        folder.Write("tokenizer_config.json", """{"eos_token": "<|eot_id|>", "added_tokens_decoder": {"266": {"content": "<|python_tag|>", "special": true}}}""");
        var tokenizer = Tokenizer.Load(folder.Path);
        Assert.Equal((256, 265, 264), (tokenizer.BosId, tokenizer.EosId, tokenizer.IdOf("<|eom_id|>")));
    }

    [Theory]
    [InlineData("""{"bos_token": 3}""", "tokenizer_config.json: bos_token: must be a string, got '3'")]
    [InlineData("""{"bos_token": {}}""", "tokenizer_config.json: bos_token: must have content")]
    [InlineData("""{"added_tokens_decoder": {"x": {"content": "y"}}}""", "tokenizer_config.json: added_tokens_decoder: must have ids as keys, got 'x'")]
    [InlineData("""{"added_tokens_decoder": {"5": {}}}""", "tokenizer_config.json: added_tokens_decoder.'5'.content: must be a string, got nothing")]
    [InlineData("""{"added_tokens_decoder": {"5": {"content": "y", "special": 1}}}""", "tokenizer_config.json: added_tokens_decoder.'5'.special: must be true or false, got '1'")]
    [InlineData("""{"added_tokens_decoder": {"99999999": {"content": "y"}}}""", "tokenizer_config.json: added tokens: must have an id from 0 to 1048575, got 99999999")]
    public void A_fault_in_the_config_is_named(string config, string message)
    {
        using var folder = new TemporaryModelFolder();
        folder.Write("tokenizer.json", TokenizerSamples.Utf8(TokenizerSamples.Tokenizer()));
        folder.Write("tokenizer_config.json", config);
        var error = Assert.Throws<CheckpointFormatException>(() => Tokenizer.Load(folder.Path));
        Assert.Equal(Path.Combine(folder.Path, message + "; the file is damaged, cut short or of another kind: copy or download it again."), error.Message);
    }

    [Fact]
    public void A_place_without_a_tokenizer_is_named()
    {
        using var folder = new TemporaryModelFolder();
        Assert.Equal($"Tokenizer.Load: {folder.Path} must hold tokenizer.json or tokenizer.model, but has neither; name the file itself if it lies elsewhere.",
            Assert.Throws<FileNotFoundException>(() => Tokenizer.Load(folder.Path)).Message);
        Assert.Equal($"Tokenizer.Load: {folder.File("x")} does not exist.", Assert.Throws<FileNotFoundException>(() => Tokenizer.Load(folder.File("x"))).Message);
    }

    [Fact]
    public void A_file_beyond_the_limit_is_refused_before_it_is_read()
    {
        using var folder = new TemporaryModelFolder();
        using (var stream = File.Create(folder.File("tokenizer.json"))) stream.SetLength((64L << 20) + 1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<CheckpointFormatException>(() => Tokenizer.Load(folder.File("tokenizer.json")));
        Assert.Contains("length: must be at most 67108864 bytes, got 67108865", error.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void The_hash_tells_vocabularies_apart()
    {
        string one = TokenizerSamples.SentencePiece().VocabularyHash();
        Assert.Equal(one, TokenizerSamples.SentencePiece().VocabularyHash());
        Assert.Equal(64, one.Length);
        Assert.NotEqual(one, TokenizerSamples.SentencePiece(new AddedToken(271, "<CLS>")).VocabularyHash());
        Assert.NotEqual(TokenizerSamples.SentencePiece(new AddedToken(271, "<CLS>")).VocabularyHash(), TokenizerSamples.SentencePiece(new AddedToken(271, "<CLS>", Special: false)).VocabularyHash());
    }
}
