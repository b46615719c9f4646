using FsCheck;
using FsCheck.Fluent;
using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class NearDuplicatesTests
{
    [Theory]
    [InlineData("a b c d e", "a b c d e", 1)]
    [InlineData("a b c d e", "A, b. c d\ne", 1)]
    [InlineData("a b c d e", "a b c d x", 0.5)]            // abc bcd | cde / cdx: 2 of 4
    [InlineData("a b c d e f", "x b c d e f", 0.6)]        // bcd cde def | abc / xbc: 3 of 5
    [InlineData("a b", "a b", 1)]                          // shorter than a run: the whole text is one
    [InlineData("a b", "a b c", 0)]
    [InlineData("a b c a b c a b c", "a b c a b c", 1)]    // sets, not counts
    [InlineData("", "", 0)]
    public void Similarity_is_the_jaccard_index_of_the_word_runs(string a, string b, double expected) =>
        Assert.Equal(expected, NearDuplicates.Similarity(a, b), 1e-12);

    [Fact]
    public void Similarity_agrees_with_the_definition_over_strings() =>
        Check.QuickThrowOnFailure(Prop.ForAll(Gen.Choose(0, 1 << 20).ToArbitrary(), n =>
        {
            string a = Texts.Random((ulong)n, n % 60, vocabulary: 4 + n % 30), b = Texts.Change(a, n % 7, (ulong)n);
            return b.Length == 0 || Math.Abs(Texts.Jaccard(a, b, 3) - NearDuplicates.Similarity(a, b)) < 1e-12;
        }));

    [Fact]
    public void The_early_end_of_a_comparison_never_changes_its_verdict() =>
        Check.QuickThrowOnFailure(Prop.ForAll(Gen.Choose(0, 1 << 20).ToArbitrary(), n =>
        {
            uint[] a = Shingles.Of(Texts.Random((ulong)n, 5 + n % 60, vocabulary: 12), 1 + n % 3), b = Shingles.Of(Texts.Random((ulong)n + 1, 5 + n % 50, vocabulary: 12), 1 + n % 3);
            double threshold = 0.05 + n % 19 * 0.05;
            int common = a.Intersect(b).Count(), needed = Shingles.CommonFor(threshold, a.Length, b.Length);
            bool near = common >= threshold * (a.Length + b.Length - common);
            return near == common >= needed && (Shingles.Common(a, b, needed) >= needed) == near && Shingles.Common(a, b) == common;
        }));

    [Fact]
    public void Clusters_are_the_connected_parts_of_the_graph_of_similar_pairs()
    {
        // 400 texts, half of them changed from others by 0 to 6 words; the reference compares all pairs over strings
        var texts = new List<string>();
        for (ulong i = 0; i < 400; i++) texts.Add(i % 2 == 0 ? Texts.Random(i, 40) : Texts.Change(texts[(int)new SeededRandom(3, 1, i).Below((int)i)], (int)i % 7, i));
        var near = new NearDuplicates();
        foreach (string text in texts) near.Add(text);
        var clusters = near.Cluster();

        // a connection is certain only well above the threshold: 1 - (1 - 0.8^5)^28 = 0.99998
        int[] expected = Components(texts, 0.8), loose = Components(texts, 0.7);
        for (int i = 0; i < texts.Count; i++)
        {
            Assert.Equal(clusters.ClusterOf[i], clusters.ClusterOf[expected[i]]);
            Assert.Equal(loose[clusters.ClusterOf[i]], loose[i]);
            Assert.True(clusters.ClusterOf[i] <= i && clusters.ClusterOf[clusters.ClusterOf[i]] == clusters.ClusterOf[i]);
        }
        Assert.Equal(clusters.ClusterOf.Distinct().Count(), clusters.Clusters);
        Assert.Equal(clusters.ClusterOf.GroupBy(c => c).Max(g => g.Count()), clusters.Largest);
        Assert.Equal(texts.Count - texts.Distinct().Count(), clusters.ExactDuplicates);
        Assert.Equal(0, clusters.PairsNotCompared);
    }

    [Fact]
    public void Recall_of_the_banding_is_what_its_formula_says()
    {
        // 4,000 pairs of similarity 3/5 .. 3/4, each alone among unrelated texts; the threshold lies below, so only the banding decides
        var options = new NearDuplicateOptions { Threshold = 0.4, Bands = 8, Rows = 4 };
        var near = new NearDuplicates(options);
        double expected = 0, variance = 0;
        const int Pairs = 4000;
        for (ulong i = 0; i < Pairs; i++)
        {
            string a = Texts.Random(i, 40, vocabulary: 100_000), b = Texts.Change(a, 3, i);
            near.Add(a);
            near.Add(b);
            double p = NearDuplicates.Similarity(a, b) is var s && s < options.Threshold ? 0 : options.CandidateProbability(s);
            expected += p;
            variance += p * (1 - p);
        }
        var clusters = near.Cluster();
        int found = Enumerable.Range(0, Pairs).Count(i => clusters.ClusterOf[2 * i + 1] == 2 * i);
        Assert.InRange(found, expected - 5 * Math.Sqrt(variance), expected + 5 * Math.Sqrt(variance));
        Assert.InRange(found, 1, Pairs - 1);
    }

    [Fact]
    public void The_formula_gives_the_figures_of_the_documentation()
    {
        var options = new NearDuplicateOptions();
        Assert.Equal(0.994, options.CandidateProbability(0.7), 5e-4);
        Assert.Equal(0.99998, options.CandidateProbability(0.8), 1e-5);
        Assert.Equal(0, options.CandidateProbability(0));
        Assert.Equal(1, options.CandidateProbability(1));
    }

    [Fact]
    public void The_number_of_threads_changes_nothing()
    {
        // one template with four changing words fills whole buckets: the limit on comparisons is at work, too
        var near = new NearDuplicates(new NearDuplicateOptions { ComparisonsPerBucket = 8 });
        string template = Texts.Random(0, 40);
        for (ulong i = 0; i < 3000; i++) near.Add(i % 3 == 0 ? Texts.Random(i, 40) : Texts.Change(template, 4, i));
        var one = near.Cluster(threads: 1);
        foreach (int threads in new[] { 2, 5 })
        {
            var other = near.Cluster(threads);
            Assert.Equal(one.ClusterOf, other.ClusterOf);
            Assert.Equal(one.ToString(), other.ToString());
        }
        Assert.True(one.PairsNotCompared > 0);
    }

    [Fact]
    public void Texts_without_words_and_very_long_texts_are_handled()
    {
        var near = new NearDuplicates();
        string huge = Texts.Random(1, 1_200_000, vocabulary: 1_000_000);
        foreach (string text in new[] { "", "  .", "lungs clear", huge, "Lungs clear.", huge + " end", "" }) near.Add(text);
        Assert.Equal([0, 1, 2, 3, 2, 3, 6], near.Cluster().ClusterOf);
    }

    [Theory]
    [InlineData("NearDuplicates: Threshold must be above 0 and at most 1, got 0.", 0.0, 3, 28, 5, 256)]
    [InlineData("NearDuplicates: ShingleWords must be from 1 to 16, got 17.", 0.7, 17, 28, 5, 256)]
    [InlineData("NearDuplicates: Bands must be from 1 to 256, got 0.", 0.7, 3, 0, 5, 256)]
    [InlineData("NearDuplicates: Rows must be from 1 to 16, got 17.", 0.7, 3, 28, 17, 256)]
    [InlineData("NearDuplicates: ComparisonsPerBucket must be at least 1, got 0.", 0.7, 3, 28, 5, 0)]
    public void Options_out_of_range_are_refused(string message, double threshold, int words, int bands, int rows, int comparisons)
    {
        var options = new NearDuplicateOptions { Threshold = threshold, ShingleWords = words, Bands = bands, Rows = rows, ComparisonsPerBucket = comparisons };
        Assert.StartsWith(message, Assert.Throws<ArgumentException>(() => new NearDuplicates(options)).Message, StringComparison.Ordinal);
    }

    private static int[] Components(List<string> texts, double threshold)
    {
        int[] name = [.. Enumerable.Range(0, texts.Count)];
        var runs = texts.Select(t => Texts.Runs(t, 3)).ToList();
        for (int i = 0; i < texts.Count; i++)
            for (int j = 0; j < i; j++)
                if (name[i] != name[j] && Texts.Jaccard(runs[i], runs[j]) >= threshold)
                {
                    (int keep, int drop) = (Math.Min(name[i], name[j]), Math.Max(name[i], name[j]));
                    for (int k = 0; k < name.Length; k++)
                        if (name[k] == drop) name[k] = keep;
                }
        return name;
    }
}
