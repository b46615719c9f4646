using System.Text.Json;

namespace RadLab.Radiology;

/// <summary>
/// The streaming half of a preparation: read, the record steps on several threads, exact duplicates; what is left goes to a spool file. Memory does not grow with
/// the texts: under 30 bytes a record for its id and as many for its hash.
/// </summary>
internal sealed class FirstPass<T>(IRecordKind<T> kind, IReadOnlyList<IRecordStep<T>> steps, PreparationOptions options, PatientSplit split)
    where T : class
{
    private const int BatchRecords = 256;

    private readonly HashTable128 _ids = new();
    private readonly ExactDuplicates _duplicates = new();
    private readonly StepTally[] _tallies = [.. steps.Select(s => new StepTally(s.Name))];
    private readonly StepTally _exact = new("exact duplicates");

    public long Read { get; private set; }

    public long Rejected { get; private set; }

    public long Kept { get; private set; }

    public IEnumerable<StepCount> Counts => _tallies.Append(_exact).Select(t => t.Count());

    private sealed record Outcome(ReadResult<T> Given, Hash128 Id, int DroppedAt, Dropped? Dropped, byte[]? Line, Hash128 Content, List<byte[]> Audit, List<(int Step, string What)> Done);

    /// <param name="rejects">Null where the first unreadable record stops the run.</param>
    /// <param name="audit">Null writes none.</param>
    public void Run(IEnumerable<ReadResult<T>> source, PreparedWriter spool, PreparedWriter? audit, PreparedWriter? rejects, Action<PreparationProgress>? progress, CancellationToken cancellation)
    {
        foreach (var batch in OrderedBatches.Select(source, BatchRecords, options.ThreadCount, Work, cancellation))
        {
            foreach (var outcome in batch) Take(outcome, spool, audit, rejects);
            progress?.Invoke(new PreparationProgress("read, clean, de-identify", Read));
        }
    }

    private void Take(Outcome outcome, PreparedWriter spool, PreparedWriter? audit, PreparedWriter? rejects)
    {
        Read++;
        var rejection = outcome.Given.Rejection;
        if (rejection is null)
        {
            _ids.GetOrAdd(outcome.Id, checked((int)Read), out bool first);
            if (!first) rejection = new Rejection(outcome.Given.File, outcome.Given.Line, "has an id that an earlier record has; ids must be unique within a data set");
        }
        if (rejection is not null)
        {
            if (rejects is null) throw new DataFormatException($"{DataFormatException.At(rejection).Message} (--skip-bad sets such records aside)");
            rejects.Write(PreparedWriter.Line(rejection));
            Rejected++;
            return;
        }
        for (int i = 0; i < steps.Count; i++)
        {
            _tallies[i].In();
            foreach (var (step, what) in outcome.Done)
                if (step == i) _tallies[i].Done(what);
            if (outcome.DroppedAt != i) continue;
            _tallies[i].Drop(outcome.Dropped!.Reason, outcome.Dropped.Meaning);
            return;
        }
        _exact.In();
        if (!_duplicates.Add(outcome.Content, out _))
        {
            _exact.Drop("exact-duplicate", "the same words as an earlier record");
            return;
        }
        spool.Write(outcome.Line);
        foreach (byte[] line in outcome.Audit) audit?.Write(line);
        Kept++;
    }

    private Outcome[] Work(ReadResult<T>[] batch)
    {
        var outcomes = new Outcome[batch.Length];
        for (int i = 0; i < batch.Length; i++) outcomes[i] = Work(batch[i]);
        return outcomes;
    }

    private Outcome Work(ReadResult<T> given)
    {
        if (!given.IsRecord) return new Outcome(given, default, -1, null, null, default, [], []);
        var record = given.Value;
        var id = split.RecordKey(kind.Source(record), kind.Id(record));
        var audit = new List<AuditEntry>();
        var done = new List<(int, string)>();
        for (int i = 0; i < steps.Count; i++)
        {
            var result = steps[i].Apply(record);
            if (result.Dropped is not null) return new Outcome(given, id, i, result.Dropped, null, default, [], done);
            record = result.Record ?? throw new InvalidOperationException($"step {steps[i].Name}: gave neither a record nor a reason");
            audit.AddRange(result.Audit);
            foreach (string what in result.Done) done.Add((i, what));
        }
        string shown = options.HideIds ? split.Key(kind.Source(record), kind.Id(record)).ToString() : kind.Id(record);
        // identifiers that are to be hidden do not even reach the spool
        string? patient = options.ByPatient && kind.PatientId(record) is { Length: > 0 } own ? (options.HideIds ? split.Key(kind.Source(record), own).ToString() : own) : null;
        record = kind.WithIds(record, shown, patient);
        var lines = audit.ConvertAll(a => PreparedWriter.Line(shown, a));
        return new Outcome(given, id, -1, null, JsonSerializer.SerializeToUtf8Bytes(record, Spool.Json), Hash128.OfText(kind.DuplicateText(record)), lines, done);
    }
}
