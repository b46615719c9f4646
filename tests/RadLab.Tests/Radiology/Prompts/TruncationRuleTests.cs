using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class TruncationRuleTests
{
    [Fact]
    public void Answer_head_and_cue_are_never_cut()
    {
        var random = new SeededRandom(1, 1, 1);
        int cut = 0, left = 0;
        for (int i = 0; i < 20_000; i++)
        {
            int head = random.Below(40), input = random.Below(300), tail = random.Below(10), answer = random.Between(1, 60), max = random.Between(1, 256);
            var t = TruncationRule.Apply(head + input + tail, answer, max, head, input);
            Assert.Equal(answer, t.AnswerLength);
            Assert.Equal((t.PromptLength, answer), (t.LossStart, t.LossLength));
            if (!t.Fits)
            {
                left++;
                Assert.True(head + tail + TruncationRule.LeastInput + answer > max || input < TruncationRule.LeastInput);
                continue;
            }
            Assert.True(t.Length <= max);
            Assert.Equal(head + input + tail - t.CutLength, t.PromptLength);
            if (t.CutLength == 0) continue;
            cut++;
            Assert.Equal(max, t.Length);   // no more than needed
            Assert.Equal(head + input, t.CutStart + t.CutLength);   // the input's end
            Assert.True(t.CutStart >= head + TruncationRule.LeastInput);
        }
        Assert.True(cut > 1000 && left > 1000);
    }

    [Fact]
    public void Without_known_parts_the_first_token_and_the_cue_stay()
    {
        Assert.Equal(new Truncation(true, 1, 30, 70, 28), TruncationRule.Apply(100, 28, 98));
        Assert.Equal(new Truncation(true, 1, 0, 100, 28), TruncationRule.Apply(100, 28, 128));
        Assert.False(TruncationRule.Apply(100, 28, 40).Fits);
    }

    [Fact]
    public void Text_is_shortened_by_whole_words_until_it_fits()
    {
        static int Words(string s) => s.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Length;
        var example = ImpressionPrompts.Build(new Report { Id = "1", Source = "s", Findings = string.Join(' ', Enumerable.Range(0, 200)), Impression = "a b c" }, 1, "train");
        int full = Words(PromptTemplate.Render(example).User) + 3 + 2;
        Assert.Same(example, TruncationRule.Fit(example, Words, full));
        for (int max = full - 1; max > full - 184; max -= 13)
        {
            var fitted = TruncationRule.Fit(example, Words, max)!;
            Assert.Equal(max, Words(PromptTemplate.Render(fitted).User) + 3 + 2);
            Assert.StartsWith(fitted.Input + " ", example.Input, StringComparison.Ordinal);
            Assert.Equal(example.Answer, fitted.Answer);
        }
        Assert.Null(TruncationRule.Fit(example, Words, full - 185));
    }

    [Fact]
    public void Impossible_lengths_are_named()
    {
        Assert.StartsWith("TruncationRule.Apply: needs a prompt of at least 0, an answer of at least 1 (its end token) and a maximum of at least 1 tokens, got 5, 0 and 9.", Assert.Throws<ArgumentOutOfRangeException>(() => TruncationRule.Apply(5, 0, 9)).Message, StringComparison.Ordinal);
        Assert.StartsWith("TruncationRule.Apply: the input 3..9 must lie in the prompt of 5 tokens.", Assert.Throws<ArgumentOutOfRangeException>(() => TruncationRule.Apply(5, 1, 9, 3, 6)).Message, StringComparison.Ordinal);
    }
}
