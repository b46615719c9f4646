using System.Globalization;
using System.Text;

namespace RadLab.Radiology;

/// <summary>Hits and misses of one label over many reports.</summary>
public sealed record LabelScore(string Label, int TruePositives, int FalsePositives, int FalseNegatives)
{
    public int Gold => TruePositives + FalseNegatives;

    public double Precision => TruePositives + FalsePositives == 0 ? 0 : TruePositives / (double)(TruePositives + FalsePositives);

    public double Recall => Gold == 0 ? 0 : TruePositives / (double)Gold;

    /// <summary>2 TP / (2 TP + FP + FN); 0 where the label occurs on neither side.</summary>
    public double F1 => TruePositives == 0 ? 0 : 2.0 * TruePositives / (2.0 * TruePositives + FalsePositives + FalseNegatives);
}

/// <summary>
/// Agreement with gold labels. A label counts as positive where it is <see cref="LabelStatus.Positive"/> or, by choice, also where it is
/// <see cref="LabelStatus.Uncertain"/>; all else is not positive.
/// </summary>
[TypeFormatterSource(typeof(LabelScoresTable))]
public sealed record LabelScores(IReadOnlyList<LabelScore> Labels)
{
    /// <summary>Mean F1 of the labels that have a gold positive. A label without one (Open-i's gold file never sets Hernia) tells nothing about recall and is left out.</summary>
    public double MacroF1 => Labels.Where(l => l.Gold > 0).Select(l => l.F1).DefaultIfEmpty(0).Average();

    /// <summary>Mean F1 of all labels, those without a gold positive counting 0: the stricter reading.</summary>
    public double MacroF1OfAll => Labels.Select(l => l.F1).DefaultIfEmpty(0).Average();

    /// <summary>F1 of the pooled counts of the labels that have a gold positive.</summary>
    public double MicroF1 => Pooled(Labels.Where(l => l.Gold > 0)).F1;

    /// <summary>F1 of the pooled counts of all labels.</summary>
    public double MicroF1OfAll => Pooled(Labels).F1;

    /// <summary>Counts over pairs of gold and predicted positives, label by label.</summary>
    public static LabelScores Of(IReadOnlyList<string> names, IEnumerable<(IReadOnlyList<bool> Gold, IReadOnlyList<bool> Predicted)> reports)
    {
        int[] tp = new int[names.Count], fp = new int[names.Count], fn = new int[names.Count];
        foreach (var (gold, predicted) in reports)
        {
            if (gold.Count != names.Count || predicted.Count != names.Count)
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"LabelScores: every report must have {names.Count} labels, got {gold.Count} gold and {predicted.Count} predicted."));
            for (int i = 0; i < names.Count; i++)
            {
                if (gold[i] && predicted[i]) tp[i]++;
                else if (predicted[i]) fp[i]++;
                else if (gold[i]) fn[i]++;
            }
        }
        return new LabelScores([.. names.Select((n, i) => new LabelScore(n, tp[i], fp[i], fn[i]))]);
    }

    /// <summary>Which labels count as positive.</summary>
    public static bool[] Positives(ReportLabels labels, bool uncertainIsPositive = false) =>
        [.. labels.Statuses.Select(s => s == LabelStatus.Positive || (uncertainIsPositive && s == LabelStatus.Uncertain))];

    private static LabelScore Pooled(IEnumerable<LabelScore> labels) =>
        labels.Aggregate(new LabelScore("all", 0, 0, 0), (a, l) => new LabelScore("all", a.TruePositives + l.TruePositives, a.FalsePositives + l.FalsePositives, a.FalseNegatives + l.FalseNegatives));

    /// <summary>A table with a line for each label, and the means.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{"label",-28}{"gold",6}{"precision",11}{"recall",8}{"F1",8}\n");
        foreach (var l in Labels) text.Append(CultureInfo.InvariantCulture, $"{l.Label,-28}{l.Gold,6}{l.Precision,11:0.000}{l.Recall,8:0.000}{l.F1,8:0.000}\n");
        text.Append(CultureInfo.InvariantCulture, $"macro F1 {MacroF1:0.000}, micro F1 {MicroF1:0.000} (labels with a gold positive); over all labels {MacroF1OfAll:0.000} and {MicroF1OfAll:0.000}");
        return text.ToString();
    }
}
