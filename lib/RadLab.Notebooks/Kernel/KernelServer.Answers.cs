using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RadLab.Notebooks;

public sealed partial class KernelServer
{
    private const int MaxHistory = 10_000;

    private readonly HashSet<string> _countsUnits = new(StringComparer.Ordinal);

    // Everything but execution: quick, so that it may also be asked on the control channel.
    private void Answer(JupyterMessage request)
    {
        var content = request.Content;
        string code = JupyterMessage.Text(content, "code") ?? "";
        switch (request.Type)
        {
            case "kernel_info_request":
                Reply(request, "kernel_info_reply", Info());
                break;
            case "is_complete_request":
                string status = CodeAssistant.Completeness(code);
                Reply(request, "is_complete_reply", status == "incomplete" ? new() { ["status"] = status, ["indent"] = "    " } : new() { ["status"] = status });
                break;
            case "complete_request":
                Reply(request, "complete_reply", Completed(code, CodeCursor.Of(request, code, _countsUnits)));
                break;
            case "inspect_request":
                string? told = _assistant.Inspect(code, CodeCursor.Of(request, code, _countsUnits).At);
                var reply = Ok();
                (reply["found"], reply["metadata"]) = (told is not null, new JsonObject());
                reply["data"] = told is null ? [] : new JsonObject { ["text/plain"] = told };
                Reply(request, "inspect_reply", reply);
                break;
            case "history_request":
                Reply(request, "history_reply", History(content));
                break;
            case "comm_info_request":
                var comms = Ok();
                comms["comms"] = new JsonObject();
                Reply(request, "comm_info_reply", comms);
                break;
            case "comm_open":
                // nobody here answers on comms, so the other side shall not wait
                Publish(request, "comm_close", new() { ["comm_id"] = JupyterMessage.Text(content, "comm_id") ?? "", ["data"] = new JsonObject() });
                break;
            case "interrupt_request" or "shutdown_request":
                Control(request);
                break;
            case "debug_request":
                Reply(request, "debug_reply", new()
                {
                    ["type"] = "response", ["request_seq"] = JupyterMessage.Number(content, "seq") ?? 0, ["success"] = false, ["command"] = JupyterMessage.Text(content, "command") ?? "",
                    ["message"] = "RadLab's kernel has no debugger; show values with display, or debug a library in its own project.",
                });
                break;
            default:
                _log($"unhandled {request.Type}");
                // who asks waits for an answer
                if (request.Type.EndsWith("_request", StringComparison.Ordinal))
                    Reply(request, ReplyTo(request.Type), new() { ["status"] = "error", ["ename"] = "UnknownRequest", ["evalue"] = $"RadLab's kernel does not know {request.Type}.", ["traceback"] = new JsonArray() });
                break;
        }
    }

    private static JsonObject Info()
    {
        string version = typeof(KernelServer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";
        var info = Ok();
        (info["protocol_version"], info["implementation"], info["implementation_version"]) = (JupyterMessage.Version, "radlab", version);
        info["language_info"] = new JsonObject
        {
            ["name"] = "csharp", ["version"] = "14.0", ["mimetype"] = "text/x-csharp", ["file_extension"] = ".cs", ["pygments_lexer"] = "csharp", ["codemirror_mode"] = "text/x-csharp",
        };
        (info["banner"], info["help_links"]) = ($"RadLab {version}, C# on .NET {Environment.Version}", new JsonArray());
        return info;
    }

    private JsonObject Completed(string code, CodeCursor cursor)
    {
        var completion = _assistant.Complete(code, cursor.At);
        int start = cursor.Position(code, completion.Start), end = cursor.Position(code, completion.End);
        var reply = Ok();
        reply["matches"] = new JsonArray([.. completion.Items.Select(i => (JsonNode)i.Text)]);
        (reply["cursor_start"], reply["cursor_end"]) = (start, end);
        // what JupyterLab shows beside each name
        reply["metadata"] = new JsonObject
        {
            ["_jupyter_types_experimental"] = new JsonArray([.. completion.Items.Select(i => (JsonNode)new JsonObject
            {
                ["text"] = i.Text, ["type"] = i.Kind, ["signature"] = i.Signature, ["start"] = start, ["end"] = end,
            })]),
        };
        return reply;
    }

    private JsonObject History(JsonObject content)
    {
        bool output = JupyterMessage.Flag(content, "output", false);
        int most = JupyterMessage.Number(content, "n") ?? int.MaxValue;
        IEnumerable<(int Count, string Source, string? Result)> found = _history;
        switch (JupyterMessage.Text(content, "hist_access_type"))
        {
            case "range":
                int start = JupyterMessage.Number(content, "start") ?? 0, stop = JupyterMessage.Number(content, "stop") ?? int.MaxValue;
                found = found.Where(h => h.Count >= start && h.Count < stop);
                break;
            case "search":
                string pattern = "^" + Regex.Escape(JupyterMessage.Text(content, "pattern") ?? "*").Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal) + "$";
                // no backtracking: a pattern must not be able to keep the kernel busy
                var search = new Regex(pattern, RegexOptions.Singleline | RegexOptions.NonBacktracking);
                found = found.Where(h => search.IsMatch(h.Source)).TakeLast(Math.Max(0, most));
                break;
            default:
                found = found.TakeLast(Math.Max(0, most));
                break;
        }
        var reply = Ok();
        reply["history"] = new JsonArray([.. found.Select(h => (JsonNode)new JsonArray(0, h.Count, output ? new JsonArray(h.Source, h.Result) : JsonValue.Create(h.Source)))]);
        return reply;
    }

    private void Remember(int count, string source, string? result)
    {
        _history.Add((count, source, result));
        if (_history.Count > MaxHistory) _history.RemoveAt(0);
    }
}
