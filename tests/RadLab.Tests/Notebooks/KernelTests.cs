using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using RadLab.Notebooks;

namespace RadLab.Tests;

public sealed class KernelTests : IDisposable
{
    private readonly RunningKernel _running = new(shieldedPatience: TimeSpan.FromSeconds(6));

    private KernelServer _kernel => _running.Kernel;

    private JupyterClient _client => _running.Client;

    public void Dispose() => _running.Dispose();

    private static string Data(JupyterClient.Message m, string mime = "text/plain") => (string)m.Content["data"]![mime]!;

    [Fact]
    public void The_kernel_says_what_it_is_and_its_heart_beats()
    {
        var (info, published) = _client.Ask("kernel_info_request", []);
        Assert.Empty(published);
        Assert.Equal(("ok", "5.3", "csharp", ".cs"), ((string)info["status"]!, (string)info["protocol_version"]!, (string)info["language_info"]!["name"]!, (string)info["language_info"]!["file_extension"]!));
        using var heart = new ZmtpClient(_kernel.Ports.Heartbeat, "REQ");
        heart.Send([], Encoding.ASCII.GetBytes("ping"));
        Assert.Equal("ping", Encoding.ASCII.GetString(heart.Receive()[1]));
    }

    [Fact]
    public void A_cell_prints_displays_updates_and_has_a_result()
    {
        var (reply, published) = _client.Run("Console.WriteLine(\"a\");\nConsole.Write(\"b\");\nvar d = display(\"one\");\nd.Update(HTML(\"<b>two</b>\"));\nChart.Bar([\"x\"], new Series(\"\", [1]))");
        Assert.Equal(("ok", 1), ((string)reply["status"]!, (int)reply["execution_count"]!));
        Assert.Equal(["execute_input", "stream", "display_data", "update_display_data", "execute_result"], published.Select(m => m.Type));
        Assert.Equal("a\nb", (string)published[1].Content["text"]!);
        Assert.Equal("one", Data(published[2]));
        Assert.Equal("<b>two</b>", Data(published[3], "text/html"));
        Assert.Equal((string)published[2].Content["transient"]!["display_id"]!, (string)published[3].Content["transient"]!["display_id"]!);
        Assert.Equal(["image/svg+xml", "image/png", "text/plain"], published[4].Content["data"]!.AsObject().Select(p => p.Key));
        Assert.Empty(_client.Run("var x = 3;", silent: true).Published);
        Assert.Equal("4", Data(_client.Run("x + 1").Published[1]));
    }

    [Fact]
    public void Much_output_comes_in_few_messages_and_in_order()
    {
        var (_, published) = _client.Run("for (int i = 0; i < 5000; i++) { Console.Out.WriteLine(i); if (i == 2500) Console.Error.WriteLine(\"err\"); }");
        var streams = published.Where(m => m.Type == "stream").ToList();
        Assert.InRange(streams.Count, 3, 200);
        Assert.Equal(string.Concat(Enumerable.Range(0, 5000).Select(i => $"{i}\n")), string.Concat(streams.Where(m => (string)m.Content["name"]! == "stdout").Select(m => (string)m.Content["text"]!)));
    }

    [Fact]
    public void An_error_has_place_and_traceback_and_waiting_cells_are_not_run()
    {
        string first = _client.Send(_client.Shell, "execute_request", new() { ["code"] = "System.Threading.Thread.Sleep(300);\nthrow new ArgumentException(\"bad\");", ["stop_on_error"] = true });
        string second = _client.Send(_client.Shell, "execute_request", new() { ["code"] = "1" });
        var reply = _client.Reply(_client.Shell, first);
        Assert.Equal(("error", "ArgumentException", "bad"), ((string)reply["status"]!, (string)reply["ename"]!, (string)reply["evalue"]!));
        Assert.Contains("(cell 1, line 2)", (string)reply["traceback"]![0]!, StringComparison.Ordinal);
        Assert.Equal("aborted", (string)_client.Reply(_client.Shell, second)["status"]!);
        Assert.Equal("ok", (string)_client.Run("1").Reply["status"]!);
        Assert.Equal("CompilationError", (string)_client.Run("int x = \"a\";").Reply["ename"]!);
    }

