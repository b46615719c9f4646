using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime;
using System.Runtime.ExceptionServices;
using RadLab.Compute;

namespace RadLab.Notebooks;

/// <summary>
/// Runs one cell on a thread of its own that can be stopped. An interrupt first asks: the session's token and its engines,
/// which stop between two ops with everything whole. A cell that has not ended after <see cref="Patience"/> is aborted, but
/// work that must be whole (an optimizer step, a checkpoint) is brought to its end first.
/// </summary>
internal sealed class CellThread : IDisposable
{
    /// <summary>From the request to the abort.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>The most that work which holds an interrupt off gets: a large checkpoint on a slow disk.</summary>
    public static readonly TimeSpan ShieldedPatience = TimeSpan.FromSeconds(60);

    // A wait in which no engine has answered the interrupt has nothing that must be brought to an end.
    private static readonly TimeSpan s_idlePatience = TimeSpan.FromMilliseconds(100);

    // Shorter than Patience: a thread that only waits is left, not aborted.
    private static readonly TimeSpan s_busyPatience = TimeSpan.FromMilliseconds(1900);

    private const int StackBytes = 16 << 20;

    private readonly CancellationTokenSource _abort = new(), _leave = new();
    // How often shielded work is looked at once the time of all other work is over.
    private static readonly TimeSpan s_shieldLook = TimeSpan.FromMilliseconds(50);

    private readonly Session _session;
    private readonly TimeSpan _shieldedPatience;
    private readonly Timer _look, _end;
    private Thread? _thread;
    private long _shieldedUntil;
    private bool _wasShielded;
    private volatile bool _asked, _codeEnded;
    private volatile bool _insideOp;

    /// <param name="shieldedPatience">Null for <see cref="ShieldedPatience"/>.</param>
    public CellThread(Session session, TimeSpan? shieldedPatience = null)
    {
        (_session, _shieldedPatience) = (session, shieldedPatience ?? ShieldedPatience);
        (_look, _end) = (new Timer(_ => LeaveIfNobodyWorks()), new Timer(_ => End()));
    }

    /// <summary>Asks the running cell to stop; safe from any thread. Asking again begins the wait anew.</summary>
    public void Interrupt()
    {
        (_asked, _codeEnded) = (true, false);
        _session.Interrupt();
        Volatile.Write(ref _shieldedUntil, Environment.TickCount64 + (long)_shieldedPatience.TotalMilliseconds);
        Set(_end, s_busyPatience);
        // Engines that have taken the interrupt are on their way out: they get their time. Where none has, the cell only waits.
        Set(_look, s_idlePatience);
    }

    public Task<CellResult> RunAsync(string source, ICellOutput output, string? language = null)
    {
        var done = new TaskCompletionSource<CellResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        _thread = new Thread(() => done.TrySetResult(Run(source, output, language)), StackBytes) { IsBackground = true, Name = "cell" };
        _thread.Start();
        return done.Task;
    }

    public void Dispose()
    {
        _look.Dispose();
        _end.Dispose();
        _abort.Dispose();
        _leave.Dispose();
    }

    // A slow machine may take long to describe how the code ended; that must not be mistaken for code that does not end.
    private void Disarm()
    {
        _codeEnded = true;
        Set(_look, Timeout.InfiniteTimeSpan);
        Set(_end, Timeout.InfiniteTimeSpan);
        Quietly(() => _abort.CancelAfter(Timeout.InfiniteTimeSpan));
    }

    private void LeaveIfNobodyWorks()
    {
        if (_session.Engines.AreUntouched) Quietly(_leave.Cancel);
    }

    private void End()
    {
        bool shielded = _session.Engines.AreShielded && Environment.TickCount64 < Volatile.Read(ref _shieldedUntil);
        if (shielded || _wasShielded)
        {
            // what was shielded takes the interrupt at its next op, and has the time of all other work for that
            Set(_end, shielded ? s_shieldLook : s_busyPatience);
            _wasShielded = shielded;
            return;
        }
        Quietly(_leave.Cancel);
        Quietly(() => _abort.CancelAfter(Patience - s_busyPatience));
    }

