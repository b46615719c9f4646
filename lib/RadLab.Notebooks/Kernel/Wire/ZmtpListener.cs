using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace RadLab.Notebooks;

internal enum ZmtpRole
{
    /// <summary>Takes messages and answers each to where it came from.</summary>
    Router,

    /// <summary>Sends to whoever has subscribed.</summary>
    Publisher,

    /// <summary>Sends every message back: the heartbeat.</summary>
    Echo,
}

/// <summary>The bound side of a ZeroMQ socket: accepts peers and serves them until cancelled.</summary>
internal sealed class ZmtpListener : IDisposable
{
    private const int MaxPeers = 256;
    private static readonly TimeSpan s_greetingLimit = TimeSpan.FromSeconds(10);

    private readonly ZmtpRole _role;
    private readonly Action<ZmtpPeer, List<byte[]>>? _received;
    private readonly TcpListener _listener;
    private readonly ConcurrentDictionary<ZmtpPeer, List<byte[]>> _peers = new();
    private readonly CancellationTokenSource _stop = new();

    /// <param name="port">0 takes a free one; see <see cref="Port"/>.</param>
    /// <param name="received">Called for each message of a peer, in order; must not wait.</param>
    /// <exception cref="KernelException">The port is taken.</exception>
    public ZmtpListener(IPAddress address, int port, ZmtpRole role, Action<ZmtpPeer, List<byte[]>>? received = null)
    {
        (_role, _received) = (role, received);
        _listener = new TcpListener(address, port);
        try
        {
            _listener.Start();
        }
        catch (SocketException e)
        {
            throw new KernelException($"kernel: port {port} of {address} cannot be used ({e.SocketErrorCode}); another program may hold it: start the kernel again, the client chooses new ports", e);
        }
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public bool Drained => _peers.Keys.All(p => p.Drained);

    /// <summary>The peer of that identity; the identity is what a client gives all its sockets.</summary>
    public ZmtpPeer? Find(string identity) => _peers.Keys.FirstOrDefault(p => p.Identity == identity);

    /// <summary>Sends to the peers that have subscribed to the beginning of the first frame.</summary>
    public void Publish(IReadOnlyList<byte[]> message)
    {
        foreach (var (peer, topics) in _peers)
        {
            bool wanted;
            lock (topics) wanted = topics.Exists(t => message[0].AsSpan().StartsWith(t));
            if (wanted) peer.Send(message);
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Stop();
        foreach (var peer in _peers.Keys) peer.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token).ConfigureAwait(false);
                if (_peers.Count >= MaxPeers) client.Dispose();
                else _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // the kernel ends
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var peer = new ZmtpPeer(client);
        try
        {
            using (var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token))
            {
                limit.CancelAfter(s_greetingLimit);
                await peer.GreetAsync(_role switch { ZmtpRole.Router => "ROUTER", ZmtpRole.Publisher => "PUB", _ => "REP" }, "", limit.Token).ConfigureAwait(false);
            }
            var topics = new List<byte[]>();
            _peers[peer] = topics;
            _ = EndWith(peer);
            while (true) Handle(peer, topics, await peer.ReceiveAsync(_stop.Token).ConfigureAwait(false));
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // this peer is gone or speaks nonsense; the others do not notice
        }
        finally
        {
            _peers.TryRemove(peer, out _);
        }
    }

    private async Task EndWith(ZmtpPeer peer)
    {
        try
        {
            await peer.WriteAsync(_stop.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            peer.Dispose();
        }
    }

    private void Handle(ZmtpPeer peer, List<byte[]> topics, List<byte[]> message)
    {
        switch (_role)
        {
            case ZmtpRole.Echo:
                peer.Send(message);
                break;
            case ZmtpRole.Publisher when message[0].Length > 0:
                byte[] topic = message[0][1..];
                lock (topics)
                {
                    if (message[0][0] == 1 && topics.Count < 1000) topics.Add(topic);
                    else if (message[0][0] == 0) topics.RemoveAll(t => t.AsSpan().SequenceEqual(topic));
                }
                break;
            case ZmtpRole.Router:
                _received?.Invoke(peer, message);
                break;
        }
    }
}