    [Fact]
    public void Names_members_and_signatures_are_completed()
    {
        _client.Run("/// <summary>Doubles.</summary>\nint Twice(int value, int times = 1) => 2 * value * times;\nvar numbers = new List<int>();\nvar text = \"\";");
        string[] Matches(string code, int? at = null) => [.. _client.Ask("complete_request", new() { ["code"] = code, ["cursor_pos"] = at ?? code.Length }).Reply["matches"]!.AsArray().Select(m => (string)m!)];
        Assert.Equal(["numbers"], Matches("numb"));
        Assert.Contains("Twice", Matches("int y = Tw"));
        Assert.Equal(["AddRange"], Matches("numbers.AddR"));
        Assert.Contains("Select", Matches("numbers.Sel"));
        Assert.Contains("Max", Matches("Math.M"));
        Assert.DoesNotContain("Max", Matches("numbers.AddR"));
        Assert.Contains("Generic", Matches("System.Collections.G"));
        Assert.Contains("foreach", Matches("fore"));
        Assert.Contains("Length", Matches("text?.Le"));
        Assert.Empty(Matches("// Mat"));
        Assert.Contains("Engine", Matches("#!time\nnew Engi"));
        var reply = _client.Ask("complete_request", new() { ["code"] = "\"😀\"; numb", ["cursor_pos"] = 9 }).Reply;
        Assert.Equal((5, 9), ((int)reply["cursor_start"]!, (int)reply["cursor_end"]!));
        Assert.Equal("variable", (string)reply["metadata"]!["_jupyter_types_experimental"]![0]!["type"]!);
    }

    [Fact]
    public void Signatures_and_documentation_are_told()
    {
        _client.Run("int Twice(int value, int times = 1) => 2 * value * times;\nvar numbers = new List<int>();");
        string? Told(string code, int at) => (string?)_client.Ask("inspect_request", new() { ["code"] = code, ["cursor_pos"] = at, ["detail_level"] = 0 }).Reply["data"]?["text/plain"];
        Assert.StartsWith("int Twice(int value, int times = 1)", Told("Twice(3, ", 9), StringComparison.Ordinal);
        Assert.StartsWith("(variable) List<int> numbers", Told("numbers", 3), StringComparison.Ordinal);
        string told = Told("Chart.HeatMap(", 8)!;
        Assert.Contains("HeatMapChart Chart.HeatMap(double[,] values", told, StringComparison.Ordinal);
        Assert.Contains("A matrix as colours, [row, column], first row on top.", told, StringComparison.Ordinal);
        Assert.Null(Told("   ", 1));
    }

    [Fact]
    public void Whether_code_is_complete_history_and_comms_are_answered()
    {
        string Status(string code) => (string)_client.Ask("is_complete_request", new() { ["code"] = code }).Reply["status"]!;
        Assert.Equal(["complete", "incomplete", "invalid", "complete"], new[] { "1 + 1", "for (;;) {", "int = ;", "#!time\n1" }.Select(Status));
        _client.Run("1");
        _client.Run("22");
        var history = _client.Ask("history_request", new() { ["hist_access_type"] = "tail", ["n"] = 1, ["output"] = true, ["raw"] = true }).Reply["history"]!;
        Assert.Equal("[[0,2,[\"22\",\"22\"]]]", history.ToJsonString());
        Assert.Equal("[[0,1,\"1\"]]", _client.Ask("history_request", new() { ["hist_access_type"] = "range", ["session"] = 0, ["start"] = 1, ["stop"] = 2 }).Reply["history"]!.ToJsonString());
        Assert.Equal("[[0,2,\"22\"]]", _client.Ask("history_request", new() { ["hist_access_type"] = "search", ["pattern"] = "2*" }).Reply["history"]!.ToJsonString());
        Assert.Equal("{}", _client.Ask("comm_info_request", []).Reply["comms"]!.ToJsonString());
        string open = _client.Send(_client.Shell, "comm_open", new() { ["comm_id"] = "c", ["target_name"] = "t", ["data"] = new JsonObject() });
        Assert.Equal("comm_close", Assert.Single(_client.Published(open)).Type);
    }

    [Fact]
    public void A_cell_can_ask()
    {
        string id = _client.Send(_client.Shell, "execute_request", new() { ["code"] = "input(\"name? \") + password()", ["allow_stdin"] = true });
        foreach (var (prompt, secret, answer) in new[] { ("name? ", false, "Ada"), ("", true, "!") })
        {
            var question = _client.Receive(_client.Stdin);
            Assert.Equal(("input_request", id, prompt, secret), (question.Type, question.Parent, (string)question.Content["prompt"]!, (bool)question.Content["password"]!));
            _client.Send(_client.Stdin, "input_reply", new() { ["value"] = answer });
        }
        Assert.Equal("ok", (string)_client.Reply(_client.Shell, id)["status"]!);
        Assert.Equal("Ada!", Data(_client.Published(id)[^1]));
        string refused = _client.Send(_client.Shell, "execute_request", new() { ["code"] = "input()", ["allow_stdin"] = false });
        Assert.Equal("input: this client does not let cells ask.", (string)_client.Reply(_client.Shell, refused)["evalue"]!);
    }

