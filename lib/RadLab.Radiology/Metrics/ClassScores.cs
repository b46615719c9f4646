namespace RadLab.Radiology;

/// <summary>One label's counts.</summary>
/// <param name="Label">The label.</param>
/// <param name="References">Items whose reference it is.</param>
/// <param name="Predictions">Items it was predicted for.</param>
/// <param name="Hits">Both.</param>
public sealed record ClassScore(string Label, int References, int Predictions, int Hits)
{
    /// <summary>0 where it was never predicted.</summary>
    public double Precision => Predictions > 0 ? (double)Hits / Predictions : 0;

    /// <summary>0 where no reference has it.</summary>
    public double Recall => References > 0 ? (double)Hits / References : 0;

    public double F1 => new OverlapScore(Precision, Recall).F;
}

/// <summary>Scores of single-label predictions.</summary>
/// <param name="Labels">Every label of references and predictions, the commonest reference first.</param>
/// <param name="Accuracy">Share of items whose prediction is admissible.</param>
/// <param name="MacroF1">Mean F1 over the labels that occur as a reference: rare ones count as much as common ones.</param>
public sealed record ClassScores(IReadOnlyList<ClassScore> Labels, double Accuracy, double MacroF1)
{
    /// <param name="admissible">Per item: labels that count as right, the preferred one first. A hit on any counts for the one that was predicted.</param>
    /// <param name="predictions">Per item.</param>
    public static ClassScores Of(IReadOnlyList<IReadOnlyList<string>> admissible, IReadOnlyList<string> predictions)
    {
        ArgumentNullException.ThrowIfNull(admissible);
        ArgumentNullException.ThrowIfNull(predictions);
        if (admissible.Count != predictions.Count) throw new ArgumentException($"ClassScores: predictions must be as many as references {admissible.Count}, got {predictions.Count}.");
        if (admissible.Count == 0) throw new ArgumentException("ClassScores: there must be at least one item.");
        var counts = new Dictionary<string, (int References, int Predictions, int Hits)>(StringComparer.Ordinal);
        int hits = 0;
        for (int i = 0; i < predictions.Count; i++)
        {
            bool hit = admissible[i].Contains(predictions[i]);
            string reference = hit ? predictions[i] : admissible[i][0];
            Add(reference, (1, 0, hit ? 1 : 0));
            Add(predictions[i], (0, 1, 0));
            hits += hit ? 1 : 0;
        }
        ClassScore[] labels = [.. counts.Select(c => new ClassScore(c.Key, c.Value.References, c.Value.Predictions, c.Value.Hits)).OrderByDescending(l => l.References).ThenBy(l => l.Label, StringComparer.Ordinal)];
        return new ClassScores(labels, (double)hits / predictions.Count, labels.Where(l => l.References > 0).Average(l => l.F1));

        void Add(string label, (int References, int Predictions, int Hits) more)
        {
            var old = counts.GetValueOrDefault(label);
            counts[label] = (old.References + more.References, old.Predictions + more.Predictions, old.Hits + more.Hits);
        }
    }
}
