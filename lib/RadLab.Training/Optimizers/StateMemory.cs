using RadLab.Compute;

namespace RadLab.Training;

/// <summary>The memory behind the states of an optimizer: tensors of the engine, or pages of a file where they would take more than the budget.</summary>
internal sealed class StateMemory : IDisposable
{
    private readonly List<Tensor> _tensors = [];

    /// <summary>Gives every state its pieces, filled with zeros.</summary>
    public StateMemory(Engine engine, IReadOnlyList<ParameterState> states, long? budgetBytes, string? folder)
    {
        Bytes = states.Sum(s => s.Bytes);
        if (budgetBytes is { } budget && Bytes > budget)
        {
            if (string.IsNullOrEmpty(folder))
                throw new ArgumentException("AdamW: a state larger than StateBudgetBytes needs a folder for its pages; name one (pageFolder).");
            Paged = Page(engine, states, budget, folder);
            return;
        }
        try
        {
            foreach (var s in states) s.Pieces = [new StatePiece(null, [.. s.Parts.Select(part => Keep(engine.Zeros(s.ShapeOf(part), part.DType)))])];
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public long Bytes { get; }

    /// <summary>Null where all is in memory.</summary>
    public PagedTensors? Paged { get; }

    public void Dispose()
    {
        foreach (var t in _tensors) t.Dispose();
        Paged?.Dispose();
    }

    private Tensor Keep(Tensor t)
    {
        _tensors.Add(t);
        return t;
    }

    private static PagedTensors Page(Engine engine, IReadOnlyList<ParameterState> states, long budget, string folder)
    {
        var ranges = new List<(ParameterState State, ElementRange Range)>();
        foreach (var s in states)
        {
            // whole blocks in every piece but a parameter's last, so that 8-bit states are cut between them
            double bytesEach = (double)s.Parts.Sum(p => p.Bytes(1 << 20)) / (1 << 20);
            long most = Math.Max(1, (long)(PagedTensors.PageBytes(budget) / bytesEach) / 4096) * 4096;
            for (long first = 0; first < s.Elements; first += most) ranges.Add((s, new ElementRange(first, Math.Min(most, s.Elements - first))));
        }
        var paged = new PagedTensors(engine, folder, budget, [.. ranges.Select(r => r.State.Parts.Select(p => (checked((int)p.Count(r.Range.Count)), p.DType)).ToArray())]);
        int page = 0;
        foreach (var own in ranges.GroupBy(r => r.State))
        {
            var pieces = new List<StatePiece>();
            foreach (var (state, range) in own)
            {
                int at = page++;
                pieces.Add(new StatePiece(range, [.. Enumerable.Range(0, state.Parts.Length).Select(k => paged[at, k])]));
            }
            own.Key.Pieces = [.. pieces];
        }
        return paged;
    }
}
