using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class PieceMergerTests
{
    [Fact]
    public void Short_and_long_pieces_merge_the_lowest_rank_first_and_the_leftmost_of_equals()
    {
        var random = new RandomKey(5, 0, 0);
        ulong drawn = 0;
        int Below(int n) => random.Below(drawn++, n);
        for (int number = 0; number < 400; number++)
        {
            var table = new MergeTable();
            var pairs = new Dictionary<(int, int), (int Rank, int Merged)>();
            for (int i = 0; i < 20; i++)
            {
                // few ranks, so that equals are common
                var (left, right, rank, merged) = (Below(8), Below(8), Below(12), Below(8));
                table.Set(left, right, rank, merged);
                pairs[(left, right)] = (rank, merged);
            }
            Assert.Equal(pairs.Count, table.Count);
            var merger = new PieceMerger(table);
            foreach (int length in new[] { 0, 1, 2, 1 + Below(PieceMerger.ShortLength), PieceMerger.ShortLength, PieceMerger.ShortLength + 1, 65 + Below(200) })
            {
                int[] symbols = [.. Enumerable.Range(0, length).Select(_ => Below(6))];
                symbols.CopyTo(merger.Symbols(length));
                Assert.Equal(ByDefinition(symbols, pairs), merger.Merge(length).ToArray());
            }
        }
    }

    [Fact]
    public void The_table_finds_what_was_set_and_nothing_else()
    {
        var table = new MergeTable();
        for (int i = 0; i < 5000; i++) table.Set(i, 7 * i, i, i + 1);
        table.Set(10, 70, 99, 98);
        Assert.Equal(5000, table.Count);
        for (int i = 0; i < 5000; i++)
        {
            Assert.Equal(i == 10 ? 99 : i, table.Rank(i, 7 * i, out int merged));
            Assert.Equal(i == 10 ? 98 : i + 1, merged);
            Assert.Equal(MergeTable.None, table.Rank(i, (7 * i) + 1, out _));
        }
    }

    private static List<int> ByDefinition(int[] symbols, Dictionary<(int, int), (int Rank, int Merged)> pairs)
    {
        List<int> list = [.. symbols];
        while (true)
        {
            var candidates = Enumerable.Range(0, Math.Max(0, list.Count - 1)).Where(i => pairs.ContainsKey((list[i], list[i + 1]))).ToList();
            if (candidates.Count == 0) return list;
            int at = candidates.MinBy(i => (pairs[(list[i], list[i + 1])].Rank, i));
            list[at] = pairs[(list[at], list[at + 1])].Merged;
            list.RemoveAt(at + 1);
        }
    }
}
