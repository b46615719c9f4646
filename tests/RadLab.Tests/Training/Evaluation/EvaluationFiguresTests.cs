using System.Globalization;
using System.Text.Json.Nodes;
using RadLab.Training;

namespace RadLab.Tests.Training;

public sealed class EvaluationFiguresTests
{
    [Fact]
    public void Labels_are_counted_for_the_model_alone_with_parts_apart()
    {
        var figures = Figures(ScoredReport.Protocols);
        Assert.Equal((2.0 / 3, 1.0), (figures["accuracy"], figures["unambiguous.accuracy"]));
        Assert.Equal((3.0, 2.0), (figures["label_items"], figures["unambiguous.label_items"]));
        // CT: precision 1, recall 1/2; XR: precision 1/2, recall 1
        Assert.Equal(2.0 / 3, figures["macro_f1"], 12);
        Assert.Equal(2.0 / 3, figures["exact"], 12);
        Assert.Equal(9 + 2 * 5, figures.Count);
    }

    [Fact]
    public void Every_figure_can_be_a_metrics_name() => Assert.All(Figures(ScoredReport.Impressions).Keys, k => Assert.Equal(k, TrackingLimits.Key(k)));

    [Fact]
    public void A_scored_split_is_told_as_figures_and_the_report_each_scoring_at_its_own_step()
    {
        string folder = Directory.CreateTempSubdirectory("radlab-scored-").FullName;
        try
        {
            var target = new TrackingTarget(Path.Combine(folder, "mlruns"), false);
            using (var spool = TrackingSpool.Open(folder, target))
            {
                spool.Add(new TrackingBegin(TrackedRun.Of(FinishedRun.Record(), folder)));
                foreach (var report in (EvaluationReport[])[ScoredReport.Impressions, ScoredReport.Impressions, ScoredReport.Protocols])
                {
                    File.AppendAllText(Path.Combine(folder, "scorings.jsonl"), "{}\n");
                    File.WriteAllText(Path.Combine(folder, $"evaluation-{report.Split}.json"), report.ToJson().ToJsonString());
                    EvaluationArtifact.Log(spool, report.Split);
                }
                using var store = target.Open();
                new SpoolSender(spool, store, n => Assert.Fail(n)).Send(default);
            }
            string run = Directory.GetDirectories(target.Uri).SelectMany(Directory.GetDirectories).Single();
            string rouge = Figures(ScoredReport.Impressions)["rouge_l"].ToString("R", CultureInfo.InvariantCulture);
            Assert.Equal([$"{rouge} 1", $"{rouge} 2"], File.ReadAllLines(Path.Combine(run, "metrics", "test.rouge_l")).Select(l => l[(l.IndexOf(' ', StringComparison.Ordinal) + 1)..]));
            Assert.EndsWith(" 3", Assert.Single(File.ReadAllLines(Path.Combine(run, "metrics", "validation.accuracy"))), StringComparison.Ordinal);
            Assert.Equal(["evaluation-test.json", "evaluation-validation.json"], Directory.GetFiles(Path.Combine(run, "artifacts")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
            Assert.All(Directory.GetFiles(Path.Combine(run, "artifacts")), f => Assert.DoesNotContain("effusion", File.ReadAllText(f), StringComparison.OrdinalIgnoreCase));   // figures, no answers
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // as it stands in the file
    private static SortedDictionary<string, double> Figures(EvaluationReport report) => EvaluationFigures.Of(JsonNode.Parse(report.ToJson().ToJsonString())!.AsObject());
}
