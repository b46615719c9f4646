using System.Runtime.ExceptionServices;

namespace RadLab.Compute;

/// <summary>One piece of parallel work over a range of items. A struct, so that nothing is allocated and nothing is called through an interface.</summary>
internal interface IRangeKernel
{
    /// <summary>Computes items [start, end). <paramref name="worker"/> is below <see cref="Engine.Threads"/> and chooses a private workspace, never the result.</summary>
    void Run(long start, long end, int worker);
}

/// <summary>The engine's threads. Ranges are cut into chunks of a size that the caller fixes; which thread takes which chunk is left to chance and must not matter.</summary>
internal sealed unsafe class WorkerPool : IDisposable
{
    // _state = generation << 32 | open bit | number of workers inside the present job
    private const long Open = 1L << 31;
    private const long InsideMask = Open - 1;
    private const int SpinsBeforeSleep = 2000;

    private readonly Thread[] _threads;
    private readonly object _sleep = new();
    private readonly Lock _gate = new();
    private long _state;
    private int _sleepers;
    private volatile bool _stop;
    private volatile bool _interrupted;
    private int _deferred;
    private volatile string? _poison;

    private delegate*<void*, long, long, int, void> _body;
    private void* _kernel;
    private long _items, _grain, _next;
    private volatile bool _cut;
    private volatile Exception? _failure;

    public WorkerPool(int threads)
    {
        Threads = threads;
        _threads = new Thread[threads - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            int worker = i + 1;
            _threads[i] = new Thread(() => Loop(worker)) { IsBackground = true, Name = $"radlab-{worker}" };
            _threads[i].Start();
        }
    }

    public int Threads { get; }

    public IReadOnlyList<Thread> Workers => _threads;

    public void Interrupt() => _interrupted = true;

    /// <summary>An interrupt waits, and no op has come by to take it nor holds it off.</summary>
    public bool HasPendingInterrupt => _interrupted && _poison is null && Volatile.Read(ref _deferred) <= 0;

    /// <summary>An interrupt waits because of <see cref="Defer"/>.</summary>
    public bool HoldsInterruptOff => _interrupted && _poison is null && Volatile.Read(ref _deferred) > 0;

    public void ForgetInterrupt() => _interrupted = _poison is not null;

    public void Poison(string reason)
    {
        _poison = reason;
        _interrupted = true;
    }

    /// <summary>Until as many calls of <see cref="EndDefer"/> an interrupt waits: for work that must not stop half-way, such as an optimizer step.</summary>
    public void Defer() => Interlocked.Increment(ref _deferred);

    public void EndDefer() => Interlocked.Decrement(ref _deferred);

    private bool MustStop => _interrupted && (Volatile.Read(ref _deferred) <= 0 || _poison is not null);

    /// <summary>Throws once for each interrupt; afterwards the engine goes on as before.</summary>
    public void ThrowIfInterrupted()
    {
        if (MustStop) ThrowInterrupted();
    }

    private void ThrowInterrupted()
    {
        if (_poison is { } reason) throw new EnginePoisonedException($"Engine: {reason}");
        _interrupted = false;
        throw new OperationCanceledException("Engine: interrupted between two ops or tiles; parameters are whole, results in progress are not.");
    }

    public void For<TKernel>(in TKernel kernel, long items, long grain) where TKernel : unmanaged, IRangeKernel
    {
        if (items <= 0) return;
        bool cut = false;
        if (items <= grain || _threads.Length == 0)
        {
            TKernel copy = kernel;
            for (long start = 0; start < items && !cut; start += grain)
            {
                if (MustStop) cut = true;
                else copy.Run(start, Math.Min(items, start + grain), 0);
            }
        }
        else
        {
            lock (_gate)
            {
                fixed (TKernel* k = &kernel) Share(&RunChunk<TKernel>, k, items, grain);
                cut = _cut;
            }
        }
        // what was cut short is never passed off as done, whoever has taken the interrupt meanwhile
        if (cut) ThrowInterrupted();
        ThrowIfInterrupted();
    }

    private static void RunChunk<TKernel>(void* kernel, long start, long end, int worker) where TKernel : unmanaged, IRangeKernel =>
        (*(TKernel*)kernel).Run(start, end, worker);

    private void Share(delegate*<void*, long, long, int, void> body, void* kernel, long items, long grain)
    {
        _body = body;
        _kernel = kernel;
        _items = items;
        _grain = grain;
        _next = 0;
        _cut = false;
        Interlocked.Exchange(ref _state, (((_state >> 32) + 1) << 32) | Open);
        if (Volatile.Read(ref _sleepers) > 0)
            lock (_sleep) Monitor.PulseAll(_sleep);

        try
        {
            Work(0);
        }
        finally
        {
            // Nobody may enter now; whoever is inside works on its last chunk. Also where this thread is aborted: the kernel lies on its stack.
            Interlocked.And(ref _state, ~Open);
            var spin = new SpinWait();
            while ((Volatile.Read(ref _state) & InsideMask) != 0) spin.SpinOnce(sleep1Threshold: -1);
        }

        if (_failure is { } failure)
        {
            _failure = null;
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private void Work(int worker)
    {
        try
        {
            while (_failure is null)
            {
                long start = (Interlocked.Increment(ref _next) - 1) * _grain;
                if (start >= _items) return;
                if (MustStop)
                {
                    _cut = true;
                    return;
                }
                _body(_kernel, start, Math.Min(_items, start + _grain), worker);
            }
        }
        catch (Exception e)
        {
            // thrown again at the caller: on a worker's own stack it would end the process
            _failure = e;
        }
    }

    private void Loop(int worker)
    {
        long seen = 0;
        int spins = 0;
        while (!_stop)
        {
            long state = Volatile.Read(ref _state);
            if (state >> 32 != seen && (state & Open) != 0)
            {
                if (Interlocked.CompareExchange(ref _state, state + 1, state) != state) continue;
                seen = state >> 32;
                Work(worker);
                Interlocked.Decrement(ref _state);
                spins = 0;
            }
            else if (++spins < SpinsBeforeSleep)
            {
                Thread.SpinWait(8);
            }
            else
            {
                Sleep(seen);
                spins = 0;
            }
        }
    }

    private void Sleep(long seen)
    {
        lock (_sleep)
        {
            Interlocked.Increment(ref _sleepers);
            long state = Volatile.Read(ref _state);
            if (!_stop && (state >> 32 == seen || (state & Open) == 0)) Monitor.Wait(_sleep);
            Interlocked.Decrement(ref _sleepers);
        }
    }

    /// <summary>Ends the threads without waiting for them.</summary>
    public void Stop()
    {
        _stop = true;
        lock (_sleep) Monitor.PulseAll(_sleep);
    }

    public void Dispose()
    {
        Stop();
        foreach (var thread in _threads) thread.Join();
    }
}
