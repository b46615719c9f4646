using System.Globalization;

namespace RadLab.Radiology;

/// <summary>
/// Makes training files of a stream of records:
/// <code>
/// read → steps (sections, clean, de-identify) → exact duplicates → near duplicates → split → leakage gate → prompts → train/validation/test.jsonl
/// </code>
/// The folder appears under its name only when all of it is written and the counts add up. The same input and options give the same bytes, for any number
/// of threads.
/// </summary>
public sealed class Preparation<T>
    where T : class
{
    private readonly IRecordKind<T> _kind;
    private readonly IReadOnlyList<IRecordStep<T>> _steps;
    private readonly Func<T, ulong, string, PromptExample> _prompt;
    private readonly PreparationOptions _options;
    private readonly PatientSplit _split;

    /// <param name="steps">In their order; called from several threads.</param>
    /// <param name="prompt">Makes the example of a record, by the seed of the wordings and the name of its split.</param>
    public Preparation(IRecordKind<T> kind, IReadOnlyList<IRecordStep<T>> steps, Func<T, ulong, string, PromptExample> prompt, PreparationOptions options)
    {
        (_kind, _steps, _prompt, _options) = (kind, steps, prompt, options);
        _split = new PatientSplit(options.Salt, options.Shares);
    }

    /// <param name="provenance">Asked for at the end, when the files have been read.</param>
    /// <param name="folder">Must not be there, unless <paramref name="replace"/>.</param>
    public DataCard Run(IEnumerable<ReadResult<T>> source, Func<DataProvenance> provenance, string task, string folder, bool replace = false, Action<PreparationProgress>? progress = null, CancellationToken cancellation = default)
    {
        using var target = new NewFolder(folder, replace);
        var first = new FirstPass<T>(_kind, _steps, _options, _split);
        string spool = Path.Combine(target.Path, Spool.Name);
        var files = new List<PreparedFile>();
        using (var records = new PreparedWriter(target.Path, Spool.Name))
        using (var audit = new PreparedWriter(target.Path, "audit.jsonl"))
        using (var rejects = _options.SkipBad ? new PreparedWriter(target.Path, "rejects.jsonl") : null)
        {
            first.Run(source, records, audit, rejects, progress, cancellation);
            records.Close();
            files.Add(audit.Close());
            if (rejects is not null) files.Add(rejects.Close());
        }

        var steps = first.Counts.ToList();
        var near = DropNearDuplicates(spool, steps, progress, cancellation);
        var sides = Split(spool, near, steps, progress, cancellation);
        var leakage = Gate(spool, near, sides, steps, progress, cancellation);
        files.AddRange(WritePrompts(spool, near, sides, target.Path, steps, progress, cancellation));
        using (var ledger = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" })
        {
            sides.Ledger.Write(ledger);
            NewFile.Write(Path.Combine(target.Path, "split-ledger.txt"), System.Text.Encoding.UTF8.GetBytes(ledger.ToString()));
        }
        File.Delete(spool);

        var card = new DataCard
        {
            Provenance = provenance(),
            Task = task,
            Read = first.Read,
            Kept = steps[^1].Out,
            Rejected = first.Rejected,
            Dropped = steps.Sum(s => s.In - s.Out),
            Steps = steps,
            Splits = [.. Enum.GetValues<DataSplit>().Select(side => new SplitCount(side.Name(), sides.Count(side), sides.Records.Where(r => r.Split == side).Select(r => r.Group).Distinct().Count()))],
            Files = [.. files.OrderBy(f => f.Name, StringComparer.Ordinal)],
            Leakage = leakage.Summary(),
            Settings = [.. Settings(), .. _options.Settings],
        };
        card.Check();
        DataCardFiles.Write(card, target.Path);
        target.Keep();
        return card;
    }

    /// <summary>Positions in the spool that are dropped.</summary>
    private HashSet<int> DropNearDuplicates(string spool, List<StepCount> steps, Action<PreparationProgress>? progress, CancellationToken cancellation)
    {
        var tally = new StepTally("near duplicates");
        tally.In(steps[^1].Out);
        var gone = new HashSet<int>();
        if (_options.DropNearDuplicatesFrom is { } threshold)
        {
            var near = new NearDuplicates(new NearDuplicateOptions { Threshold = threshold });
            foreach (var record in Each(spool, "near duplicates", progress, cancellation)) near.Add(_kind.DuplicateText(record));
            var clusters = near.Cluster(_options.ThreadCount, cancellation);
            for (int i = 0; i < clusters.Texts; i++)
                if (clusters.ClusterOf[i] != i) gone.Add(i);
            tally.Drop("near-duplicate", string.Create(CultureInfo.InvariantCulture, $"nearly an earlier record's words (similarity from {threshold})"), gone.Count);
        }
        steps.Add(tally.Count());
        return gone;
    }

    private SplitResult Split(string spool, HashSet<int> gone, List<StepCount> steps, Action<PreparationProgress>? progress, CancellationToken cancellation)
    {
        var tally = new StepTally("split");
        tally.In(steps[^1].Out);
        var plan = new SplitPlan(_split, _options.Split, _options.Earlier);
        foreach (var (_, record) in Left(spool, gone, "split", progress, cancellation)) plan.Add(_kind.Source(record), _kind.Id(record), _kind.PatientId(record), _kind.EvaluationText(record), _options.GivenSide?.Invoke(_kind.Id(record)));
        var sides = plan.Assign(_options.ThreadCount, cancellation);
        tally.Drop("between-sides", "like records of several sides of the earlier preparation", sides.Count(SplitBasis.BridgesSides));
        tally.Drop("repeats-evaluation", "would train on a text that repeats one of validation or test", sides.Count(SplitBasis.RepeatsEvaluation));
        tally.Done("by patient", sides.Count(SplitBasis.Patient));
        tally.Done("by cluster of similar texts", sides.Count(SplitBasis.Cluster));
        tally.Done("as in the earlier preparation", sides.Count(SplitBasis.Earlier));
        tally.Done("as the source gives it", sides.Count(SplitBasis.Given));
        steps.Add(tally.Count());
        return sides;
    }

    /// <summary>Holds the sides against each other once more, from the texts themselves: what the split missed stops the run.</summary>
    private LeakageReport Gate(string spool, HashSet<int> gone, SplitResult sides, List<StepCount> steps, Action<PreparationProgress>? progress, CancellationToken cancellation)
    {
        var tally = new StepTally("leakage gate");
        tally.In(steps[^1].Out);
        var gate = new LeakageGate(_options.Split.Leakage);
        foreach (var (i, record) in Left(spool, gone, "leakage gate", progress, cancellation))
            if (sides.Records[i].Split is DataSplit.Validation or DataSplit.Test) gate.AddEvaluationText(_kind.Id(record), _kind.EvaluationText(record));
        foreach (var (i, record) in Left(spool, gone, "leakage gate", progress, cancellation))
            if (sides.Records[i].Split is DataSplit.Train) gate.CheckTrainingText(_kind.Id(record), _kind.EvaluationText(record));
        var report = gate.Report();
        report.Require();
        tally.Done("evaluation texts looked for", report.EvaluationRecords);
        steps.Add(tally.Count());
        return report;
    }

    private List<PreparedFile> WritePrompts(string spool, HashSet<int> gone, SplitResult sides, string folder, List<StepCount> steps, Action<PreparationProgress>? progress, CancellationToken cancellation)
    {
        var tally = new StepTally("prompts");
        var writers = Enum.GetValues<DataSplit>().ToDictionary(s => s, s => new PreparedWriter(folder, s.Name() + ".jsonl"));
        try
        {
            foreach (var (i, record) in Left(spool, gone, "prompts", progress, cancellation))
            {
                if (sides.Records[i].Split is not { } side) continue;
                tally.In();
                writers[side].Write(PreparedWriter.Line(_prompt(record, _options.Seed, side.Name())));
            }
            steps.Add(tally.Count());
            return [.. writers.Values.Select(w => w.Close())];
        }
        finally
        {
            foreach (var writer in writers.Values) writer.Dispose();
        }
    }

    private IEnumerable<T> Each(string spool, string stage, Action<PreparationProgress>? progress, CancellationToken cancellation)
    {
        long n = 0;
        foreach (var record in Spool.Read<T>(spool))
        {
            if (n++ % 1000 == 0)
            {
                cancellation.ThrowIfCancellationRequested();
                progress?.Invoke(new PreparationProgress(stage, n));
            }
            yield return record;
        }
    }

    /// <summary>The records that are left, numbered as the split numbers them.</summary>
    private IEnumerable<(int Index, T Record)> Left(string spool, HashSet<int> gone, string stage, Action<PreparationProgress>? progress, CancellationToken cancellation)
    {
        int position = 0, index = 0;
        foreach (var record in Each(spool, stage, progress, cancellation))
            if (!gone.Contains(position++)) yield return (index++, record);
    }

    private IEnumerable<KeyValuePair<string, string>> Settings()
    {
        yield return KeyValuePair.Create("seed of the wordings", _options.Seed.ToString(CultureInfo.InvariantCulture));
        yield return KeyValuePair.Create("record ids", _options.HideIds ? "salted hashes" : "the source's own");
        yield return KeyValuePair.Create("near duplicates", _options.DropNearDuplicatesFrom is { } t ? string.Create(CultureInfo.InvariantCulture, $"dropped from similarity {t}") : "kept");
        yield return KeyValuePair.Create("split", string.Create(CultureInfo.InvariantCulture,
            $"{(_options.ByPatient ? "by patient, where unknown " : "")}by groups of similar inputs (similarity {_options.Split.Near.Threshold}); train {_options.Shares.Train}, validation {_options.Shares.Validation}, test {_options.Shares.Test}"));
        yield return KeyValuePair.Create("leakage gate", string.Create(CultureInfo.InvariantCulture,
            $"same text, similarity {_options.Split.Leakage.NearAt} or more, or {_options.Split.Leakage.ContainedAt} contained from {_options.Split.Leakage.ContainedFromWords} words"));
    }
}
