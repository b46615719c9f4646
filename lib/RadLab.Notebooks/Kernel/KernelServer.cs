using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace RadLab.Notebooks;

/// <summary>
/// RadLab's Jupyter kernel: the protocol 5.3 over five sockets. Requests of the shell are answered one after the other; those
/// on the control channel (interrupt, shutdown) at once, also while a cell runs, and an interrupt on whichever channel it comes.
/// </summary>
public sealed partial class KernelServer : IDisposable
{
    private readonly JupyterCodec _codec;
    private readonly ZmtpListener _shell, _control, _stdin, _iopub, _heartbeat;
    private readonly Channel<JupyterMessage> _requests = Channel.CreateUnbounded<JupyterMessage>();
    private readonly Channel<JupyterMessage> _answers = Channel.CreateUnbounded<JupyterMessage>();
    private readonly TaskCompletionSource<bool> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<(int Count, string Source, string? Result)> _history = [];
    private readonly Session _session;
    private readonly CodeAssistant _assistant;
    private readonly Action<string> _log;
    private readonly TimeSpan? _shieldedPatience;
    private CellThread? _running;
    private int _count;
    private bool _warned;
    private long _received, _abortUpTo;

    /// <param name="shieldedPatience">See <see cref="CellThread.ShieldedPatience"/>.</param>
    internal KernelServer(ConnectionFile connection, string folder, Action<string>? log = null, TimeSpan? shieldedPatience = null)
    {
        _shieldedPatience = shieldedPatience;
        _log = log ?? (_ => { });
        _codec = new JupyterCodec(new MessageSigner(connection.Key));
        _session = new Session(folder);
        _assistant = new CodeAssistant(_session);
        _iopub = new ZmtpListener(connection.Address, connection.IoPub, ZmtpRole.Publisher);
        _heartbeat = new ZmtpListener(connection.Address, connection.Heartbeat, ZmtpRole.Echo);
        _stdin = new ZmtpListener(connection.Address, connection.Stdin, ZmtpRole.Router, (p, m) => Take(p, m, a => _answers.Writer.TryWrite(a)));
        _shell = new ZmtpListener(connection.Address, connection.Shell, ZmtpRole.Router, (p, m) => Take(p, m, r =>
        {
            // VS Code interrupts on this channel: behind the cell that it is meant for, the request would wait for ever
            if (r.Type == "interrupt_request")
            {
                Control(r);
                return;
            }
            Interlocked.Increment(ref _received);
            _requests.Writer.TryWrite(r);
        }));
        _control = new ZmtpListener(connection.Address, connection.Control, ZmtpRole.Router, (p, m) => Take(p, m, Control));
    }

    /// <summary>Serves the client that wrote the connection file until it asks for shutdown or ends.</summary>
    /// <param name="folder">Where relative paths of cells begin: the notebook's folder.</param>
    /// <exception cref="KernelException">The connection file cannot be served.</exception>
    public static async Task RunAsync(string connectionFile, string folder, bool allowRemote = false, Action<string>? log = null, CancellationToken cancellation = default)
    {
        using var kernel = new KernelServer(ConnectionFile.Load(connectionFile, allowRemote), folder, log);
        using var stop = cancellation.Register(() => kernel._ended.TrySetResult(true));
        await kernel.ServeAsync().ConfigureAwait(false);
    }

    /// <summary>Stops the running cell, as an interrupt request does.</summary>
    public void Interrupt() => Volatile.Read(ref _running)?.Interrupt();

    internal (int Shell, int IoPub, int Stdin, int Control, int Heartbeat) Ports => (_shell.Port, _iopub.Port, _stdin.Port, _control.Port, _heartbeat.Port);

    internal async Task ServeAsync()
    {
        var loop = Task.Run(ShellAsync);
        await Task.WhenAny(_ended.Task, loop, ParentEnds()).ConfigureAwait(false);
        // the last answers shall go out; a client that does not read them is not waited for
        for (int i = 0; i < 50 && !(_shell.Drained && _control.Drained && _iopub.Drained); i++) await Task.Delay(10).ConfigureAwait(false);
        await Task.Delay(50).ConfigureAwait(false);
    }

    public void Dispose()
    {
        Interrupt();
        _requests.Writer.TryComplete();
        foreach (var listener in new[] { _shell, _control, _stdin, _iopub, _heartbeat }) listener.Dispose();
        if (_running is null) _session.Dispose();
    }

    private void Take(ZmtpPeer peer, List<byte[]> frames, Action<JupyterMessage> act)
    {
        var message = _codec.Read(peer, frames, out string? refused);
        if (message is null) _log($"refused {refused}");
        else act(message);
    }

    private async Task ShellAsync()
    {
        long taken = 0;
        await foreach (var request in _requests.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            taken++;
            try
            {
                Publish(request, "status", new() { ["execution_state"] = "busy" });
                if (request.Type == "execute_request" && taken <= Interlocked.Read(ref _abortUpTo)) Reply(request, "execute_reply", new() { ["status"] = "aborted", ["execution_count"] = _count });
                else if (request.Type == "execute_request") await ExecuteAsync(request).ConfigureAwait(false);
                else Answer(request);
            }
            catch (Exception e)
            {
                // a request may fail, the kernel must not: the client gets an answer and the next request its turn
                _log($"{request.Type}: {e.GetType().Name}: {e.Message}");
                Reply(request, ReplyTo(request.Type), new() { ["status"] = "error", ["ename"] = e.GetType().Name, ["evalue"] = e.Message, ["traceback"] = new JsonArray() });
            }
            Publish(request, "status", new() { ["execution_state"] = "idle" });
        }
    }

