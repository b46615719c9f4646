using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using RadLab.Models;

namespace RadLab.Cli;

/// <summary><c>radlab inspect</c>: what a model file or folder holds, without loading it.</summary>
internal static class InspectVerb
{
    public static Command Create()
    {
        var path = new Argument<string>("PATH") { Description = "A safetensors, GGUF or llama2.c file, a model folder, or an adapter's folder." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("inspect", "List tensors, shapes, types, quantization, metadata and totals of a model file or folder.") { path, json };
        command.SetAction(parsed =>
        {
            string given = parsed.GetValue(path)!;
            if (!File.Exists(given) && !Directory.Exists(given)) throw new UsageException($"{given}: there is no such file or folder; check the path");
            var inspection = ModelInspection.Of(given);
            if (parsed.GetValue(json)) Console.WriteLine(ToJson(given, inspection).ToJsonString(DoctorVerb.Json));
            else Print(given, inspection, Console.Out);
            return ExitCodes.Done;
        });
        return command;
    }

    private static void Print(string path, ModelInspection inspection, TextWriter output)
    {
        output.WriteLine($"{path}: {inspection.Kind}{(inspection.Files.Count > 1 ? Text($", {inspection.Files.Count} files") : "")}");
        foreach (string note in inspection.Notes) output.WriteLine($"note: {note}");
        foreach (var (key, value) in inspection.Metadata) output.WriteLine($"  {key}: {value}");
        output.WriteLine($"  quantization: {inspection.Quantization ?? "none"}");
        int name = Width(t => t.Name), type = Width(t => t.Type), shape = Width(t => t.ShapeText);
        foreach (var t in inspection.Tensors)
            output.WriteLine($"  {Shown(t.Name).PadRight(name)}  {t.Type.PadRight(type)}  {t.ShapeText.PadRight(shape)}  {t.Bytes.ToString("N0", CultureInfo.InvariantCulture),16}");
        foreach (var group in inspection.Tensors.GroupBy(t => t.Type).OrderBy(g => g.Key, StringComparer.Ordinal))
            output.WriteLine(Text($"{group.Key}: {group.Count()} tensors, {group.Sum(t => t.Elements):N0} elements, {group.Sum(t => t.Bytes):N0} bytes"));
        output.WriteLine(Text($"total: {inspection.Tensors.Count} tensors, {inspection.Elements:N0} elements, {inspection.Bytes:N0} bytes"));

        int Width(Func<InspectedTensor, string> text) => inspection.Tensors.Count == 0 ? 0 : Math.Min(80, inspection.Tensors.Max(t => text(t).Length));
    }

    // names come from files of unknown origin: no escape sequence reaches the terminal
    private static string Shown(string name) => string.Concat(name.Select(c => char.IsControl(c) ? '\uFFFD' : c));

    private static JsonObject ToJson(string path, ModelInspection inspection)
    {
        var tensors = new JsonArray();
        foreach (var t in inspection.Tensors)
            tensors.Add(new JsonObject
            {
                ["name"] = t.Name, ["type"] = t.Type, ["shape"] = new JsonArray([.. t.Shape.Select(s => (JsonNode)s)]), ["elements"] = t.Elements, ["bytes"] = t.Bytes, ["file"] = t.File,
            });
        var metadata = new JsonArray();
        foreach (var (key, value) in inspection.Metadata) metadata.Add(new JsonObject { ["key"] = key, ["value"] = value });
        return new JsonObject
        {
            ["path"] = path,
            ["kind"] = inspection.Kind,
            ["quantization"] = inspection.Quantization,
            ["metadata"] = metadata,
            ["notes"] = new JsonArray([.. inspection.Notes.Select(n => (JsonNode)n)]),
            ["files"] = new JsonArray([.. inspection.Files.Select(f => (JsonNode)f)]),
            ["tensors"] = tensors,
            ["total"] = new JsonObject { ["tensors"] = inspection.Tensors.Count, ["elements"] = inspection.Elements, ["bytes"] = inspection.Bytes },
        };
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
