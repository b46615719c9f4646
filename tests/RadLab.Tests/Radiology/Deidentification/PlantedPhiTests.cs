using RadLab.Radiology;

namespace RadLab.Tests;

/// <summary>Planted-PHI recall on a small fresh sample; <c>radlab bench deid</c> does the same on 5,000.</summary>
public sealed class PlantedPhiTests
{
    private static readonly PhiKind[] s_loose = [PhiKind.Place];

    [Fact]
    public void Unknown_contexts_and_forms_are_refused()
    {
        Assert.StartsWith("PhiPlanter: contexts must be All, First, Second or Third, got 9.", Assert.Throws<ArgumentOutOfRangeException>(() => new PhiPlanter(1, contexts: (PlantedContexts)9)).Message, StringComparison.Ordinal);
        var values = new SecondPhiValues(new SeededRandom(1, 2, 3));
        Assert.Equal("SecondPhiValues: {n:odd} is no form of a name.", Assert.Throws<ArgumentException>(() => values.Make("n:odd")).Message);
        Assert.Equal("SecondPhiValues: {d:odd} is no form of a date.", Assert.Throws<ArgumentException>(() => values.Make("d:odd")).Message);
        Assert.Equal("PhiValues: {odd} is no placeholder of the planted contexts.", Assert.Throws<ArgumentException>(() => new ThirdPhiValues(new SeededRandom(1, 2, 3)).Make("odd")).Message);
    }

    [Fact]
    public void Recall_of_planted_identifiers_reaches_its_marks()
    {
        var score = DeidentificationBenchmark.Run(1500, seed: 20_261_121, contexts: PlantedContexts.First);
        foreach (var kind in score.Kinds)
            Assert.True(kind.Recall >= (s_loose.Contains(kind.Kind) ? 0.97 : 0.98), $"{kind.Kind}: {kind.Found} of {kind.Planted}");
        Assert.True(score.LeakRate <= 0.02, $"{score.LeakingReports} of {score.Reports} reports leak");
        Assert.True(score.FalseAlarmsPerThousandWords <= 1, $"{score.FalseAlarms} false alarms in {score.Words} words");
    }

    [Fact]
    public void Recall_on_the_contexts_written_apart_from_the_rules_stays()
    {
        var score = DeidentificationBenchmark.Run(1500, seed: 20_261_123, contexts: PlantedContexts.Second);
        foreach (var kind in score.Kinds)
            Assert.True(kind.Recall >= 0.97 || kind.Planted < 150, $"{kind.Kind}: {kind.Found} of {kind.Planted}");
        Assert.True(score.LeakRate <= 0.02, $"{score.LeakingReports} of {score.Reports} reports leak");
        Assert.True(score.FalseAlarmsPerThousandWords <= 3, $"{score.FalseAlarms} false alarms in {score.Words} words");
    }

    /// <summary>No mark to reach: the figure says what to expect of contexts that no rule was written for, and must not get worse unseen.</summary>
    [Fact]
    public void Recall_on_contexts_that_no_rule_was_written_for_does_not_fall()
    {
        var score = DeidentificationBenchmark.Run(1000, seed: 20_261_124, contexts: PlantedContexts.Third);
        Assert.True(score.Recall >= 0.95, $"{score.Recall:0.0000} of {score.Planted} found");
        Assert.True(score.LeakRate <= 0.32, $"{score.LeakingReports} of {score.Reports} reports leak");
        Assert.True(score.FalseAlarmsPerThousandWords <= 5, $"{score.FalseAlarms} false alarms in {score.Words} words");
    }

    [Fact]
    public void The_projects_own_synthetic_reports_raise_nearly_no_alarm()
    {
        var deidentifier = new Deidentifier(new DeidentificationSettings());
        int alarms = 0;
        foreach (var synthetic in SyntheticReports.Generate(seed: 20_261_122, count: 2000))
            alarms += deidentifier.Apply(synthetic.Report).Replacements.Count;
        Assert.True(alarms <= 3, $"{alarms} replacements in 2,000 reports without identifiers");
    }

    [Fact]
    public void Orders_with_typing_errors_and_in_one_case_lose_few_words()
    {
        var step = new NoteDeidentificationStep(new Deidentifier(new DeidentificationSettings()));
        int alarms = 0, words = 0;
        foreach (var synthetic in SyntheticProtocols.Generate(seed: 20_261_122, count: 2000))
        {
            alarms += step.Apply(synthetic.Note).Audit.Count;
            words += synthetic.Note.Note.Split(' ').Length;
        }
        Assert.True(alarms <= words / 1000, $"{alarms} replacements in {words} words of notes without identifiers");
    }

