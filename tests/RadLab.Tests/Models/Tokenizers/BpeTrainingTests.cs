using System.Text;
using System.Text.RegularExpressions;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class BpeTrainingTests
{
    private static readonly BpeTraining s_small = new() { VocabularySize = 256 + 60 + 5, MaxTokenBytes = 6 };

    [Fact]
    public void The_most_frequent_pair_is_merged_first_and_of_equals_the_one_with_the_smaller_ids()
    {
        // within pieces: ab and bc three times each, then what is left
        var tokenizer = ByteLevelBpe.Train(["abc", "abc", "abc", "xy", "xy"], new BpeTraining { VocabularySize = 300, SpecialTokens = ["<end>"] });
        Assert.Equal([('a', 'b'), (256, 'c'), ('x', 'y')], tokenizer.Merges);
        Assert.Equal([257, 258, 258], tokenizer.EncodeToIds("abcxyxy").Concat([258]).Take(3));
        Assert.Equal((259, 260), (tokenizer.IdOf("<end>"), tokenizer.VocabularySize));
    }

    [Fact]
    public void Merges_are_those_of_the_definition()
    {
        string[] texts = Texts(40);
        var tokenizer = ByteLevelBpe.Train(texts, s_small);
        Assert.Equal(ByDefinition(texts, s_small), tokenizer.Merges);
        Assert.True(tokenizer.VocabularySize > 300);
    }

    [Fact]
    public void The_order_of_the_texts_does_not_matter()
    {
        string[] texts = Texts(60);
        using var one = new MemoryStream();
        using var other = new MemoryStream();
        ByteLevelBpe.Train(texts, s_small).Write(one);
        ByteLevelBpe.Train(texts.Reverse(), s_small).Write(other);
        Assert.Equal(one.ToArray(), other.ToArray());
    }

    [Fact]
    public void What_was_learned_is_saved_and_read_back()
    {
        var tokenizer = ByteLevelBpe.Train(Texts(60), new BpeTraining { VocabularySize = 400 });
        using var folder = new TemporaryModelFolder();
        tokenizer.Save(folder.File("tokenizer.json"));
        var again = (ByteLevelBpe)Tokenizer.Load(folder.Path);
        Assert.Equal(tokenizer.VocabularyHash(), again.VocabularyHash());
        Assert.Equal(tokenizer.Merges, again.Merges);
        Assert.Equal(tokenizer.AddedTokens, again.AddedTokens);
        Assert.Equal((tokenizer.BosId, tokenizer.EosId, false), (again.BosId, again.EosId, again.IgnoreMerges));
        Assert.NotNull(again.BosId);
        foreach (string text in Texts(20).Append("Ünknown 中 🙂 \0\r\n\t"))
        {
            Assert.Equal(tokenizer.EncodeToIds(text), again.EncodeToIds(text));
            Assert.Equal(text, again.Decode(again.EncodeToIds(text)));
        }
    }

    [Fact]
    public void A_text_with_nothing_to_merge_gives_the_bytes_alone()
    {
        var tokenizer = ByteLevelBpe.Train(["abc"], new BpeTraining { SpecialTokens = [] });
        Assert.Empty(tokenizer.Merges);
        Assert.Equal(256, tokenizer.VocabularySize);
        Assert.Equal(2, ByteLevelBpe.Train(["abc"], new BpeTraining { SpecialTokens = [], MinFrequency = 1 }).Merges.Count);
    }

    [Fact]
    public void Settings_that_make_no_sense_are_refused()
    {
        string Message(BpeTraining training) => Assert.Throws<ArgumentException>(() => ByteLevelBpe.Train([], training)).Message;
        Assert.StartsWith("ByteLevelBpe.Train: VocabularySize must be from 261 (256 bytes and 5 special tokens) to 1048576, got 260.", Message(new() { VocabularySize = 260 }), StringComparison.Ordinal);
        Assert.StartsWith("ByteLevelBpe.Train: MinFrequency must be at least 1, got 0.", Message(new() { MinFrequency = 0 }), StringComparison.Ordinal);
        Assert.StartsWith("ByteLevelBpe.Train: MaxTokenBytes must be from 1 to 1024, got 1025.", Message(new() { MaxTokenBytes = 1025 }), StringComparison.Ordinal);
        Assert.StartsWith("ByteLevelBpe.Train: SpecialTokens must be different texts, none of them empty.", Message(new() { SpecialTokens = ["a", "a"] }), StringComparison.Ordinal);
    }

    private static string[] Texts(int count)
    {
        string[] words = ["The", "left", "right", "lower", "lobe", "effusion", "effusions", "12", "mm", "unchanged,", "opacity.", "aaaa", "aaaaaaa", "é", "\n"];
        var random = new RandomKey(23, 0, 0);
        ulong drawn = 0;
        return [.. Enumerable.Range(0, count).Select(_ => string.Join(' ', Enumerable.Range(0, 3 + random.Below(drawn++, 8)).Select(_ => words[random.Below(drawn++, words.Length)])))];
    }

    // Counts every pair of every piece anew for each merge.
    private static List<(int, int)> ByDefinition(string[] texts, BpeTraining training)
    {
        var split = new Regex(@"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+");
        List<List<int>> pieces = [.. texts.SelectMany(t => split.Matches(t).Select(m => Encoding.UTF8.GetBytes(m.Value).Select(b => (int)b).ToList()))];
        List<byte[]> tokens = [.. Enumerable.Range(0, 256).Select(b => new[] { (byte)b })];
        var merges = new List<(int, int)>();
        while (tokens.Count < training.VocabularySize - training.SpecialTokens.Count)
        {
            var counts = new Dictionary<(int Left, int Right), int>();
            foreach (var piece in pieces)
                for (int i = 0; i + 1 < piece.Count; i++) counts[(piece[i], piece[i + 1])] = counts.GetValueOrDefault((piece[i], piece[i + 1])) + 1;
            var allowed = counts.Where(c => c.Value >= training.MinFrequency && tokens[c.Key.Left].Length + tokens[c.Key.Right].Length <= training.MaxTokenBytes).ToList();
            if (allowed.Count == 0) break;
            var (left, right) = allowed.MinBy(c => (-c.Value, c.Key.Left, c.Key.Right)).Key;
            merges.Add((left, right));
            byte[] text = [.. tokens[left], .. tokens[right]];
            int merged = tokens.FindIndex(t => t.SequenceEqual(text));
            if (merged < 0)
            {
                merged = tokens.Count;
                tokens.Add(text);
            }
            foreach (var piece in pieces)
                for (int i = 0; i + 1 < piece.Count; i++)
                {
                    if (piece[i] != left || piece[i + 1] != right) continue;
                    piece[i] = merged;
                    piece.RemoveAt(i + 1);
                }
        }
        return merges;
    }
}
