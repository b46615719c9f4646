namespace RadLab.Radiology;

/// <summary>The labels of one report, in the order of their set.</summary>
public sealed record ReportLabels(IReadOnlyList<string> Names, IReadOnlyList<LabelStatus> Statuses)
{
    public LabelStatus this[string label]
    {
        get
        {
            for (int i = 0; i < Names.Count; i++)
                if (Names[i] == label) return Statuses[i];
            throw new ArgumentException($"ReportLabels: label must be one of {string.Join(", ", Names)}, got {label}.", nameof(label));
        }
    }

    /// <summary>A line for every label that is mentioned, e.g. "Edema: Negative".</summary>
    public override string ToString()
    {
        var lines = Names.Zip(Statuses).Where(l => l.Second != LabelStatus.NotMentioned).Select(l => $"{l.First}: {l.Second}").ToList();
        return lines.Count == 0 ? "nothing mentioned" : string.Join('\n', lines);
    }
}

/// <summary>Where a label comes from.</summary>
/// <param name="Start">First character of the phrase in the report.</param>
public sealed record LabelMention(string Label, int Start, int Length, LabelStatus Status);
