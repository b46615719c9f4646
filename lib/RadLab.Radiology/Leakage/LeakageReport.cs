using System.Globalization;
using System.Text;

namespace RadLab.Radiology;

/// <summary>How a training record repeats an evaluation record.</summary>
public enum LeakageKind
{
    /// <summary>The same words in the same order.</summary>
    SameText,

    /// <summary>Nearly the same words: Jaccard similarity at or above the threshold.</summary>
    NearText,

    /// <summary>The evaluation text stands inside the longer training text.</summary>
    ContainedText,

    /// <summary>The same bytes.</summary>
    SameImage,

    /// <summary>Another file of the same picture: resized, converted or recompressed.</summary>
    SimilarImage,
}

/// <summary>One find, by the identifiers alone.</summary>
/// <param name="Similarity">Jaccard similarity, contained share, or the share of equal bits of the perceptual hashes.</param>
public sealed record LeakagePair(string TrainingId, string EvaluationId, LeakageKind Kind, double Similarity)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{TrainingId} = {EvaluationId} ({LeakageReport.Name(Kind)}, {Similarity:0.00})");
}

/// <summary>What the gate saw: numbers of records, and the pairs by identifier, never by text.</summary>
[TypeFormatterSource(typeof(LeakageReportTable))]
public sealed record LeakageReport
{
    /// <summary>Texts and images compared; a record that brings both counts twice.</summary>
    public required long TrainingRecords { get; init; }

    /// <summary>Texts and images added, counted likewise.</summary>
    public required long EvaluationRecords { get; init; }

    /// <summary>Training records, by identifier, that repeat some evaluation record.</summary>
    public required long LeakingTraining { get; init; }

    /// <summary>Evaluation records that some training record repeats: what a score would have to be computed without.</summary>
    public required long LeakedEvaluation { get; init; }

    /// <summary>Evaluation texts without words and evaluation images that are all of one tone: nothing to look for.</summary>
    public required long NotComparable { get; init; }

    /// <summary>All pairs by kind, listed or not.</summary>
    public required IReadOnlyDictionary<LeakageKind, long> PairsByKind { get; init; }

    /// <summary>The first pairs, as many as <see cref="LeakageOptions.ListedPairs"/>.</summary>
    public required IReadOnlyList<LeakagePair> Pairs { get; init; }

    public long PairCount => PairsByKind.Values.Sum();

    public bool IsClean => LeakingTraining == 0;

    /// <summary>Throws <see cref="LeakageException"/> unless nothing was found.</summary>
    public void Require()
    {
        if (!IsClean) throw new LeakageException(this);
    }

    /// <summary>One line with the counts.</summary>
    public string Summary()
    {
        if (IsClean) return string.Create(CultureInfo.InvariantCulture, $"no leakage: none of {TrainingRecords} training records repeats one of {EvaluationRecords} evaluation records");
        string kinds = string.Join(", ", PairsByKind.Where(k => k.Value > 0).OrderBy(k => k.Key).Select(k => string.Create(CultureInfo.InvariantCulture, $"{k.Value} {Name(k.Key)}")));
        return string.Create(CultureInfo.InvariantCulture,
            $"leakage: {LeakingTraining} of {TrainingRecords} training records repeat {LeakedEvaluation} of {EvaluationRecords} evaluation records ({kinds})");
    }

    /// <summary>The counts, then a line for every pair, at most 20.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Summary());
        foreach (var pair in Pairs.Take(20)) text.Append("\n  ").Append(pair);
        long more = PairCount - Math.Min(Pairs.Count, 20);
        if (more > 0) text.Append(CultureInfo.InvariantCulture, $"\n  and {more} more");
        return text.ToString();
    }

    internal static string Name(LeakageKind kind) => kind switch
    {
        LeakageKind.SameText => "same text",
        LeakageKind.NearText => "near text",
        LeakageKind.ContainedText => "contained text",
        LeakageKind.SameImage => "same image",
        _ => "similar image",
    };
}

/// <summary>Training is refused because evaluation records occur in the training data. A command ends with exit code 4: done, and something was found.</summary>
public sealed class LeakageException(LeakageReport report)
    : Exception($"{report.Summary()}; first {report.Pairs.FirstOrDefault()?.ToString() ?? "not listed"}. Remove these training records, or split anew with SplitPlan.")
{
    public LeakageReport Report { get; } = report;
}
