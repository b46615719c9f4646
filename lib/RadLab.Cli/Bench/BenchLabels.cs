using System.CommandLine;
using System.Text.Json.Nodes;
using RadLab.Compute;
using RadLab.Radiology;

namespace RadLab.Cli;

/// <summary><c>radlab bench labels</c>: the label rules against Open-i's gold labels, the negation rules against NegEx's sentences, and reports a second on one core.</summary>
internal static class BenchLabels
{
    private const string Reports = "reports/openi-chest-xray-NONCOMMERCIAL/reports.csv";
    private const string Gold = "reports/openi-chest-xray-NONCOMMERCIAL/gold_labels_14.csv";
    private const string Negex = "lexicons/negex/annotated_sentences.tsv";

    public static Command Create()
    {
        var data = new Option<string?>("--data") { HelpName = "DIR", Description = $"Holds {Reports}, {Gold} and {Negex}; the folder that RADLAB_DATA names if not given." };
        var json = BenchVerb.JsonOption();
        var command = new Command("labels", "Label and negation rules against gold labels, and their speed.") { data, json };
        command.SetAction(parsed =>
        {
            string folder = parsed.GetValue(data) ?? Environment.GetEnvironmentVariable("RADLAB_DATA")
                ?? throw new UsageException("bench labels: --data is missing; name the folder of the data, or set RADLAB_DATA");
            foreach (string file in new[] { Reports, Gold, Negex })
                if (!File.Exists(Path.Combine(folder, file))) throw new UsageException($"bench labels: {Path.Combine(folder, file)} does not exist");
            using var engine = new Engine(new EngineOptions { Threads = 1 });
            return BenchVerb.Print(Run(folder), parsed.GetValue(json), engine);
        });
        return command;
    }

    private static JsonObject Run(string folder)
    {
        var negation = NegexSentences.Score(NegexSentences.Read(File.ReadLines(Path.Combine(folder, Negex))));
        var reports = GoldLabels.ReadOpenI(Path.Combine(folder, Reports), Path.Combine(folder, Gold));
        var scores = GoldLabels.Score(reports);
        var lenient = GoldLabels.Score(reports, uncertainIsPositive: true);
        var result = new JsonObject
        {
            ["negation_f1"] = negation.F1,
            ["negation_precision"] = negation.Precision,
            ["negation_recall"] = negation.Recall,
            ["negated_sentences"] = negation.Gold,
            ["openi_reports"] = reports.Count,
            ["openi_micro_f1"] = scores.MicroF1,
            ["openi_macro_f1"] = scores.MacroF1,
            ["openi_micro_f1_all_14"] = scores.MicroF1OfAll,
            ["openi_macro_f1_all_14"] = scores.MacroF1OfAll,
            ["openi_micro_f1_uncertain_positive"] = lenient.MicroF1,
            ["openi_macro_f1_uncertain_positive"] = lenient.MacroF1,
        };
        var shared = new LabelScores([.. scores.Labels.Where(l => LabelMapping.Shared.Any(m => m.ChestXray14 == l.Label))]);
        result["openi_micro_f1_shared_7"] = shared.MicroF1;
        result["openi_macro_f1_shared_7"] = shared.MacroF1;
        foreach (var label in scores.Labels)
        {
            result[$"{label.Label}_gold"] = label.Gold;
            result[$"{label.Label}_f1"] = label.F1;
        }
        result["chexpert_reports_per_s"] = reports.Count / Stopclock.Best(() => LabelAll(ObservationLabeler.CheXpert, reports), runs: 5);
        result["chestxray14_reports_per_s"] = reports.Count / Stopclock.Best(() => LabelAll(ObservationLabeler.ChestXray14, reports), runs: 5);
        return result;
    }

    private static void LabelAll(ObservationLabeler labeler, IReadOnlyList<GoldReport> reports)
    {
        foreach (var report in reports) labeler.Label(report.Text);
    }
}