    private static void Set(Timer timer, TimeSpan after) => Quietly(() => timer.Change(after, Timeout.InfiniteTimeSpan));

    private static void Quietly(Action act)
    {
        try
        {
            act();
        }
        catch (ObjectDisposedException)
        {
            // the cell has ended meanwhile
        }
    }

    private CellResult Run(string source, ICellOutput output, string? language)
    {
        CellResult? result = null;
        bool left = false;
        _session.Engines.ForgetInterrupt();   // see below
        EventHandler<FirstChanceExceptionEventArgs> watch = Watch;
        AppDomain.CurrentDomain.FirstChanceException += watch;
        _session.CodeEnded = Disarm;
        try
        {
#pragma warning disable SYSLIB0046 // the only way to stop a loop that asks nobody; see Patience
            ControlledExecution.Run(() =>
            {
                var pump = new Pump();
                SynchronizationContext.SetSynchronizationContext(pump);
                var task = _session.RunAsync(source, output, language);
                task.ContinueWith(_ => pump.End(), TaskScheduler.Default);
                try
                {
                    pump.Run(_leave.Token);
                }
                catch (OperationCanceledException) when (_codeEnded)
                {
                    // the code has ended by itself after all, and says how
                }
                result = task.GetAwaiter().GetResult();
            }, _abort.Token);
#pragma warning restore SYSLIB0046
        }
        catch (OperationCanceledException)
        {
            left = !_abort.IsCancellationRequested;
            result = Stopped(aborted: !left);
        }
        finally
        {
            AppDomain.CurrentDomain.FirstChanceException -= watch;
            _session.CodeEnded = null;
        }
        // an abort that a cell's own async machinery has turned into its result
        if (result!.Error is { Name: "ThreadAbortException" }) result = Stopped(aborted: true);
        else if (_asked && result.Error is { Name: "OperationCanceledException" or "TaskCanceledException" }) result = Of("the cell was interrupted; what earlier cells made is whole.");
        // what a cell that was left has started elsewhere stops at its next op; before the next cell the interrupt is over
        if (!left) _session.Engines.ForgetInterrupt();
        return result;
    }

    private CellResult Stopped(bool aborted)
    {
        _session.Abandon();
        if (!aborted) return Of("the cell was interrupted while it waited; work that it had started elsewhere may go on: restart the kernel if it must not.");
        if (!_insideOp) return Of("the cell was interrupted; it did not stop by itself and was aborted: values that it was writing may be half done.");
        _session.Engines.Poison("an op was aborted in the middle, so memory and results of this engine cannot be trusted; restart the kernel.");
        return Of("the cell was aborted in the middle of an op: the engines of this session refuse to go on; restart the kernel.");
    }

    private CellResult Of(string message) =>
        new(false, null, new CellError("Interrupted", message, _session.Count, null, [FormattableString.Invariant($"cell {_session.Count}: {message}")]));

    // At its first chance an exception's thread still stands where it was thrown.
    private void Watch(object? sender, FirstChanceExceptionEventArgs e)
    {
        if (e.Exception is not ThreadAbortException || Thread.CurrentThread != _thread || _insideOp) return;
        foreach (var frame in new StackTrace(1).GetFrames())
            if (frame.GetMethod()?.DeclaringType?.Assembly == typeof(Engine).Assembly) _insideOp = true;
    }

    /// <summary>The cell's continuations run on the cell's thread, so that an abort reaches them too.</summary>
    private sealed class Pump : SynchronizationContext
    {
        private readonly BlockingCollection<(SendOrPostCallback, object?)> _queue = [];

        public override void Post(SendOrPostCallback d, object? state)
        {
            try
            {
                _queue.Add((d, state));
            }
            catch (InvalidOperationException)
            {
                // the cell has ended or was abandoned: what comes later has no place to run
            }
        }

        public void End() => _queue.CompleteAdding();

        public void Run(CancellationToken leave)
        {
            try
            {
                foreach (var (callback, state) in _queue.GetConsumingEnumerable(leave)) callback(state);
            }
            finally
            {
                _queue.CompleteAdding();
            }
        }
    }
}
