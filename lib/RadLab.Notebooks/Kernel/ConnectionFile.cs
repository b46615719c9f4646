using System.Net;
using System.Text.Json;

namespace RadLab.Notebooks;

/// <summary>The kernel cannot start or be installed. The message is one line: what, why, next step.</summary>
public sealed class KernelException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Where a client wants the kernel to listen, and the key with which both sign.</summary>
internal sealed record ConnectionFile(IPAddress Address, int Shell, int IoPub, int Stdin, int Control, int Heartbeat, string Key)
{
    private const int MaxBytes = 1 << 16;

    /// <param name="allowRemote">Also addresses that other machines reach.</param>
    /// <exception cref="KernelException">The file is missing, broken or asks for something unsafe.</exception>
    public static ConnectionFile Load(string path, bool allowRemote)
    {
        var info = new FileInfo(path);
        if (!info.Exists) throw new KernelException($"{path}: no such file; a Jupyter client writes it when it starts the kernel");
        if (info.Length > MaxBytes) throw new KernelException($"{path}: {info.Length} bytes are too many for a connection file");
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = 8 });
            return Read(json.RootElement, path, allowRemote);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new KernelException($"{path}: not a connection file of Jupyter: {e.Message}", e);
        }
    }

    private static ConnectionFile Read(JsonElement root, string path, bool allowRemote)
    {
        string transport = root.GetProperty("transport").GetString() ?? "", scheme = root.GetProperty("signature_scheme").GetString() ?? "";
        string ip = root.GetProperty("ip").GetString() ?? "", key = root.GetProperty("key").GetString() ?? "";
        if (transport != "tcp") throw new KernelException($"{path}: transport '{transport}' is not supported, only tcp");
        if (scheme != "hmac-sha256") throw new KernelException($"{path}: signature scheme '{scheme}' is not supported, only hmac-sha256");
        if (key.Length == 0) throw new KernelException($"{path}: the key is empty, so every program of this machine could run code here; let the client make one (c.Session.key)");
        if (!IPAddress.TryParse(ip == "localhost" ? "127.0.0.1" : ip, out var address)) throw new KernelException($"{path}: '{ip}' is not an IP address");
        if (!IPAddress.IsLoopback(address) && !allowRemote)
            throw new KernelException($"{path}: the address {ip} can be reached from other machines; use 127.0.0.1, or start with --allow-remote if the network is trusted");
        int Port(string name)
        {
            int port = root.GetProperty(name).GetInt32();
            return port is >= 0 and <= 65535 ? port : throw new KernelException($"{path}: {name} must be 0 to 65535, got {port}");
        }
        return new ConnectionFile(address, Port("shell_port"), Port("iopub_port"), Port("stdin_port"), Port("control_port"), Port("hb_port"), key);
    }
}
