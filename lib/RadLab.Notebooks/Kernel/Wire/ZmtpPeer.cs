using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace RadLab.Notebooks;

/// <summary>
/// One connection of the ZeroMQ wire protocol (ZMTP 3.0, rfc.zeromq.org/spec/23), mechanism NULL. Both sides are peers, so the
/// same class serves the kernel and a client.
/// </summary>
internal sealed class ZmtpPeer : IDisposable
{
    private const int More = 1, Long = 2, CommandFrame = 4;

    /// <summary>Larger messages end the connection: notebooks do not send such, broken and hostile programs do.</summary>
    public const int MaxMessage = 128 << 20;

    private const int MaxFrames = 64;

    /// <summary>A reader that falls this far behind is let go instead of filling the memory.</summary>
    private const long MaxWaiting = 512L << 20;

    private readonly TcpClient _client;
    private readonly NetworkStream _stream;
    private readonly Channel<IReadOnlyList<byte[]>> _outgoing = Channel.CreateUnbounded<IReadOnlyList<byte[]>>(new() { SingleReader = true });
    private long _waiting;

    public ZmtpPeer(TcpClient client)
    {
        _client = client;
        client.NoDelay = true;
        _stream = client.GetStream();
    }

    /// <summary>What the other side calls itself; empty when it does not say.</summary>
    public string Identity { get; private set; } = "";

    /// <summary>Whether everything handed to <see cref="Send"/> has gone out.</summary>
    public bool Drained => Interlocked.Read(ref _waiting) == 0;

    /// <exception cref="IOException">The other side speaks something else.</exception>
    public async Task GreetAsync(string socketType, string identity, CancellationToken cancellation)
    {
        // Minor version 0: libzmq then sends subscriptions as messages and no PING.
        var greeting = new byte[64];
        (greeting[0], greeting[9], greeting[10]) = (0xff, 0x7f, 3);
        "NULL"u8.CopyTo(greeting.AsSpan(12));
        await _stream.WriteAsync(greeting, cancellation).ConfigureAwait(false);
        var other = new byte[64];
        await _stream.ReadExactlyAsync(other, cancellation).ConfigureAwait(false);
        bool known = other[0] == 0xff && (other[9] & 1) == 1 && other[10] >= 3 && other.AsSpan(12, 20).TrimEnd((byte)0).SequenceEqual("NULL"u8);
        if (!known) throw new IOException("ZMTP: the other side does not speak ZMTP 3 with mechanism NULL.");

        await _stream.WriteAsync(Ready(socketType, identity), cancellation).ConfigureAwait(false);
        var (flags, body) = await ReadFrameAsync(1 << 16, cancellation).ConfigureAwait(false);
        if ((flags & CommandFrame) == 0 || !body.AsSpan().StartsWith("\x05READY"u8)) throw new IOException("ZMTP: expected the command READY.");
        Identity = Property(body.AsSpan(6), "Identity");
    }

    /// <exception cref="IOException">The connection ended, or the message is over the bounds.</exception>
    public async Task<List<byte[]>> ReceiveAsync(CancellationToken cancellation)
    {
        var message = new List<byte[]>();
        int left = MaxMessage;
        while (true)
        {
            var (flags, body) = await ReadFrameAsync(left, cancellation).ConfigureAwait(false);
            if ((flags & CommandFrame) != 0) continue;
            message.Add(body);
            left -= body.Length;
            if ((flags & More) == 0) return message;
            if (message.Count == MaxFrames) throw new IOException($"ZMTP: a message of more than {MaxFrames} frames.");
        }
    }

    /// <summary>Hands a message to the connection's writer; never waits. Messages go out in the order of the calls.</summary>
    public void Send(IReadOnlyList<byte[]> message)
    {
        long size = message.Sum(f => (long)f.Length + 9);
        if (Interlocked.Add(ref _waiting, size) > MaxWaiting) Dispose();
        _outgoing.Writer.TryWrite(message);
    }

