using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class RadiologistHabitsTests
{
    private const int Count = 400;

    private static readonly string[] s_unchanged = [", unchanged", ", stable since", ", similar to", ", without significant interval change", ", not significantly changed"];

    [Fact]
    public void Whoever_writes_the_studies_are_the_same()
    {
        var (everybody, one) = (Studies(null), Studies(1));
        for (int i = 0; i < Count; i++)
        {
            Assert.Equal(Present(everybody[i]), Present(one[i]));
            Assert.Equal(everybody[i].Report.PatientId, one[i].Report.PatientId);
        }
        Assert.True(everybody.Zip(one).Count(p => p.First.Report.Impression != p.Second.Report.Impression) > Count * 0.9);

        static string[] Present(SyntheticReport r) => [.. r.Entities.Where(e => e is { Negated: false, Explains: null }).Select(e => $"{e.Name} {e.Place} {e.Side} {e.Change}").Order()];
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_radiologist_has_one_layout_and_favourite_words(int number)
    {
        var (everybody, one) = (Studies(null), Studies((ulong)number));
        Assert.InRange(Numbered(everybody), 0.3, 0.9);
        Assert.True(Numbered(one) is 0 or 1, $"{Numbered(one)} of the impressions are numbered");
        // nine in ten, and a share of the tenth by chance; two of six ways begin with "unchanged"
        Assert.InRange(CommonestWay(one, s_unchanged), 0.85, 1);
        Assert.InRange(CommonestWay(everybody, s_unchanged), 0.2, 0.45);
    }

    [Fact]
    public void Habits_do_not_depend_on_the_seed_of_the_studies()
    {
        // how alike two sets of impressions are: cosine of the counts of neighbouring words
        double same = Alike(Studies(1, seed: 5), Studies(1, seed: 6)), other = Alike(Studies(1, seed: 5), Studies(2, seed: 6));
        Assert.True(same > 0.9, $"two sets of one radiologist: {same}");
        Assert.True(other < same - 0.15, $"of two radiologists: {other}, of one: {same}");
    }

    [Fact]
    public void Only_reports_have_a_radiologist()
    {
        using var folder = new TemporaryModelFolder();
        var request = new PrepareRequest { Manifest = ManifestCatalog.Find("synthetic-protocols"), Out = folder.File("out"), Count = 10, Radiologist = 1 };
        Assert.Equal("synthetic-protocols: only generated reports (synthetic-reports) can be those of one radiologist; leave it out", Assert.Throws<DataRefusedException>(() => DataSets.Prepare(request)).Message);
        Assert.False(Directory.Exists(request.Out));
    }

    private static SyntheticReport[] Studies(ulong? radiologist, ulong seed = 5) => [.. SyntheticReports.Generate(seed, Count, new SyntheticSettings { Radiologist = radiologist })];

    private static double Numbered(SyntheticReport[] reports)
    {
        var many = reports.Where(r => r.Statements.Count > 1).ToArray();
        return many.Count(r => r.Report.Impression.StartsWith("1. ", StringComparison.Ordinal)) / (double)many.Length;
    }

    private static double CommonestWay(SyntheticReport[] reports, string[] ways)
    {
        int[] counts = [.. ways.Select(w => reports.Sum(r => r.Statements.Count(s => s.Span.In(r.Report.Impression).Contains(w, StringComparison.Ordinal))))];
        return counts.Max() / (double)counts.Sum();
    }

    private static double Alike(SyntheticReport[] a, SyntheticReport[] b)
    {
        var (x, y) = (Pairs(a), Pairs(b));
        return x.Sum(p => p.Value * y.GetValueOrDefault(p.Key)) / Math.Sqrt(x.Values.Sum(v => v * v) * y.Values.Sum(v => v * v));

        static Dictionary<string, double> Pairs(SyntheticReport[] reports) => reports.Select(r => r.Report.Impression.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
            .SelectMany(w => w.Zip(w.Skip(1), (first, second) => $"{first} {second}")).CountBy(p => p).ToDictionary(p => p.Key, p => (double)p.Value);
    }
}
