using System.Text;
using System.Text.Json;
using RadLab.Models;

namespace RadLab.Tests;

/// <summary>Ids that the reference implementations gave for 335 texts: reports, other writing systems, random characters.</summary>
public sealed class TokenizerGoldenTests
{
    private const string Vocabularies = "tokenizers-LICENCE-RESTRICTED";

    [SkippableTheory]
    [InlineData("llama2", "llama2/tokenizer.model", false)]
    [InlineData("llama2", "llama2", false)]
    [InlineData("llama3", "llama3/tokenizer.json", true)]
    [InlineData("llama3", "llama3/tokenizer.model", true)]
    [InlineData("llama3", "llama3", true)]
    public void Ids_match_the_reference_and_decode_back(string golden, string vocabulary, bool parseSpecialTokens)
    {
        var tokenizer = Tokenizer.Load(SharedData.Require($"{Vocabularies}/{vocabulary}"));
        int count = 0;
        foreach (var (text, ids) in Golden(golden))
        {
            var options = new EncodeOptions { ParseSpecialTokens = parseSpecialTokens };
            // twice: the second time from the cache
            Assert.Equal(ids, tokenizer.EncodeToIds(text, options));
            Assert.Equal(ids, tokenizer.EncodeToIds(text, options));
            Assert.Equal(ids.Length, tokenizer.CountTokens(text, options));
            Assert.Equal(text, tokenizer.Decode(ids));
            var decoder = tokenizer.StartDecoding();
            Assert.Equal(text, string.Concat(ids.Select(decoder.Append)) + decoder.Flush());
            count++;
        }
        Assert.Equal(335, count);
    }

    [SkippableFact]
    public void Both_files_of_Llama_3_hold_the_same_tokenizer()
    {
        var json = ByteLevelBpe.LoadTokenizerJson(SharedData.Require($"{Vocabularies}/llama3/tokenizer.json"));
        var meta = ByteLevelBpe.LoadMetaModel(SharedData.Require($"{Vocabularies}/llama3/tokenizer.model"));
        Assert.Equal(128256, json.VocabularySize);
        Assert.Equal(json.VocabularyHash(), meta.VocabularyHash());
        Assert.True(json.SpecialTokens.OrderBy(t => t.Value).SequenceEqual(meta.SpecialTokens.OrderBy(t => t.Value)));
        Assert.Equal(280147, meta.Merges.Count);
        Assert.True(json.Merges.SequenceEqual(meta.Merges));
        Assert.Equal((128000, 128001), (json.BosId, json.EosId));
        Assert.Equal((128000, 128001), (meta.BosId, meta.EosId));

        var llama31 = ByteLevelBpe.LoadMetaModel(SharedData.Require($"{Vocabularies}/llama3/tokenizer.model"), Llama3Release.Llama31);
        Assert.Equal(
            [128004, 128008, 128009, 128010, 128005, 128255],
            new[] { "<|finetune_right_pad_id|>", "<|eom_id|>", "<|eot_id|>", "<|python_tag|>", "<|reserved_special_token_2|>", "<|reserved_special_token_247|>" }.Select(t => llama31.IdOf(t)!.Value));
    }

    [SkippableFact]
    public void Saving_Llama_3_and_reading_it_back_changes_nothing()
    {
        var tokenizer = ByteLevelBpe.LoadTokenizerJson(SharedData.Require($"{Vocabularies}/llama3/tokenizer.json"));
        using var folder = new TemporaryModelFolder();
        tokenizer.Save(folder.File("tokenizer.json"));
        var again = ByteLevelBpe.LoadTokenizerJson(folder.File("tokenizer.json"));
        Assert.Equal(tokenizer.VocabularyHash(), again.VocabularyHash());
        Assert.True(tokenizer.Merges.SequenceEqual(again.Merges));
        Assert.Equal(tokenizer.AddedTokens, again.AddedTokens);
        Assert.True(again.IgnoreMerges);
        Assert.Equal(["tokenizer.json"], Directory.GetFiles(folder.Path).Select(Path.GetFileName));
    }

