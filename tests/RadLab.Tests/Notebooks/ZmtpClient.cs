using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace RadLab.Tests;

/// <summary>The client's side of ZMTP 3 and of Jupyter's messages, written for the tests from the specifications; shares no code with the kernel.</summary>
internal sealed class ZmtpClient : IDisposable
{
    private readonly TcpClient _client = new();
    private readonly NetworkStream _stream;

    public ZmtpClient(int port, string type, string identity = "")
    {
        _client.Connect("127.0.0.1", port);
        _stream = _client.GetStream();
        _stream.ReadTimeout = 60_000;
        var greeting = new byte[64];
        (greeting[0], greeting[8], greeting[9], greeting[10], greeting[11]) = (0xff, 1, 0x7f, 3, 1);
        Encoding.ASCII.GetBytes("NULL").CopyTo(greeting, 12);
        _stream.Write(greeting);
        _stream.ReadExactly(new byte[64]);
        List<byte> ready = [5, .. "READY"u8];
        foreach (var (name, value) in new[] { ("Socket-Type", type), ("Identity", identity) })
            ready.AddRange([(byte)name.Length, .. Encoding.ASCII.GetBytes(name), 0, 0, 0, (byte)value.Length, .. Encoding.ASCII.GetBytes(value)]);
        _stream.Write([4, (byte)ready.Count, .. ready]);
        ReadFrame();
    }

    public void Send(params IReadOnlyList<byte[]> frames)
    {
        for (int i = 0; i < frames.Count; i++)
        {
            var length = new byte[8];
            BinaryPrimitives.WriteInt64BigEndian(length, frames[i].Length);
            _stream.Write([(byte)(2 | (i + 1 < frames.Count ? 1 : 0)), .. length, .. frames[i]]);
        }
    }

    public void Raw(byte[] bytes) => _stream.Write(bytes);

    public List<byte[]> Receive()
    {
        var frames = new List<byte[]>();
        while (true)
        {
            var (flags, body) = ReadFrame();
            frames.Add(body);
            if ((flags & 1) == 0) return frames;
        }
    }

    public bool HasData => _stream.DataAvailable;

    public bool IsClosed()
    {
        try
        {
            return _stream.Read(new byte[1]) == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public void Dispose() => _client.Dispose();

    private (int, byte[]) ReadFrame()
    {
        var head = new byte[9];
        _stream.ReadExactly(head, 0, 2);
        long length = head[1];
        if ((head[0] & 2) != 0)
        {
            _stream.ReadExactly(head, 2, 7);
            length = BinaryPrimitives.ReadInt64BigEndian(head.AsSpan(1));
        }
        var body = new byte[length];
        _stream.ReadExactly(body);
        return (head[0], body);
    }
}

internal sealed class JupyterClient(string key) : IDisposable
{
    private const string Identity = "client-1";

    public required ZmtpClient Shell { get; init; }
    public required ZmtpClient Control { get; init; }
    public required ZmtpClient Stdin { get; init; }
    public required ZmtpClient IoPub { get; init; }

    public static JupyterClient Connect((int Shell, int IoPub, int Stdin, int Control, int Heartbeat) ports, string key)
    {
        var client = new JupyterClient(key)
        {
            Shell = new ZmtpClient(ports.Shell, "DEALER", Identity), Control = new ZmtpClient(ports.Control, "DEALER", Identity),
            Stdin = new ZmtpClient(ports.Stdin, "DEALER", Identity), IoPub = new ZmtpClient(ports.IoPub, "SUB"),
        };
        client.IoPub.Send([1]);
        return client;
    }

    public List<byte[]> Frames(string type, JsonObject content, string? id = null, string? signature = null)
    {
        var header = new JsonObject { ["msg_id"] = id ?? Guid.NewGuid().ToString("N"), ["session"] = "s", ["username"] = "u", ["date"] = "2026-11-22T00:00:00Z", ["msg_type"] = type, ["version"] = "5.3" };
        byte[][] parts = [.. new[] { header, new JsonObject(), new JsonObject(), content }.Select(p => Encoding.UTF8.GetBytes(p.ToJsonString()))];
        string signed = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), parts.SelectMany(p => p).ToArray()));
        return ["<IDS|MSG>"u8.ToArray(), Encoding.ASCII.GetBytes(signature ?? signed), .. parts];
    }

    public string Send(ZmtpClient socket, string type, JsonObject content)
    {
        string id = Guid.NewGuid().ToString("N");
        socket.Send(Frames(type, content, id));
        return id;
    }

    public Message Receive(ZmtpClient socket)
    {
        var frames = socket.Receive();
        int at = frames.FindIndex(f => f.AsSpan().SequenceEqual("<IDS|MSG>"u8));
        string expected = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), frames.Skip(at + 2).SelectMany(p => p).ToArray()));
        Assert.Equal(expected, Encoding.ASCII.GetString(frames[at + 1]));
        var header = JsonNode.Parse(frames[at + 2])!;
        Assert.Equal("5.3", (string?)header["version"]);
        return new Message((string)header["msg_type"]!, (string?)JsonNode.Parse(frames[at + 3])!["msg_id"], JsonNode.Parse(frames[at + 5])!.AsObject());
    }

    /// <summary>The answer, and what was published for the request between busy and idle.</summary>
    public (JsonObject Reply, List<Message> Published) Ask(string type, JsonObject content)
    {
        string id = Send(Shell, type, content);
        return (Reply(Shell, id), Published(id));
    }

    public JsonObject Reply(ZmtpClient socket, string id)
    {
        while (true)
            if (Receive(socket) is var m && m.Parent == id) return m.Content;
    }

    public List<Message> Published(string id)
    {
        var messages = new List<Message>();
        while (true)
        {
            var m = Receive(IoPub);
            if (m.Parent != id) continue;
            messages.Add(m);
            if (m.Type == "status" && (string?)m.Content["execution_state"] == "idle") break;
        }
        Assert.Equal("busy", (string?)messages[0].Content["execution_state"]);
        return messages[1..^1];
    }

    public (JsonObject Reply, List<Message> Published) Run(string code, bool silent = false) =>
        Ask("execute_request", new() { ["code"] = code, ["silent"] = silent, ["store_history"] = true, ["allow_stdin"] = true, ["stop_on_error"] = true });

    public void Dispose()
    {
        foreach (var socket in new[] { Shell, Control, Stdin, IoPub }) socket.Dispose();
    }

    internal sealed record Message(string Type, string? Parent, JsonObject Content);
}
