using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using RadLab.Notebooks;

namespace RadLab.Tests;

/// <summary>A kernel of this process, and a client that is connected to it.</summary>
internal sealed class RunningKernel : IDisposable
{
    private const string Key = "a-secret-key";

    private readonly List<string> _log = [];

    public RunningKernel(TimeSpan? shieldedPatience = null)
    {
        Kernel = new KernelServer(new ConnectionFile(IPAddress.Loopback, 0, 0, 0, 0, 0, Key), AppContext.BaseDirectory, text => { lock (_log) _log.Add(text); }, shieldedPatience);
        Served = Kernel.ServeAsync();
        Client = JupyterClient.Connect(Kernel.Ports, Key);
        // a subscription takes effect some time after it was sent: what is published before that is lost
        do
        {
            Client.Reply(Client.Shell, Client.Send(Client.Shell, "kernel_info_request", []));
            Thread.Sleep(20);
        }
        while (!Client.IoPub.HasData);
    }

    public KernelServer Kernel { get; }

    public JupyterClient Client { get; }

    public Task Served { get; }

    public IReadOnlyList<string> Log
    {
        get
        {
            lock (_log) return [.. _log];
        }
    }

    /// <summary>Runs a cell and interrupts it as soon as it has printed something.</summary>
    /// <returns>The cell's answer, and the seconds from the interrupt to it.</returns>
    public (JsonObject Reply, double Seconds) Interrupted(string code)
    {
        string id = Client.Send(Client.Shell, "execute_request", new() { ["code"] = code });
        while (Client.Receive(Client.IoPub) is var m && (m.Parent != id || m.Type != "stream"))
            if (m.Parent == id && m.Type == "error") Assert.Fail(m.Content.ToJsonString());
        var clock = Stopwatch.StartNew();
        string request = Client.Send(Client.Control, "interrupt_request", []);
        Assert.Equal("ok", (string)Client.Reply(Client.Control, request)["status"]!);
        return (Client.Reply(Client.Shell, id), clock.Elapsed.TotalSeconds);
    }

    public void Dispose()
    {
        Client.Dispose();
        Kernel.Dispose();
    }
}