    [SkippableFact]
    public void Special_strings_in_a_text_are_plain_text_unless_asked_otherwise()
    {
        var tokenizer = Tokenizer.Load(SharedData.Require($"{Vocabularies}/llama3"));
        const string Note = "<|begin_of_text|>hello<|eot_id|>";
        Assert.Equal([128000, 15339, 128009], tokenizer.EncodeToIds(Note, new EncodeOptions { ParseSpecialTokens = true }));
        int[] plain = tokenizer.EncodeToIds(Note);
        Assert.DoesNotContain(plain, tokenizer.IsSpecial);
        Assert.Equal(Note, tokenizer.Decode(plain));
        Assert.Equal("hello", tokenizer.Decode([128000, 15339, 128009], skipSpecialTokens: true));
    }

    [SkippableFact]
    public void Meditrons_added_tokens_come_behind_the_pieces_of_Llama_2()
    {
        string model = SharedData.Require($"{Vocabularies}/llama2/tokenizer.model");
        using var folder = new TemporaryModelFolder();
        File.Copy(model, folder.File("tokenizer.model"));
        folder.Write("added_tokens.json", """{"<CLS>": 32000, "<SEP>": 32001, "<EOD>": 32002, "<MASK>": 32003, "<PAD>": 32004}""");
        var tokenizer = Tokenizer.Load(folder.Path);
        Assert.Equal(32005, tokenizer.VocabularySize);
        Assert.Equal((1, 2), (tokenizer.BosId, tokenizer.EosId));
        var pieces = Tokenizer.Load(model);
        int[] run = pieces.EncodeToIds("The lung");
        Assert.Equal([1, .. run, 32001, .. run, 2],
            tokenizer.EncodeToIds("The lung<SEP>The lung", new EncodeOptions { AddBos = true, AddEos = true, ParseSpecialTokens = true }));
        Assert.Equal(pieces.EncodeToIds("The lung<SEP>The lung"), tokenizer.EncodeToIds("The lung<SEP>The lung"));
    }

    [SkippableFact]
    public void The_tokenizer_of_stories260K_gives_its_golden_prompts_and_texts()
    {
        var tokenizer = Tokenizer.Load(SharedData.Require("models/stories260K/tok512.bin"));
        using var golden = JsonDocument.Parse(File.ReadAllText(SharedData.Require("models/stories260K/golden.json")));
        Assert.Equal(512, tokenizer.VocabularySize);
        var generations = golden.RootElement.GetProperty("generations");
        Assert.Equal(4, generations.GetArrayLength());
        foreach (var generation in generations.EnumerateArray())
        {
            int[] prompt = Ints(generation.GetProperty("prompt_ids"));
            Assert.Equal(prompt, tokenizer.EncodeToIds(generation.GetProperty("prompt").GetString()!, new EncodeOptions { AddBos = true }));
            int[] all = [.. prompt, .. Ints(generation.GetProperty("greedy_ids"))];
            string text = generation.GetProperty("greedy_text").GetString()!;
            Assert.Equal(text, tokenizer.Decode(all, skipSpecialTokens: true));
            Assert.Equal([1, .. all[1..]], tokenizer.EncodeToIds(text, new EncodeOptions { AddBos = true }));
        }
    }

    [SkippableFact]
    public void Long_texts_encode_like_their_definition_and_in_a_moment()
    {
        // one piece of a million characters: its merges must not take quadratic time
        var tokenizer = Tokenizer.Load(SharedData.Require($"{Vocabularies}/llama3"));
        string text = string.Concat(Enumerable.Repeat("abcde", 200_000));
        int[] ids = tokenizer.EncodeToIds(text);
        Assert.Equal(text, tokenizer.Decode(ids));
        int[] part = tokenizer.EncodeToIds(text[..500]);
        Assert.Equal(part[..90], ids[..90]);

        var llama2 = Tokenizer.Load(SharedData.Require($"{Vocabularies}/llama2"));
        string spaces = new(' ', 200_000);
        Assert.Equal(spaces, llama2.Decode(llama2.EncodeToIds(spaces)));
    }

    private static IEnumerable<(string Text, int[] Ids)> Golden(string name)
    {
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Goldens", "tokenizers", $"{name}.jsonl"), Encoding.UTF8))
        {
            using var json = JsonDocument.Parse(line);
            yield return (json.RootElement.GetProperty("text").GetString()!, Ints(json.RootElement.GetProperty("ids")));
        }
    }

    private static int[] Ints(JsonElement list) => [.. list.EnumerateArray().Select(i => i.GetInt32())];
}
