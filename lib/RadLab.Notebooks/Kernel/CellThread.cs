using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime;
using System.Runtime.ExceptionServices;
using RadLab.Compute;

namespace RadLab.Notebooks;

/// <summary>
/// Runs one cell on a thread of its own that can be stopped. An interrupt first asks: the session's token and its engines,
/// which stop between two ops with everything whole. A cell that has not ended after <see cref="Patience"/> is aborted.
/// </summary>
internal sealed class CellThread : IDisposable
{
    /// <summary>From the request to the abort.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // A wait in which no engine has answered the interrupt has nothing that must be brought to an end.
    private static readonly TimeSpan s_idlePatience = TimeSpan.FromMilliseconds(100);

    // Shorter than Patience: a thread that only waits is left, not aborted.
    private static readonly TimeSpan s_busyPatience = TimeSpan.FromMilliseconds(1900);

    private const int StackBytes = 16 << 20;

    private readonly CancellationTokenSource _abort = new(), _leave = new();
    private readonly Session _session;
    private readonly Timer _look;
    private Thread? _thread;
    private volatile bool _asked;
    private volatile bool _insideOp;

    public CellThread(Session session) => (_session, _look) = (session, new Timer(_ => LeaveIfNobodyWorks()));

    /// <summary>Asks the running cell to stop; safe from any thread. Asking again begins the wait anew.</summary>
    public void Interrupt()
    {
        _asked = true;
        _session.Interrupt();
        AbortAfter(Patience, s_busyPatience);
        // Engines that have taken the interrupt are on their way out: they get their time. Where none has, the cell only waits.
        Look(s_idlePatience);
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
        _abort.Dispose();
        _leave.Dispose();
    }

    // A slow machine may take long to describe how the code ended; that must not be mistaken for code that does not end.
    private void Disarm()
    {
        Look(Timeout.InfiniteTimeSpan);
        AbortAfter(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private void Look(TimeSpan after)
    {
        try
        {
            _look.Change(after, Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // the cell has ended meanwhile
        }
    }

    private void LeaveIfNobodyWorks()
    {
        if (!_session.Engines.AreUntouched) return;
        try
        {
            _leave.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // the cell has ended meanwhile
        }
    }

    private void AbortAfter(TimeSpan abort, TimeSpan leave)
    {
        try
        {
            _leave.CancelAfter(leave);
            _abort.CancelAfter(abort);
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
                pump.Run(_leave.Token);
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
