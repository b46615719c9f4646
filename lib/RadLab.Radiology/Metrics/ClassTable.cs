namespace RadLab.Radiology;

/// <summary>One system's labels scored.</summary>
/// <param name="Accuracy">Share of items whose label is admissible, with its interval.</param>
/// <param name="MacroF1">See <see cref="ClassScores.MacroF1"/>.</param>
/// <param name="Distinct">Different labels given.</param>
/// <param name="Commonest">Share of the commonest one: a model that has collapsed gives one label to most.</param>
public sealed record ClassRow(string System, Interval Accuracy, double MacroF1, int Distinct, double Commonest);

/// <summary>Systems that choose labels, compared on the same items.</summary>
/// <param name="Labels">Different labels that the items call for.</param>
public sealed record ClassTable(string Title, int Items, int Labels, IReadOnlyList<ClassRow> Rows)
{
    /// <summary>The labels that count as right, the preferred one first.</summary>
    public static IReadOnlyList<string> Admissible(PromptExample example)
    {
        ArgumentNullException.ThrowIfNull(example);
        return example.Admissible.Count > 0 ? example.Admissible : [example.Answer];
    }

    /// <param name="seed">Of the bootstrap.</param>
    public static ClassTable Of(string title, IReadOnlyList<PromptExample> examples, IReadOnlyList<SystemAnswers> systems, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(examples);
        ArgumentNullException.ThrowIfNull(systems);
        IReadOnlyList<string>[] admissible = [.. examples.Select(Admissible)];
        var rows = new List<ClassRow>();
        foreach (var system in systems)
        {
            var scores = ClassScores.Of(admissible, system.Answers);
            double[] hits = [.. system.Answers.Select((a, i) => admissible[i].Contains(a) ? 1.0 : 0.0)];
            var groups = system.Answers.GroupBy(a => a, StringComparer.Ordinal).ToList();
            rows.Add(new ClassRow(system.System, Bootstrap.Mean(hits, seed), scores.MacroF1, groups.Count, (double)groups.Max(g => g.Count()) / examples.Count));
        }
        return new ClassTable(title, examples.Count, admissible.Select(a => a[0]).Distinct(StringComparer.Ordinal).Count(), rows);
    }

    /// <summary>As aligned text.</summary>
    public override string ToString()
    {
        string[][] cells =
        [
            ["system", "accuracy [95 %]", "macro-F1", "distinct", "commonest"],
            .. Rows.Select(r => (string[])[r.System, r.Accuracy.ToString(), FormattableString.Invariant($"{r.MacroF1:0.000}"), FormattableString.Invariant($"{r.Distinct}"), FormattableString.Invariant($"{r.Commonest:0.000}")]),
        ];
        return FormattableString.Invariant($"{Title} ({Items} items, {Labels} labels)\n") + PlainTable.Aligned(cells);
    }
}