    private void Control(JupyterMessage request)
    {
        Publish(request, "status", new() { ["execution_state"] = "busy" });
        switch (request.Type)
        {
            case "interrupt_request":
                Interrupt();
                Reply(request, "interrupt_reply", Ok());
                break;
            case "shutdown_request":
                var reply = Ok();
                reply["restart"] = JupyterMessage.Flag(request.Content, "restart", false);
                Reply(request, "shutdown_reply", reply);
                break;
            default:
                Answer(request);
                break;
        }
        Publish(request, "status", new() { ["execution_state"] = "idle" });
        if (request.Type == "shutdown_request") _ended.TrySetResult(true);
    }

    private async Task ExecuteAsync(JupyterMessage request)
    {
        var content = request.Content;
        string source = JupyterMessage.Text(content, "code") ?? "";
        bool silent = JupyterMessage.Flag(content, "silent", false), store = !silent && JupyterMessage.Flag(content, "store_history", true);
        if (store) _count++;
        int count = _count;
        if (!silent) Publish(request, "execute_input", new() { ["code"] = source, ["execution_count"] = count });

        using var thread = new CellThread(_session, _shieldedPatience);
        bool mayAsk = JupyterMessage.Flag(content, "allow_stdin", true);
        using var output = new KernelOutput((type, json) => Publish(request, type, json), (prompt, secret) => Ask(request, thread, mayAsk, prompt, secret));
        Volatile.Write(ref _running, thread);
        var result = await thread.RunAsync(source, output).ConfigureAwait(false);
        Volatile.Write(ref _running, null);
        if (!silent && !_warned && NotebookData.Of(_session.Data) is var data && data.RestrictedBy([]) is not null)
        {
            // the client writes the outputs into the notebook's file, wherever that lies
            _warned = true;
            output.Write("stderr", $"This notebook has read {data}: what it shows must not be published. 'radlab notebooks protect' keeps outputs out of git.\n");
        }

        var (error, text) = (result.Error, (string?)null);
        if (error is null && result.HasValue && result.Value is not DisplayedValue && !silent)
        {
            try
            {
                var bundle = Formatters.Format(result.Value);
                text = bundle["text/plain"];
                output.Flush();
                Publish(request, "execute_result", new() { ["execution_count"] = count, ["data"] = KernelOutput.Data(bundle), ["metadata"] = new JsonObject() });
            }
            catch (Exception e)
            {
                error = CellError.OfException(e, _session.Count);
            }
        }
        output.Flush();
        if (store) Remember(count, source, text);
        if (error is null)
        {
            var reply = Ok();
            (reply["execution_count"], reply["user_expressions"], reply["payload"]) = (count, new JsonObject(), new JsonArray());
            Reply(request, "execute_reply", reply);
            return;
        }
        if (!silent) Publish(request, "error", Error(error));
        var failed = Error(error);
        (failed["status"], failed["execution_count"]) = ("error", count);
        if (JupyterMessage.Flag(content, "stop_on_error", true)) Interlocked.Exchange(ref _abortUpTo, Interlocked.Read(ref _received));
        Reply(request, "execute_reply", failed);
    }

    private string Ask(JupyterMessage request, CellThread thread, bool mayAsk, string prompt, bool secret)
    {
        if (!mayAsk) throw new InvalidOperationException("input: this client does not let cells ask.");
        var peer = _stdin.Find(request.Peer.Identity) ?? throw new InvalidOperationException("input: the client that runs this cell has no stdin channel.");
        while (_answers.Reader.TryRead(out _)) { }   // late answers to earlier questions
        peer.Send(_codec.Write(request.Route, "input_request", request.Header, new() { ["prompt"] = prompt, ["password"] = secret }));
        var answer = _answers.Reader.ReadAsync(_session.Cancellation).AsTask().GetAwaiter().GetResult();
        return JupyterMessage.Text(answer.Content, "value") ?? "";
    }

    private async Task ParentEnds()
    {
        // A client that is killed sends no shutdown; without this its kernels would stay for ever.
        if (!int.TryParse(Environment.GetEnvironmentVariable("JPY_PARENT_PID"), out int parent) || parent <= 1)
        {
            await _ended.Task.ConfigureAwait(false);
            return;
        }
        while (true)
        {
            await Task.Delay(1000).ConfigureAwait(false);
            try
            {
                using var process = System.Diagnostics.Process.GetProcessById(parent);
                if (process.HasExited) return;
            }
            catch (ArgumentException)
            {
                return;
            }
        }
    }

    private void Reply(JupyterMessage request, string type, JsonObject content) => request.Peer.Send(_codec.Write(request.Route, type, request.Header, content));

    private void Publish(JupyterMessage? request, string type, JsonObject content) =>
        _iopub.Publish(_codec.Write([Encoding.UTF8.GetBytes($"kernel.{_codec.Session}.{type}")], type, request?.Header, content));

    private static JsonObject Ok() => new() { ["status"] = "ok" };

    private static JsonObject Error(CellError e) => new() { ["ename"] = e.Name, ["evalue"] = e.Message, ["traceback"] = ErrorText.Traceback(e) };

    private static string ReplyTo(string type) => type.EndsWith("_request", StringComparison.Ordinal) ? type[..^"request".Length] + "reply" : type;
}
