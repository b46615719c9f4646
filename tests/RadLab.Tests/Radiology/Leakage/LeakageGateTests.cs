using FsCheck;
using FsCheck.Fluent;
using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class LeakageGateTests
{
    private const string Long = "the heart is mildly enlarged with a tortuous aorta there is a small left pleural effusion with adjacent atelectasis and the right lung is clear without any pneumothorax or focal consolidation";

    [Fact]
    public void Every_kind_of_repeated_text_is_found_and_named()
    {
        var gate = new LeakageGate();
        gate.AddEvaluationText("e1", Long);
        gate.AddEvaluationText("e2", "No acute disease.");
        gate.AddEvaluationText("e3", "no acute disease");
        gate.AddEvaluationText("e4", "");
        Assert.True(gate.CheckTrainingText("t1", Long.ToUpperInvariant()));
        Assert.True(gate.CheckTrainingText("t2", Long.Replace("mildly", "moderately", StringComparison.Ordinal)));
        Assert.True(gate.CheckTrainingText("t3", "Comparison with the earlier study of this patient shows a stable appearance. " + Long + ". Degenerative changes of the thoracic spine are noted once more."));
        Assert.True(gate.CheckTrainingText("t4", "NO ACUTE DISEASE!"));
        Assert.False(gate.CheckTrainingText("t5", "No acute disease of the abdomen."));
        Assert.False(gate.CheckTrainingText("t6", ""));

        var report = gate.Report();
        Assert.Equal(["t1 = e1 (same text, 1.00)", "t2 = e1 (near text, 0.81)", "t3 = e1 (contained text, 1.00)", "t4 = e2 (same text, 1.00)", "t4 = e3 (same text, 1.00)"], report.Pairs.Select(p => p.ToString()));
        Assert.Equal((6, 4, 4, 3, 1, 5), (report.TrainingRecords, report.EvaluationRecords, report.LeakingTraining, report.LeakedEvaluation, report.NotComparable, report.PairCount));
        Assert.Equal("leakage: 4 of 6 training records repeat 3 of 4 evaluation records (3 same text, 1 near text, 1 contained text)", report.Summary());
        Assert.StartsWith(report.Summary() + "\n  t1 = e1 (same text, 1.00)\n", report.ToString(), StringComparison.Ordinal);
        var e = Assert.Throws<LeakageException>(report.Require);
        Assert.Equal(report.Summary() + "; first t1 = e1 (same text, 1.00). Remove these training records, or split anew with SplitPlan.", e.Message);
        Assert.DoesNotContain("heart", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Notebooks_show_the_pairs_by_identifier()
    {
        var gate = new LeakageGate();
        gate.AddEvaluationText("e<1>", Long);
        gate.CheckTrainingText("t", Long);
        using var html = new StringWriter();
        Assert.True(new LeakageReportTable().CreateTypeFormatters().Cast<TypeFormatter<LeakageReport>>().First().Format(gate.Report(), html));
        Assert.Contains("<tr><td>t</td><td>e&lt;1&gt;</td><td>same text</td><td>1.00</td></tr>", html.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("heart", html.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_found_says_so_and_throws_nothing()
    {
        var gate = new LeakageGate();
        gate.AddEvaluationText("e", Long);
        Assert.False(gate.CheckTrainingText("t", "An entirely different text about the right knee and its ligaments."));
        gate.Report().Require();
        Assert.Equal("no leakage: none of 1 training records repeats one of 1 evaluation records", gate.Report().ToString());
    }

    [Fact]
    public void Asking_beforehand_leaves_no_trace_in_the_report()
    {
        var gate = new LeakageGate();
        gate.AddEvaluationText("e", Long);
        Assert.True(gate.Repeats(Long));
        Assert.True(gate.Report().IsClean);
        Assert.Equal(0, gate.Report().TrainingRecords);
    }

    [Fact]
    public void Pairs_beyond_the_list_are_counted()
    {
        var gate = new LeakageGate(new LeakageOptions { ListedPairs = 2 });
        for (int i = 0; i < 5; i++) gate.AddEvaluationText($"e{i}", Long);
        gate.CheckTrainingText("t", Long);
        var report = gate.Report();
        Assert.Equal((2, 5, 1, 5), (report.Pairs.Count, report.PairCount, report.LeakingTraining, report.LeakedEvaluation));
        Assert.EndsWith("\n  and 3 more", report.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_at_or_above_the_thresholds_is_missed() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(30), Prop.ForAll(Gen.Choose(0, 1 << 20).ToArbitrary(), seed =>
        {
            var options = new LeakageOptions { NearAt = 0.5 + seed % 5 * 0.1, ContainedAt = 0.6 + seed % 4 * 0.1, ContainedFromWords = 12 };
            var gate = new LeakageGate(options);
            var evaluation = new List<string>();
            for (int i = 0; i < 40; i++) evaluation.Add(Texts.Random((ulong)(seed + i), 3 + (seed + i) % 40, vocabulary: 60));
            for (int i = 0; i < evaluation.Count; i++) gate.AddEvaluationText($"{i}", evaluation[i]);
            var known = evaluation.ConvertAll(Runs);
            for (int i = 0; i < 120; i++)
            {
                string text = Texts.Change(evaluation[i % 40], i % 5, (ulong)(seed + i));
                if (i % 3 == 0) text += " " + Texts.Random((ulong)(seed + 1000 + i), 30, vocabulary: 60);
                var runs = Runs(text);
                bool expected = known.Any(e => Repeats(e, runs, options));
                if (gate.Repeats(text) != expected) return false;
            }
            return true;
        }));

    [Fact]
    public void Images_are_found_by_content_and_by_picture()
    {
        byte[] picture = Picture(64, 48, 1), other = Picture(64, 48, 2), blank = new byte[64 * 48];
        byte[] brighter = [.. picture.Select(p => (byte)(p / 2 + 100))];
        var gate = new LeakageGate();
        gate.AddEvaluationImage("e1", Hash128.OfBytes(picture), PerceptualHash.Of(picture, 64, 48));
        gate.AddEvaluationImage("e2", Hash128.OfBytes(blank), PerceptualHash.Of(blank, 64, 48));
        Assert.True(gate.CheckTrainingImage("same", Hash128.OfBytes(picture), null));
        Assert.True(gate.CheckTrainingImage("brighter", Hash128.OfBytes(brighter), PerceptualHash.Of(brighter, 64, 48)));
        Assert.False(gate.CheckTrainingImage("other", Hash128.OfBytes(other), PerceptualHash.Of(other, 64, 48)));
        Assert.False(gate.CheckTrainingImage("small blank", Hash128.OfBytes(new byte[9]), PerceptualHash.Of(new byte[9], 3, 3)));
        Assert.True(gate.CheckTrainingImage("blank", Hash128.OfBytes(blank), PerceptualHash.Of(blank, 64, 48)));
        var report = gate.Report();
        Assert.Equal([("same", LeakageKind.SameImage), ("brighter", LeakageKind.SimilarImage), ("blank", LeakageKind.SameImage)], report.Pairs.Select(p => (p.TrainingId, p.Kind)));
        Assert.Equal(1, report.NotComparable);
    }

    [Theory]
    [InlineData("LeakageGate: NearAt must be above 0 and at most 1, got 0.", 0.0, 0.9, 3, 16, 10)]
    [InlineData("LeakageGate: ContainedAt must be above 0, got -1.", 0.8, -1.0, 3, 16, 10)]
    [InlineData("LeakageGate: ShingleWords must be from 1 to 16, got 0.", 0.8, 0.9, 0, 16, 10)]
    [InlineData("LeakageGate: ImageDistance must be from -1 to 128, got 129.", 0.8, 0.9, 3, 129, 10)]
    [InlineData("LeakageGate: ListedPairs must be at least 0, got -1.", 0.8, 0.9, 3, 16, -1)]
    public void Options_out_of_range_are_refused(string message, double near, double contained, int words, int image, int listed)
    {
        var options = new LeakageOptions { NearAt = near, ContainedAt = contained, ShingleWords = words, ImageDistance = image, ListedPairs = listed };
        Assert.StartsWith(message, Assert.Throws<ArgumentException>(() => new LeakageGate(options)).Message, StringComparison.Ordinal);
    }

    private static HashSet<string> Runs(string text)
    {
        string[] w = text.Split(' ');
        return w.Length < 3 ? [text] : [.. Enumerable.Range(0, w.Length - 2).Select(i => $"{w[i]} {w[i + 1]} {w[i + 2]}")];
    }

    private static bool Repeats(HashSet<string> e, HashSet<string> t, LeakageOptions options)
    {
        double common = e.Count(t.Contains);
        if (common >= options.NearAt * (e.Count + t.Count - common)) return true;
        return e.Count + 2 >= options.ContainedFromWords && common / e.Count >= options.ContainedAt;
    }

    // smooth blobs by whole-number arithmetic
    internal static byte[] Picture(int width, int height, ulong seed)
    {
        var random = new SeededRandom(seed, 9, 0);
        int[] knots = [.. Enumerable.Range(0, 9 * 9).Select(_ => random.Below(256))];
        byte[] pixels = new byte[width * height];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
            {
                int u = x * 8 * 64 / width, v = y * 8 * 64 / height, i = v / 64 * 9 + u / 64, a = u % 64, b = v % 64;
                pixels[y * width + x] = (byte)(((knots[i] * (64 - a) + knots[i + 1] * a) * (64 - b) + (knots[i + 9] * (64 - a) + knots[i + 10] * a) * b) / 4096);
            }
        return pixels;
    }
}
