using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace RadLab.Tests;

/// <summary>What VS Code's Jupyter extension does otherwise than JupyterLab and nbclient, read from its source (microsoft/vscode-jupyter, src/kernels/raw and src/standalone/intellisense).</summary>
public sealed class KernelInVsCodeTests : IDisposable
{
    private readonly RunningKernel _running = new();

    private JupyterClient Client => _running.Client;

    public void Dispose() => _running.Dispose();

    [Fact]
    public void An_interrupt_on_the_shell_channel_overtakes_the_cell_that_it_is_meant_for()
    {
        string cell = Client.Send(Client.Shell, "execute_request", new() { ["code"] = "Console.WriteLine(\"go\");\nawait Task.Delay(-1);", ["stop_on_error"] = false });
        string next = Client.Send(Client.Shell, "execute_request", new() { ["code"] = "1 + 1" });
        while (Client.Receive(Client.IoPub) is var m && (m.Parent != cell || m.Type != "stream")) { }
        string interrupt = Client.Send(Client.Shell, "interrupt_request", []);
        Assert.Equal("ok", (string)Client.Reply(Client.Shell, interrupt)["status"]!);
        Assert.Equal("Interrupted", (string)Client.Reply(Client.Shell, cell)["ename"]!);
        // the interrupt is not counted among the requests that wait their turn
        Assert.Equal("ok", (string)Client.Reply(Client.Shell, next)["status"]!);
    }

    [Fact]
    public void A_cursor_in_utf16_units_is_recognised_and_answered_in_them()
    {
        Client.Run("var numbers = new List<int>();");
        (int, int, int) Complete(string code, int cursor)
        {
            var reply = Client.Ask("complete_request", new() { ["code"] = code, ["cursor_pos"] = cursor }).Reply;
            return ((int)reply["cursor_start"]!, (int)reply["cursor_end"]!, reply["matches"]!.AsArray().Count(m => (string?)m == "numbers"));
        }
        const string code = "var s = \"😀😀\"; numb";
        Assert.Equal((14, 18, 1), Complete(code, 18));           // code points, as the protocol has it
        Assert.Equal((16, 20, 1), Complete(code, 20));           // behind the last code point: units
        Assert.Equal((16, 20, 1), Complete(code + " ;;", 20));   // and from now on for this session
        Assert.Equal((16, 20, 1), Complete(code, 1 << 30));      // behind everything: the end
        Assert.Equal((0, 0, 0), Complete("", 0));
        var told = Client.Ask("inspect_request", new() { ["code"] = code + "ers", ["cursor_pos"] = 22, ["detail_level"] = 0 }).Reply;
        Assert.True((bool)told["found"]!);
    }

    [Fact]
    public void A_debugger_is_refused_and_unknown_requests_are_answered_on_both_channels()
    {
        foreach (var socket in new[] { Client.Control, Client.Shell })
        {
            string debug = Client.Send(socket, "debug_request", new() { ["seq"] = 7, ["type"] = "request", ["command"] = "initialize", ["arguments"] = new JsonObject() });
            var reply = Client.Reply(socket, debug);
            Assert.Equal(("response", 7, false, "initialize"), ((string)reply["type"]!, (int)reply["request_seq"]!, (bool)reply["success"]!, (string)reply["command"]!));
            Assert.Equal("RadLab's kernel has no debugger; show values with display, or debug a library in its own project.", (string)reply["message"]!);
            string usage = Client.Send(socket, "usage_request", []);
            reply = Client.Reply(socket, usage);
            Assert.Equal(("error", "RadLab's kernel does not know usage_request."), ((string)reply["status"]!, (string)reply["evalue"]!));
        }
    }

    [Fact]
    public void Ports_that_are_only_tried_and_questions_of_the_start_are_borne()
    {
        // the extension connects to the ports and leaves, to see whether the kernel is up
        foreach (int port in new[] { _running.Kernel.Ports.Shell, _running.Kernel.Ports.IoPub })
            for (int i = 0; i < 3; i++)
                new TcpClient("127.0.0.1", port).Dispose();
        var (info, _) = Client.Ask("kernel_info_request", []);
        Assert.Equal("csharp", (string)info["language_info"]!["name"]!);
        Assert.Null(info["supported_features"]);
        Assert.Equal("ok", (string)Client.Reply(Client.Control, Client.Send(Client.Control, "kernel_info_request", []))["status"]!);
        Assert.Equal("{}", Client.Ask("comm_info_request", new() { ["target_name"] = "jupyter.widget" }).Reply["comms"]!.ToJsonString());
        Assert.Empty(Client.Ask("history_request", new() { ["output"] = false, ["raw"] = true, ["hist_access_type"] = "tail", ["n"] = 500 }).Reply["history"]!.AsArray());
        // cells come with metadata of the editor, and go on after a failure
        string first = Client.Send(Client.Shell, "execute_request", new() { ["code"] = "throw new Exception(\"x\");", ["silent"] = false, ["stop_on_error"] = false, ["allow_stdin"] = true, ["store_history"] = true });
        string second = Client.Send(Client.Shell, "execute_request", new() { ["code"] = "2", ["stop_on_error"] = false });
        Assert.Equal("error", (string)Client.Reply(Client.Shell, first)["status"]!);
        Assert.Equal("ok", (string)Client.Reply(Client.Shell, second)["status"]!);
    }
}
