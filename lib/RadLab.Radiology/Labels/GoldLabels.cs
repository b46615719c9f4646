using System.Globalization;

namespace RadLab.Radiology;

/// <summary>A report with the labels that people gave it, in the order of <see cref="ObservationLabeler.ChestXray14"/>.</summary>
public sealed record GoldReport(string Id, string Text, IReadOnlyList<bool> Gold)
{
    /// <summary>Prints the identity only.</summary>
    public override string ToString() => $"Gold labels of {Id}";
}

/// <summary>Open-i's reports with the gold labels of NegBio (<c>openi_gld_std14.csv</c>), and how well rules meet them.</summary>
public static class GoldLabels
{
    /// <summary>
    /// Joins the two files: column <c>filename</c> of the labels is CXR and the report's <c>uid</c>. The text is the findings, a blank line and the impression.
    /// Reports without labels are left out.
    /// </summary>
    public static IReadOnlyList<GoldReport> ReadOpenI(string reportsFile, string labelsFile)
    {
        var names = ObservationLabeler.ChestXray14.Labels;
        var gold = new Dictionary<string, bool[]>();
        foreach (var (line, row) in Rows(labelsFile, ["filename", .. names]))
        {
            bool[] labels = new bool[names.Count];
            for (int i = 0; i < labels.Length; i++)
            {
                if (row[i + 1] is not ("0" or "1")) throw At(labelsFile, line, $"column {names[i]} must be 0 or 1");
                labels[i] = row[i + 1] == "1";
            }
            if (!gold.TryAdd(row[0], labels)) throw At(labelsFile, line, "column filename repeats an earlier line");
        }
        var reports = new List<GoldReport>();
        foreach (var (_, row) in Rows(reportsFile, ["uid", "findings", "impression"]))
            if (gold.TryGetValue("CXR" + row[0], out bool[]? labels)) reports.Add(new GoldReport(row[0], row[1] + "\n\n" + row[2], labels));
        return reports;
    }

    /// <summary>Labels every report and counts.</summary>
    /// <param name="uncertainIsPositive">Whether what is only possible counts as found; Open-i's readers did not count it.</param>
    public static LabelScores Score(IEnumerable<GoldReport> reports, bool uncertainIsPositive = false)
    {
        var labeler = ObservationLabeler.ChestXray14;
        return LabelScores.Of(labeler.Labels, reports.Select(r => (r.Gold, (IReadOnlyList<bool>)LabelScores.Positives(labeler.Label(r.Text), uncertainIsPositive))));
    }

    private static IEnumerable<(long Line, string[] Row)> Rows(string file, string[] columns)
    {
        using var stream = File.OpenRead(file);
        using var csv = new CsvReader(stream, Path.GetFileName(file), ReaderLimits.Default);
        int[]? at = null;
        while (csv.Read())
        {
            if (csv.Error is { } error) throw At(file, csv.Line, error);
            if (at is null)
            {
                var heading = Enumerable.Range(0, csv.FieldCount).Select(i => csv[i]).ToList();
                at = [.. columns.Select(c => heading.IndexOf(c))];
                int missing = Array.IndexOf(at, -1);
                if (missing >= 0) throw At(file, csv.Line, $"has no column {columns[missing]}");
                continue;
            }
            if (csv.FieldCount <= at.Max()) throw At(file, csv.Line, string.Create(CultureInfo.InvariantCulture, $"must have at least {at.Max() + 1} fields, got {csv.FieldCount}"));
            yield return (csv.Line, [.. at.Select(i => csv[i])]);
        }
    }

    private static DataFormatException At(string file, long line, string reason) => DataFormatException.At(new Rejection(Path.GetFileName(file), line, reason));
}
