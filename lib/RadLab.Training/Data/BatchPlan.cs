using System.Globalization;
using RadLab.Compute;

namespace RadLab.Training;

/// <summary>How texts are put together to steps.</summary>
public sealed record BatchSettings
{
    /// <summary>Rows that go through the model at once.</summary>
    public int MicroBatch { get; init; } = 4;

    /// <summary>Such passes of one optimizer step.</summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>Tokens of a row at most.</summary>
    public int SequenceLength { get; init; } = 512;

    /// <summary>Several texts share a row, each apart from its neighbours.</summary>
    public bool Packing { get; init; }

    /// <summary>Texts of like length stand together, so that little is padded.</summary>
    public bool GroupByLength { get; init; }

    internal void Check()
    {
        Require(MicroBatch >= 1, "batch.micro_batch: must be at least 1", MicroBatch);
        Require(Accumulate >= 1, "batch.accumulate: must be at least 1", Accumulate);
        Require(SequenceLength >= 8, "batch.sequence_length: must be at least 8", SequenceLength);
        Require((long)MicroBatch * Accumulate <= int.MaxValue, "batch.accumulate: times micro_batch, must be at most 2147483647", (long)MicroBatch * Accumulate);
        Require((long)MicroBatch * SequenceLength <= int.MaxValue, "batch.micro_batch: times sequence_length, must be at most 2147483647", (long)MicroBatch * SequenceLength);
        if (Packing && GroupByLength) throw new RecipeException("batch.group_by_length: must be false beside batch.packing=true, which leaves nothing to pad; switch one of them off.");
    }

    private static void Require(bool holds, string requirement, long got)
    {
        if (!holds) throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"{requirement}, got {got}."));
    }
}

/// <summary>
/// Which texts stand in which step: a function of texts, settings, seed and epoch alone, so that a resumed run only needs the number of its next step.
/// Every text is in exactly one row of an epoch.
/// </summary>
public sealed class BatchPlan
{
    // texts are sorted by length within windows of this many micro-batches, so that the order stays random on the whole
    private const int GroupWindow = 50;

    private readonly IReadOnlyList<TokenizedText> _texts;
    private readonly BatchSettings _settings;
    private readonly ulong _seed;
    private readonly int[][]? _packed;
    private int _epoch = -1;
    private int[][] _rows = [];