    [Fact]
    public void The_planted_names_and_places_are_unknown_to_the_detector()
    {
        foreach (string list in new[] { "given-names", "family-names" })
        {
            var known = WordLists.Lines(list).SelectMany(l => l.Split(' ')).ToHashSet(StringComparer.OrdinalIgnoreCase);
            Assert.DoesNotContain(PhiValues.Given.Concat(PhiValues.Family), known.Contains);
            Assert.DoesNotContain(SecondPhiValues.Given.Concat(SecondPhiValues.Family), known.Contains);
            Assert.DoesNotContain(PhiValues.Family.SelectMany(f => f.Split(' ', '-')), w => w.Length > 4 && known.Contains(w));
        }
        var towns = WordLists.Lines("cities").SelectMany(l => l.Split(' ')).ToHashSet(StringComparer.OrdinalIgnoreCase);
        Assert.DoesNotContain(PhiValues.Towns.Concat(SecondPhiValues.Towns), towns.Contains);
        Assert.True(PhiValues.Given.Length >= 180 && PhiValues.Family.Length >= 250 && PhiValues.Towns.Length >= 150);
        Assert.True(SecondPhiValues.Given.Length >= 130 && SecondPhiValues.Family.Length >= 240 && SecondPhiValues.Towns.Length >= 100);
    }

    [Fact]
    public void A_text_depends_on_seed_and_number_alone()
    {
        var one = new PhiPlanter(4).Make(17);
        var other = new PhiPlanter(4);
        for (int n = 30; n > 17; n--) other.Make(n);
        Assert.Equal(one.Text, other.Make(17).Text);
        Assert.Equal(one.Planted, other.Make(17).Planted);
        Assert.NotEqual(one.Text, new PhiPlanter(5).Make(17).Text);
    }

    [Theory]
    [InlineData(PlantedContexts.First)]
    [InlineData(PlantedContexts.Second)]
    [InlineData(PlantedContexts.Third)]
    public void Every_kind_is_planted_and_spans_hold_what_was_planted(PlantedContexts contexts)
    {
        var planter = new PhiPlanter(8, contexts: contexts);
        var kinds = new HashSet<PhiKind>();
        for (int n = 0; n < 800; n++)
        {
            var text = planter.Make(n);
            foreach (var p in text.Planted)
            {
                kinds.Add(p.Kind);
                string value = text.Text.Substring(p.Start, p.Length);
                Assert.False(char.IsWhiteSpace(value[0]) || char.IsWhiteSpace(value[^1]), value);
                if (p.Kind == PhiKind.Email) Assert.Contains('@', value);
                if (p.Kind == PhiKind.Age && char.IsDigit(value[0])) Assert.InRange(int.Parse(value, System.Globalization.CultureInfo.InvariantCulture), 90, 107);
            }
        }
        Assert.Equal(Enum.GetValues<PhiKind>().Length, kinds.Count);
    }

    [Fact]
    public void The_built_in_texts_without_identifiers_raise_no_alarm()
    {
        var deidentifier = new Deidentifier(new DeidentificationSettings());
        Assert.Empty(PhiPlanter.BuiltInCarriers.SelectMany(t => deidentifier.Scan(t).Select(f => t.Substring(f.Start, f.Length))));
    }

    [Theory]
    [InlineData(0, 100, 0.0, 0.0370)]
    [InlineData(50, 100, 0.4038, 0.5962)]
    [InlineData(5000, 5000, 0.9992, 1.0)]
    public void The_Wilson_interval_has_its_published_ends(int k, int n, double low, double high)
    {
        Assert.Equal(low, DeidentificationBenchmark.Wilson(k, n, -1), 0.0001);
        Assert.Equal(high, DeidentificationBenchmark.Wilson(k, n, +1), 0.0001);
    }

    [Fact]
    public void No_texts_is_refused() =>
        Assert.StartsWith("DeidentificationBenchmark: reports must be at least 1, got 0.", Assert.Throws<ArgumentOutOfRangeException>(() => DeidentificationBenchmark.Run(0, 1)).Message, StringComparison.Ordinal);
}
