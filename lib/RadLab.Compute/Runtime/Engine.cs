namespace RadLab.Compute;

/// <summary>
/// Owns threads, memory, counters and budget. Nothing is process-global: several engines work side by side, each driven by one thread at a time.
/// </summary>
/// <remarks>
/// Results are bitwise the same for any number of threads, in every run and on every instruction set: work is cut at fixed places,
/// each output element is summed in one fixed order, reductions use one fixed tree of 16 lanes.
/// </remarks>
public sealed partial class Engine : IDisposable
{
    private readonly WorkerPool _workers;
    private readonly Stack<Tape> _tapes = new();
    private int _disposed;

    public Engine(EngineOptions? options = null)
    {
        Options = options ?? new EngineOptions();
        if (Options.MemoryBudgetBytes < 0) throw new ArgumentException($"Engine: MemoryBudgetBytes must be 0 (no bound) or more, got {Options.MemoryBudgetBytes}.");
        Pool = new MemoryPool(Options.MemoryBudgetBytes);
        _workers = new WorkerPool(Options.ResolveThreads());
        EngineGroup.Join(this);
    }

    public EngineOptions Options { get; }

    /// <summary>Threads that compute, the caller's included.</summary>
    public int Threads => _workers.Threads;

    /// <summary>Live, peak and reserved bytes on the CPU.</summary>
    public MemoryCounters Memory => Pool.Counters;

    internal MemoryPool Pool { get; }

    internal IReadOnlyList<Thread> Workers => _workers.Workers;

    internal bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>Sets <see cref="MemoryCounters.PeakBytes"/> back to what is live now.</summary>
    public void ResetPeak() => Pool.ResetPeak();

    /// <summary>Gives memory that waits for reuse back to the system.</summary>
    public void Trim() => Pool.Trim();

    /// <summary>
    /// Stops what runs now, or the next op, with one <see cref="OperationCanceledException"/>: between two ops, or between two tiles of a long one.
    /// Safe from any thread and from a signal handler. Parameters are whole afterwards, gradients are not: clear them, reset the tape and go on.
    /// </summary>
    public void Interrupt() => _workers.Interrupt();

    internal bool HasPendingInterrupt => _workers.HasPendingInterrupt;

    internal bool HoldsInterruptOff => _workers.HoldsInterruptOff;

    /// <summary>Takes back an interrupt that has stopped nothing yet: for who asked, once the work has ended by itself.</summary>
    public void ForgetInterrupt() => _workers.ForgetInterrupt();

    /// <summary>
    /// Makes every further op throw <see cref="EnginePoisonedException"/>: for a host that has aborted a thread in the middle of an op, after
    /// which neither memory nor counters can be trusted. There is no way back.
    /// </summary>
    public void Poison(string reason) => _workers.Poison(reason);

    /// <summary>Until the returned scope ends, an interrupt waits: for steps that must be whole, such as an optimizer update.</summary>
    public InterruptShield DeferInterrupts() => new(_workers);

    /// <summary>A recorder for one training step or one inference; see <see cref="Compute.Tape"/>.</summary>
    /// <param name="recording">False: no gradients, nothing is kept for backward.</param>
    public Tape Tape(bool recording = true) => new(this, recording);

    internal void ThrowIfInterrupted() => _workers.ThrowIfInterrupted();

    internal void For<TKernel>(in TKernel kernel, long items, long grain) where TKernel : unmanaged, IRangeKernel
    {
        if (!Options.DryRun) _workers.For(kernel, items, Math.Max(1, grain));
    }

    // Tapes for checkpointed blocks are reused, so that a warm step allocates none.
    internal Tape RentTape(bool recording)
    {
        if (!_tapes.TryPop(out var tape)) return new Tape(this, recording);
        tape.Recording = recording;
        return tape;
    }

    internal void ReturnTape(Tape tape)
    {
        tape.Reset();
        _tapes.Push(tape);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        GC.SuppressFinalize(this);
        _workers.Dispose();
        Pool.Dispose();
    }

    // for an engine that a notebook forgets: its threads would run and its waiting memory stay for the life of the process
    ~Engine()
    {
        _workers?.Stop();
        Pool?.Dispose();
    }
}

/// <summary>Ends with its scope; see <see cref="Engine.DeferInterrupts"/>.</summary>
public readonly ref struct InterruptShield
{
    private readonly WorkerPool _workers;

    internal InterruptShield(WorkerPool workers)
    {
        _workers = workers;
        _workers.Defer();
    }

    public void Dispose() => _workers.EndDefer();
}
