namespace RadLab.Radiology;

/// <summary>One system's answers to the same examples.</summary>
public sealed record SystemAnswers(string System, IReadOnlyList<string> Answers);

/// <summary>One system's scores.</summary>
/// <param name="RougeL">Mean F, no stemming.</param>
/// <param name="Exact">Share of answers equal to the reference; see <see cref="ExactMatch"/>.</param>
/// <param name="AgainstFirst">Mean difference of ROUGE-L to the first system on the same items: significant where 0 is outside.</param>
/// <param name="Distinct">Different answers.</param>
/// <param name="Commonest">Share of the commonest answer: a model that has collapsed gives one answer to most.</param>
public sealed record AnswerScores(string System, int Items, Interval RougeL, Interval Exact, Interval AgainstFirst, int Distinct, double Commonest);

/// <summary>Systems compared on the same items.</summary>
/// <param name="Rows">In the order given, then the references themselves for <see cref="AnswerScores.Distinct"/> and <see cref="AnswerScores.Commonest"/>.</param>
public sealed record AnswerTable(string Title, IReadOnlyList<AnswerScores> Rows)
{
    /// <param name="systems">The first is the one that others are compared with.</param>
    /// <param name="seed">Of the bootstrap.</param>
    public static AnswerTable Of(string title, IReadOnlyList<PromptExample> examples, IReadOnlyList<SystemAnswers> systems, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(examples);
        ArgumentNullException.ThrowIfNull(systems);
        if (examples.Count == 0) throw new ArgumentException($"{title}: there must be at least one example.");
        string[][] references = [.. examples.Select(e => MetricTokens.Of(e.Answer))];
        double[]? first = null;
        var rows = new List<AnswerScores>();
        foreach (var system in systems.Append(new SystemAnswers("references", [.. examples.Select(e => e.Answer)])))
        {
            if (system.Answers.Count != examples.Count) throw new ArgumentException($"{title}: {system.System} must answer all {examples.Count} examples, got {system.Answers.Count}.");
            double[] rouge = [.. system.Answers.Select((a, i) => Rouge.L(references[i], MetricTokens.Of(a)).F)];
            double[] exact = [.. system.Answers.Select((a, i) => ExactMatch.Of(examples[i].Answer, a) ? 1.0 : 0.0)];
            first ??= rouge;
            var groups = system.Answers.GroupBy(ExactMatch.Normal, StringComparer.Ordinal).ToList();
            rows.Add(new AnswerScores(system.System, examples.Count, Bootstrap.Mean(rouge, seed), Bootstrap.Mean(exact, seed), Bootstrap.PairedDifference(rouge, first, seed),
                groups.Count, (double)groups.Max(g => g.Count()) / examples.Count));
        }
        return new AnswerTable(title, rows);
    }

    /// <summary>As aligned text.</summary>
    public override string ToString()
    {
        string[][] cells =
        [
            ["system", "ROUGE-L [95 %]", "exact [95 %]", "difference [95 %]", "distinct", "commonest"],
            .. Rows.Select(r => (string[])[r.System, r.RougeL.ToString(), r.Exact.ToString(), r.AgainstFirst.ToString(), FormattableString.Invariant($"{r.Distinct}"), FormattableString.Invariant($"{r.Commonest:0.000}")]),
        ];
        return $"{Title} ({Rows[0].Items} items; {Rouge.Version})\n" + PlainTable.Aligned(cells);
    }
}