    [Fact]
    public void An_interrupt_stops_engines_at_once_and_whole()
    {
        _client.Run("var e = new Engine(new EngineOptions { Threads = 2 });\nvar t = e.From(new float[1 << 16], [256, 256]);");
        var (reply, seconds) = _running.Interrupted("Console.WriteLine(\"go\");\nwhile (true) t.Clear();");
        Assert.Equal(("Interrupted", "the cell was interrupted; what earlier cells made is whole."), ((string)reply["ename"]!, (string)reply["evalue"]!));
        Assert.InRange(seconds, 0, 1.9);   // 0.2 s on a free machine; less than an abort in any case
        Assert.Equal("0", Data(_client.Run("t.Clear();\nt.ToFloats()[0]").Published[1]));
    }

    [Fact]
    public void An_interrupt_stops_a_wait_and_a_busy_loop_is_aborted()
    {
        _client.Run("int kept = 5;");
        var (waiting, soon) = _running.Interrupted("Console.WriteLine(\"go\");\nawait Task.Delay(-1);");
        Assert.StartsWith("the cell was interrupted while it waited", (string)waiting["evalue"]!, StringComparison.Ordinal);
        Assert.InRange(soon, 0, 1.9);
        var (busy, later) = _running.Interrupted("Console.WriteLine(\"go\");\nlong n = 0;\nwhile (true) n++;");
        Assert.Equal("Interrupted", (string)busy["ename"]!);
        Assert.InRange(later, 1.9, 30);
        Assert.Equal("6", Data(_client.Run("kept + 1").Published[1]));
    }

    [Fact]
    public void A_wait_is_left_at_once_also_with_an_engine_that_does_nothing()
    {
        _client.Run("var e = new Engine(new EngineOptions { Threads = 2 });\nvar t = e.From(new float[64], [64]);");
        var (reply, seconds) = _running.Interrupted("Console.WriteLine(\"go\");\nawait Task.Delay(-1);");
        Assert.StartsWith("the cell was interrupted while it waited", (string)reply["evalue"]!, StringComparison.Ordinal);
        Assert.InRange(seconds, 0, 1.5);   // 0.1 s on a free machine; 1.9 s would be the time that engines at work get
        Assert.Equal("0", Data(_client.Run("t.Clear();\nt.ToFloats()[0]").Published[1]));
    }

    [Fact]
    public void Work_that_a_cell_waits_for_is_stopped_by_its_engine_and_whole()
    {
        _client.Run("var e = new Engine(new EngineOptions { Threads = 1 });\nvar t = e.From(new float[1 << 16], [256, 256]);");
        var (reply, seconds) = _running.Interrupted("Console.WriteLine(\"go\");\nawait Task.Run(() => { while (true) t.Clear(); });");
        Assert.Equal("the cell was interrupted; what earlier cells made is whole.", (string)reply["evalue"]!);
        Assert.InRange(seconds, 0, 1.9);
    }

    [Fact]
    public void Other_languages_run_and_are_not_completed_as_CSharp()
    {
        var (reply, published) = _client.Run("#!sql\nselect 1 + 1 as two");
        Assert.Equal("ok", (string)reply["status"]!);
        Assert.Contains("<th align=\"right\">two</th>", Data(published[^1], "text/html"), StringComparison.Ordinal);
        Assert.Equal("unknown", (string)_client.Ask("is_complete_request", new() { ["code"] = "#!fsharp\nlet x =" }).Reply["status"]!);
        string[] Matches(string code) => [.. _client.Ask("complete_request", new() { ["code"] = code, ["cursor_pos"] = code.Length }).Reply["matches"]!.AsArray().Select(m => (string)m!)];
        Assert.Empty(Matches("#!sql\nselect Mat"));
        Assert.Contains("Math", Matches("#!sql\nselect 'x\n#!csharp\nMat"));
    }

