using FsCheck;
using FsCheck.Fluent;
using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class ExactDuplicatesTests
{
    [Fact]
    public void A_text_that_differs_in_case_and_punctuation_only_is_a_duplicate_of_the_first()
    {
        var exact = new ExactDuplicates();
        Assert.True(exact.Add("Lungs are clear.", out _));
        Assert.True(exact.Add("Heart size normal.", out _));
        Assert.False(exact.Add("LUNGS  are clear", out int first));
        Assert.Equal(0, first);
        Assert.True(exact.Add("Clear are lungs", out _));
        Assert.True(exact.Add(" . ", out _));
        Assert.True(exact.Add("", out _));
        Assert.Equal((6, 3, 1, 2), (exact.Texts, exact.Distinct, exact.Duplicates, exact.Empty));
        Assert.Equal("6 texts: 3 distinct, 1 repeat an earlier one, 2 empty", exact.ToString());
    }

    [Fact]
    public void It_agrees_with_a_dictionary_of_the_texts_themselves() =>
        Check.QuickThrowOnFailure(Prop.ForAll(Gen.Choose(0, 300).ArrayOf().ToArbitrary(), numbers =>
        {
            var exact = new ExactDuplicates();
            var seen = new Dictionary<int, int>();
            for (int i = 0; i < numbers.Length; i++)
            {
                bool fresh = exact.Add($"text {numbers[i]}", out int first);
                if (fresh != seen.TryAdd(numbers[i], i) || first != seen[numbers[i]]) return false;
            }
            return exact.Distinct == seen.Count;
        }));

    [Fact]
    public void A_million_hashes_stay_apart_in_less_than_30_megabytes()
    {
        var exact = new ExactDuplicates();
        for (int round = 0; round < 2; round++)
            for (ulong i = 0; i < 1_000_000; i++)
            {
                var hash = new Hash128(i % 3, new SeededRandom(1, 1, i).Next());
                if (exact.Add(hash, out int first) != (round == 0) || first != (int)i) Assert.Fail($"hash {i} of round {round} was taken for {first}");
            }
        Assert.Equal(1_000_000, exact.Distinct);
        Assert.InRange(exact.MemoryBytes, 20_000_000, 30_000_000);
    }
}
