using System.Globalization;
using System.Text.Json;
using RadLab.Radiology;

namespace RadLab.Tests;

/// <summary>Real reports: false alarms on Open-i, which is de-identified at its source, and hand-annotated MTSamples documents.</summary>
public sealed class RealReportsTests
{
    private static readonly Deidentifier s_deidentifier = new(new DeidentificationSettings());

    [SkippableFact]
    public void False_alarms_on_Open_i_stay_below_one_in_a_thousand_words()
    {
        string path = SharedData.Require("reports/openi-chest-xray-NONCOMMERCIAL/reports.csv");
        var file = ManifestCatalog.Find("openi-chest-xray").Files.First(f => Path.GetFileName(f.Path) == "reports.csv");
        long words = 0;
        int alarms = 0;
        foreach (var report in DataReaders.Reports(path, file, "openi-chest-xray", ReaderLimits.Default))
        {
            alarms += s_deidentifier.Apply(report.Value!).Replacements.Count;
            words += DeidentificationBenchmark.CountWords(string.Join('\n', report.Value!.Indication, report.Value.Comparison, report.Value.Findings, report.Value.Impression));
        }
        Assert.True(words > 50_000, $"{words} words");
        Assert.True(1000.0 * alarms / words <= 1, $"{alarms} in {words} words");
    }

    [SkippableFact]
    public void The_annotated_MTSamples_documents_are_cleaned()
    {
        var texts = new Dictionary<int, string>();
        foreach (string line in File.ReadLines(SharedData.Require("reports/mtsamples-radiology/reports.jsonl")))
        {
            using var json = JsonDocument.Parse(line);
            texts[json.RootElement.GetProperty("id").GetInt32()] = json.RootElement.GetProperty("text").GetString()!;
        }
        int[] documents = [];
        var truth = new List<(int Id, int Start, int Length, PhiKind Kind)>();
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Goldens", "deidentification", "mtsamples.csv")))
        {
            if (line.StartsWith("# documents: ", StringComparison.Ordinal)) documents = [.. line[13..].Split(' ').Select(i => int.Parse(i, CultureInfo.InvariantCulture))];
            if (line.Length == 0 || line[0] == '#') continue;
            string[] part = line.Split(',');
            truth.Add((int.Parse(part[0], CultureInfo.InvariantCulture), int.Parse(part[1], CultureInfo.InvariantCulture), int.Parse(part[2], CultureInfo.InvariantCulture), Enum.Parse<PhiKind>(part[3])));
        }
        Assert.Equal(30, documents.Length);
        int found = 0, alarms = 0;
        long words = 0;
        foreach (int id in documents)
        {
            string text = texts[id];
            words += DeidentificationBenchmark.CountWords(text);
            var findings = s_deidentifier.Scan(text);
            var here = truth.Where(t => t.Id == id).ToList();
            found += here.Count(t => Enumerable.Range(t.Start, t.Length).All(at => !char.IsLetterOrDigit(text[at]) || findings.Any(f => at >= f.Start && at < f.End)));
            alarms += findings.Count(f => !here.Any(t => f.Start < t.Start + t.Length && t.Start < f.End));
        }
        Assert.True(found >= 0.97 * truth.Count, $"{found} of {truth.Count} annotated identifiers");
        Assert.True(1000.0 * alarms / words <= 1, $"{alarms} false alarms in {words} words");
    }
}
