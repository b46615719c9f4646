namespace RadLab.Radiology;

/// <summary>Counts of one step while records stream by.</summary>
internal sealed class StepTally(string step)
{
    private readonly SortedDictionary<string, (string Meaning, long Count)> _dropped = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _done = new(StringComparer.Ordinal);
    private long _in;

    public long Dropped { get; private set; }

    public void In(long records = 1) => _in += records;

    public void Drop(string reason, string meaning, long count = 1)
    {
        if (count == 0) return;
        _dropped[reason] = (meaning, _dropped.GetValueOrDefault(reason).Count + count);
        Dropped += count;
    }

    public void Done(string what, long count = 1)
    {
        if (count > 0) _done[what] = _done.GetValueOrDefault(what) + count;
    }

    /// <summary>Most frequent reasons first.</summary>
    public StepCount Count() => new(step, _in, _in - Dropped,
        [.. _dropped.OrderByDescending(d => d.Value.Count).Select(d => new DropCount(d.Key, d.Value.Meaning, d.Value.Count))],
        [.. _done.Select(d => new DoneCount(d.Key, d.Value))]);
}