    [Fact]
    public void A_client_is_warned_once_when_its_notebook_reads_restricted_data()
    {
        var first = _client.Run("DataUse.Declare(\"mimic-cxr\");").Published.Where(m => m.Type == "stream").ToList();
        Assert.Contains("what it shows must not be published", (string)Assert.Single(first).Content["text"]!, StringComparison.Ordinal);
        Assert.DoesNotContain(_client.Run("DataUse.Declare(\"mimic-cxr\");").Published, m => m.Type == "stream");
    }

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public void An_abort_inside_an_op_poisons_the_engine_and_says_so()
    {
        LongTests.SkipUnlessAsked();
        _client.Run("var e = new Engine(new EngineOptions { Threads = 1 });\nvar t = e.From(new float[1 << 22], [1 << 22]);\nvoid Shielded() { using var s = e.DeferInterrupts(); while (true) t.Clear(); }");
        var (reply, _) = _running.Interrupted("Console.WriteLine(\"go\");\nShielded();");
        Assert.Equal("the cell was aborted in the middle of an op: the engines of this session refuse to go on; restart the kernel.", (string)reply["evalue"]!);
        Assert.Equal("EnginePoisonedException", (string)_client.Run("t.Clear();").Reply["ename"]!);
        Assert.Equal("2", Data(_client.Run("1 + 1").Published[1]));
    }

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public void Work_that_must_be_whole_is_brought_to_its_end_and_the_cell_stops_then()
    {
        LongTests.SkipUnlessAsked();
        _client.Run("var e = new Engine(new EngineOptions { Threads = 1 });\nvar t = e.From(new float[1 << 16], [256, 256]);\nbool done = false;");
        // asked to stop, the update still takes longer than code without a shield is given
        var (reply, seconds) = _running.Interrupted("""
            using (e.DeferInterrupts())
            {
                Console.WriteLine("go");
                while (!Interrupted.IsCancellationRequested) t.Clear();
                var clock = System.Diagnostics.Stopwatch.StartNew();
                while (clock.Elapsed.TotalSeconds < 2.5) t.Clear();
                done = true;
            }
            while (true) t.Clear();
            """);
        Assert.Equal("the cell was interrupted; what earlier cells made is whole.", (string)reply["evalue"]!);
        Assert.InRange(seconds, 2.5, 30);
        Assert.Equal("True", Data(_client.Run("t.Clear();\ndone").Published[1]));
    }

    [Fact]
    public void Messages_of_strangers_are_not_acted_on()
    {
        var good = _client.Frames("execute_request", new() { ["code"] = "System.IO.File.WriteAllText(\"hacked\", \"\")" });
        _client.Shell.Send(_client.Frames("execute_request", new() { ["code"] = "1" }, signature: ""));
        _client.Shell.Send([.. good[..1], new string('0', 64).Select(c => (byte)c).ToArray(), .. good[2..]]);
        _client.Shell.Send(Encoding.ASCII.GetBytes("nonsense"));
        _client.Shell.Send(["<IDS|MSG>"u8.ToArray()]);
        var info = _client.Frames("kernel_info_request", []);
        _client.Shell.Send(info);
        _client.Shell.Send(info);
        using (var foreign = new ZmtpClient(_kernel.Ports.Shell, "DEALER"))
        {
            foreign.Raw([2, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
            Assert.True(foreign.IsClosed());
        }
        using (var http = new System.Net.Sockets.TcpClient("127.0.0.1", _kernel.Ports.Shell))
        {
            http.GetStream().Write(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n0123456789012345678901234567890"));
            http.GetStream().ReadTimeout = 20_000;
            var rest = new byte[4096];
            int read;
            do read = http.GetStream().Read(rest); while (read > 0);
        }
        Assert.Equal("ok", (string)_client.Run("1").Reply["status"]!);
        Assert.Equal(["refused an unsigned message", "refused a wrong signature", "refused not a Jupyter message", "refused not a Jupyter message", "refused a message that came before"], _running.Log);
    }

    [Fact]
    public async Task Shutdown_answers_and_ends_also_while_a_cell_runs()
    {
        _client.Send(_client.Shell, "execute_request", new() { ["code"] = "await Task.Delay(-1);" });
        string id = _client.Send(_client.Control, "shutdown_request", new() { ["restart"] = true });
        Assert.True((bool)_client.Reply(_client.Control, id)["restart"]!);
        await _running.Served.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void A_taken_port_is_named() =>
        Assert.StartsWith($"kernel: port {_kernel.Ports.Shell} of 127.0.0.1 cannot be used (AddressAlreadyInUse)", Assert.Throws<KernelException>(() => new ZmtpListener(IPAddress.Loopback, _kernel.Ports.Shell, ZmtpRole.Router)).Message, StringComparison.Ordinal);
}