    /// <param name="endTokens">Every text whose end is there must have one of them as its last label: who never learns to end an answer never ends one. Null or empty: not looked at.</param>
    /// <exception cref="TrainingGuardException">There is nothing to train on, or a text teaches nothing, is too long, or teaches no end.</exception>
    public BatchPlan(IReadOnlyList<TokenizedText> texts, BatchSettings settings, ulong seed, IReadOnlyCollection<int>? endTokens = null)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(settings);
        settings.Check();
        if (texts.Count == 0) throw new TrainingGuardException("training data: there is no text to train on; check the data set and what cleaning dropped (its data card).");
        foreach (var text in texts)
        {
            if (text.Counted == 0) throw new TrainingGuardException($"example {text.Id}: no label is left to learn from: the answer is empty or was cut; drop it or raise batch.sequence_length.");
            if (text.Ids.Length > settings.SequenceLength)
                throw new TrainingGuardException(string.Create(CultureInfo.InvariantCulture, $"example {text.Id}: {text.Ids.Length} tokens must fit batch.sequence_length={settings.SequenceLength}; encode with that limit."));
            if (endTokens is { Count: > 0 } && text.HasEnd && !endTokens.Contains(text.LastLabel))
                throw new TrainingGuardException(string.Create(CultureInfo.InvariantCulture, $"example {text.Id}: the last token that is learnt must be an end token ({string.Join(", ", endTokens)}), got {text.LastLabel}: the model would not learn to end its answers; encode it with its end."));
        }
        (_texts, _settings, _seed) = (texts, settings, seed);
        if (settings.Packing) _packed = Pack();
        Rows(0);
        StepsPerEpoch = (_rows.Length + RowsPerStep - 1) / RowsPerStep;
    }

    /// <summary>Optimizer steps of an epoch.</summary>
    public int StepsPerEpoch { get; }

    private int RowsPerStep => _settings.MicroBatch * _settings.Accumulate;

    /// <summary>The micro-batches of a step, as indices of texts by row. The last step of an epoch may be smaller.</summary>
    /// <param name="step">From 0; an epoch has <see cref="StepsPerEpoch"/> steps.</param>
    public IReadOnlyList<int[][]> Step(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        int[][] rows = Rows((int)(step / StepsPerEpoch));
        int first = (int)(step % StepsPerEpoch) * RowsPerStep;
        return [.. rows[first..Math.Min(rows.Length, first + RowsPerStep)].Chunk(_settings.MicroBatch)];
    }

    /// <summary>Labels that the loss falls on in these rows.</summary>
    public int Counted(int[][] rows) => rows.Sum(row => row.Sum(i => _texts[i].Counted));

    /// <summary>The same labels by their weights.</summary>
    public double Weight(int[][] rows) => rows.Sum(row => row.Sum(i => _texts[i].Counted * (double)_texts[i].Weight));

    /// <summary>The example's id behind an index in a row.</summary>
    public string IdOf(int text) => _texts[text].Id;

    /// <summary>Rows of one micro-batch as tensors.</summary>
    public Batch Make(Engine engine, int[][] rows) => _settings.Packing
        ? Batch.Packed(engine, [.. rows.Select(r => (IReadOnlyList<TokenizedText>)[.. r.Select(i => _texts[i])])], _settings.SequenceLength)
        : Batch.Padded(engine, [.. rows.Select(r => _texts[r[0]])]);

    private int[][] Rows(int epoch)
    {
        if (epoch == _epoch) return _rows;
        var key = new RandomKey(_seed, TrainingStreams.Order, (uint)epoch);
        if (_packed is { } packed)
        {
            // what shares a row stays together: so every epoch has as many steps
            _rows = [.. packed];
            key.Shuffle<int[]>(_rows);
        }
        else
        {
            int[] order = [.. Enumerable.Range(0, _texts.Count)];
            key.Shuffle<int>(order);
            _rows = _settings.GroupByLength ? Grouped(order, epoch) : [.. order.Select(i => (int[])[i])];
        }
        _epoch = epoch;
        return _rows;
    }

    private int[][] Grouped(int[] order, int epoch)
    {
        var batches = new List<int[]>();
        foreach (int[] window in order.Chunk(GroupWindow * _settings.MicroBatch))
        {
            // a stable sort: equal lengths keep the random order
            batches.AddRange(window.OrderByDescending(i => _texts[i].Ids.Length).Chunk(_settings.MicroBatch));
        }
        int[][] all = [.. batches];
        // a shorter last batch must stay last, or rows would shift against micro-batches
        int full = all.Length > 0 && all[^1].Length < _settings.MicroBatch ? all.Length - 1 : all.Length;
        new RandomKey(_seed, TrainingStreams.GroupOrder, (uint)epoch).Shuffle(all.AsSpan(0, full));
        return [.. all.SelectMany(b => b).Select(i => (int[])[i])];
    }

    // First fit over the few rows that are open, the fullest closed when there are too many: within 2 to 3 % of full rows for reports.
    private int[][] Pack()
    {
        const int mostOpen = 32;
        int[] order = [.. Enumerable.Range(0, _texts.Count)];
        new RandomKey(_seed, TrainingStreams.Packing, 0).Shuffle<int>(order);
        var closed = new List<int[]>();
        var open = new List<OpenRow>();
        foreach (int text in order)
        {
            int length = _texts[text].Ids.Length;
            var row = open.Find(r => r.Free >= length);
            if (row is null)
            {
                if (open.Count == mostOpen)
                {
                    var fullest = open.MinBy(r => r.Free)!;
                    open.Remove(fullest);
                    closed.Add([.. fullest.Texts]);
                }
                open.Add(row = new OpenRow { Free = _settings.SequenceLength });
            }
            row.Texts.Add(text);
            row.Free -= length;
        }
        return [.. closed, .. open.Select(r => r.Texts.ToArray())];
    }

    private sealed class OpenRow
    {
        public List<int> Texts { get; } = [];

        public int Free { get; set; }
    }
}

/// <summary>Random streams of training; those of the model are its own.</summary>
internal static class TrainingStreams
{
    public const uint Order = 0x0600_0000;
    public const uint GroupOrder = 0x0601_0000;
    public const uint Packing = 0x0602_0000;
    public const uint PretrainingForm = 0x0603_0000;
}