    /// <summary>Writes what <see cref="Send"/> takes until the connection ends.</summary>
    public async Task WriteAsync(CancellationToken cancellation)
    {
        // One writer, and nobody waits for it: a thread that waits for a socket while the other side waits for it stands still for ever.
        var buffer = new MemoryStream();
        while (await _outgoing.Reader.WaitToReadAsync(cancellation).ConfigureAwait(false))
        {
            buffer.SetLength(0);
            long taken = 0;
            while (buffer.Length < 1 << 16 && _outgoing.Reader.TryRead(out var message))
            {
                for (int i = 0; i < message.Count; i++) Frame(buffer, message[i], i + 1 < message.Count ? More : 0);
                taken += message.Sum(f => (long)f.Length + 9);
            }
            await _stream.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), cancellation).ConfigureAwait(false);
            Interlocked.Add(ref _waiting, -taken);
            if (buffer.Capacity > 1 << 20) buffer = new MemoryStream();
        }
    }

    public void Dispose()
    {
        _outgoing.Writer.TryComplete();
        _client.Dispose();
    }

    private async Task<(int Flags, byte[] Body)> ReadFrameAsync(int most, CancellationToken cancellation)
    {
        var head = new byte[9];
        await _stream.ReadExactlyAsync(head.AsMemory(0, 2), cancellation).ConfigureAwait(false);
        long length = head[1];
        if ((head[0] & Long) != 0)
        {
            await _stream.ReadExactlyAsync(head.AsMemory(2, 7), cancellation).ConfigureAwait(false);
            length = BinaryPrimitives.ReadInt64BigEndian(head.AsSpan(1));
        }
        if (length < 0 || length > most) throw new IOException($"ZMTP: a frame of {length} bytes is over the bound.");
        // grown as the bytes arrive: a length alone must not take memory
        var body = new byte[Math.Min(length, 1 << 16)];
        for (int got = 0; got < length;)
        {
            if (got == body.Length) Array.Resize(ref body, (int)Math.Min(length, body.Length * 2L));
            int n = await _stream.ReadAsync(body.AsMemory(got), cancellation).ConfigureAwait(false);
            if (n == 0) throw new EndOfStreamException();
            got += n;
        }
        return (head[0], body);
    }

    private static void Frame(MemoryStream output, byte[] body, int flags)
    {
        if (body.Length <= 255)
        {
            output.Write([(byte)flags, (byte)body.Length]);
        }
        else
        {
            Span<byte> head = stackalloc byte[9];
            head[0] = (byte)(flags | Long);
            BinaryPrimitives.WriteInt64BigEndian(head[1..], body.Length);
            output.Write(head);
        }
        output.Write(body);
    }

    private static byte[] Ready(string socketType, string identity)
    {
        var body = new MemoryStream();
        body.Write("\x05READY"u8);
        Span<byte> length = stackalloc byte[4];
        foreach (var (name, value) in new[] { ("Socket-Type", socketType), ("Identity", identity) })
        {
            body.WriteByte((byte)name.Length);
            body.Write(Encoding.ASCII.GetBytes(name));
            BinaryPrimitives.WriteInt32BigEndian(length, Encoding.ASCII.GetByteCount(value));
            body.Write(length);
            body.Write(Encoding.ASCII.GetBytes(value));
        }
        var frame = new MemoryStream();
        Frame(frame, body.ToArray(), CommandFrame);
        return frame.ToArray();
    }

    private static string Property(ReadOnlySpan<byte> properties, string wanted)
    {
        while (properties.Length > 0)
        {
            int name = properties[0];
            if (properties.Length < 1 + name + 4) break;
            int value = BinaryPrimitives.ReadInt32BigEndian(properties.Slice(1 + name, 4));
            if (value < 0 || properties.Length < 5 + name + value) break;
            if (Encoding.ASCII.GetString(properties.Slice(1, name)).Equals(wanted, StringComparison.OrdinalIgnoreCase))
                return Convert.ToHexString(properties.Slice(5 + name, value));
            properties = properties[(5 + name + value)..];
        }
        return properties.Length == 0 ? "" : throw new IOException("ZMTP: a property of READY is cut short.");
    }
}
