using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RadLab.Radiology;

/// <summary>A data card's three files, and its way back from JSON.</summary>
internal static class DataCardFiles
{
    private const string Format = "radlab-data-card";
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(DataCard card, string folder)
    {
        string flow = FlowChart.Svg(card);
        NewFile.Write(Path.Combine(folder, DataCard.FlowName), Encoding.UTF8.GetBytes(flow));
        NewFile.Write(Path.Combine(folder, DataCard.HtmlName), Encoding.UTF8.GetBytes(DataCardPage.Html(card, flow)));
        NewFile.Write(Path.Combine(folder, DataCard.JsonName), Encoding.UTF8.GetBytes(ToJson(card).ToJsonString(s_json) + "\n"));
    }

    public static JsonObject ToJson(DataCard card) => new()
    {
        ["format"] = Format,
        ["version"] = 1,
        ["provenance"] = card.Provenance.ToJson(),
        ["task"] = card.Task,
        ["read"] = card.Read,
        ["kept"] = card.Kept,
        ["dropped"] = card.Dropped,
        ["rejected"] = card.Rejected,
        ["steps"] = List(card.Steps, s => new JsonObject
        {
            ["step"] = s.Step,
            ["in"] = s.In,
            ["out"] = s.Out,
            ["dropped"] = List(s.Dropped, d => new JsonObject { ["reason"] = d.Reason, ["meaning"] = d.Meaning, ["count"] = d.Count }),
            ["done"] = List(s.Done, d => new JsonObject { ["what"] = d.What, ["count"] = d.Count }),
        }),
        ["splits"] = List(card.Splits, s => new JsonObject { ["split"] = s.Split, ["records"] = s.Records, ["groups"] = s.Groups }),
        ["leakage"] = card.Leakage,
        ["files"] = List(card.Files, f => new JsonObject { ["name"] = f.Name, ["sha256"] = f.Sha256, ["bytes"] = f.Bytes, ["records"] = f.Records }),
        ["settings"] = new JsonObject(card.Settings.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)JsonValue.Create(s.Value)))),
    };

    public static DataCard Read(string path)
    {
        string file = Path.GetFileName(path);
        const int MaxBytes = 16 << 20;
        if (new FileInfo(path).Length > MaxBytes) throw new DataFormatException($"{file}: is longer than 16 MiB; it is not a data card");
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = 16 });
        }
        catch (JsonException)
        {
            throw new DataFormatException($"{file}: is not JSON; prepare the data again");
        }
        using (document)
        {
            var f = new ManifestFields(file, "", document.RootElement);
            if (f.Text("format") != Format || f.Whole("version") != 1) throw new DataFormatException($"{file}: is not a data card of version 1; prepare the data again");
            return new DataCard
            {
                Provenance = DataProvenance.Read(f.Object("provenance")),
                Task = f.Text("task"),
                Read = f.Whole("read") ?? 0,
                Kept = f.Whole("kept") ?? 0,
                Dropped = f.Whole("dropped") ?? 0,
                Rejected = f.Whole("rejected") ?? 0,
                Steps = f.List("steps", 100, s => new StepCount(s.Text("step"), s.Whole("in") ?? 0, s.Whole("out") ?? 0,
                    s.List("dropped", 1000, d => new DropCount(d.Text("reason"), d.Text("meaning"), d.Whole("count") ?? 0)),
                    s.List("done", 1000, d => new DoneCount(d.Text("what"), d.Whole("count") ?? 0)))),
                Splits = f.List("splits", 10, s => new SplitCount(s.Text("split"), s.Whole("records") ?? 0, s.Whole("groups") ?? 0)),
                Leakage = f.Text("leakage"),
                Files = f.List("files", 1000, x => new PreparedFile(x.Text("name"), x.Hex("sha256", 64) ?? "", x.Whole("bytes") ?? 0, x.Whole("records") ?? 0)),
                Settings = [.. f.Pairs("settings")],
            };
        }
    }

    private static JsonArray List<T>(IEnumerable<T> items, Func<T, JsonNode> node) => new([.. items.Select(node)]);
}
