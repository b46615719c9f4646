using System.Text.Json;
using System.Xml;
using System.Xml.Linq;
using RadLab.Training;

namespace RadLab.Notebooks;

/// <summary>Compares two lists of nbformat outputs.</summary>
internal static class OutputComparison
{
    private sealed record Shown(string Form, string Text);

    /// <summary>The first difference in words; null when there is none.</summary>
    public static string? Difference(IReadOnlyList<JsonElement> stored, IReadOnlyList<JsonElement> now, double tolerance)
    {
        var (before, after) = (Flat(stored), Flat(now));
        for (int i = 0; i < Math.Min(before.Count, after.Count); i++)
        {
            if (before[i].Form != after[i].Form) return $"output {Number(i)} was {before[i].Form} and is now {after[i].Form}";
            if (TextComparison.Difference(before[i].Text, after[i].Text, tolerance) is { } difference) return $"output {Number(i)} ({before[i].Form}) differs: {difference}";
        }
        if (before.Count == 0 && after.Count > 0) return $"nothing is stored, and it shows {after[0].Form}";
        return before.Count == after.Count ? null : FormattableString.Invariant($"{before.Count} outputs are stored, and it shows {after.Count}");
    }

    private static List<Shown> Flat(IReadOnlyList<JsonElement> outputs)
    {
        var flat = new List<Shown>();
        foreach (var output in outputs)
        {
            if (output.ValueKind != JsonValueKind.Object) continue;
            switch (Text(output, "output_type"))
            {
                case "stream":
                    // how prints are cut into outputs is chance
                    string name = Text(output, "name") == "stderr" ? "stderr" : "stdout";
                    string text = Joined(output, "text");
                    if (flat.Count > 0 && flat[^1].Form == name) flat[^1] = new Shown(name, flat[^1].Text + text);
                    else flat.Add(new Shown(name, text));
                    break;
                case "error":
                    flat.Add(new Shown("error", $"{Text(output, "ename")}: {Text(output, "evalue")}"));
                    break;
                case "display_data" or "execute_result" when output.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object:
                    flat.AddRange(Forms(data));
                    break;
            }
        }
        return flat;
    }

    private static IEnumerable<Shown> Forms(JsonElement data)
    {
        // The numbers of a chart are what it says; lines and letters may be drawn otherwise by another version.
        if (data.TryGetProperty("image/svg+xml", out _) && ChartData(Joined(data, "image/svg+xml")) is { } chart) return [new Shown("chart", chart)];
        return data.EnumerateObject().OrderBy(f => f.Name, StringComparer.Ordinal).Select(f => new Shown(f.Name, NotebookCell.Joined(f.Value) ?? f.Value.GetRawText()));
    }

    private static string? ChartData(string svg)
    {
        if (!svg.Contains($"<{Chart.DataElement}", StringComparison.Ordinal)) return null;
        try
        {
            using var reader = XmlReader.Create(new StringReader(svg), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, MaxCharactersInDocument = 64 << 20 });
            return XDocument.Load(reader).Descendants().FirstOrDefault(e => e.Name.LocalName == Chart.DataElement)?.Value;
        }
        catch (XmlException)
        {
            return null;
        }
    }

    private static string Joined(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? NotebookCell.Joined(value) ?? "" : "";

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static string Number(int i) => (i + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
