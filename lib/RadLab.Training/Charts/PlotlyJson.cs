using System.Text.Json.Nodes;

namespace RadLab.Training;

/// <summary>Small parts of Plotly figures. Values that JSON has no number for become null, which Plotly shows as a gap.</summary>
internal static class PlotlyJson
{
    public static JsonArray Numbers(IEnumerable<double> values) => new([.. values.Select(Number)]);

    public static JsonArray Texts(IEnumerable<string> values) => new([.. values.Select(v => (JsonNode)v)]);

    public static JsonNode? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;

    public static JsonArray Matrix(double[,] values)
    {
        var rows = new JsonArray();
        for (int r = 0; r < values.GetLength(0); r++)
            rows.Add(Numbers(Enumerable.Range(0, values.GetLength(1)).Select(c => values[r, c])));
        return rows;
    }

    public static JsonObject Axis(Axis axis)
    {
        var json = new JsonObject { ["title"] = new JsonObject { ["text"] = axis.Text } };
        if (axis.Log) json["type"] = "log";
        return json;
    }

    public static JsonObject Marker(int series) => new() { ["color"] = Palette.Series(series).Light.ToString() };

    /// <summary>A trace for each series, with its interval.</summary>
    /// <param name="mode">lines or markers.</param>
    /// <param name="style">The member that has the colour in this mode: line or marker.</param>
    public static IEnumerable<JsonObject> Traces(IReadOnlyList<Series> series, string mode, string style)
    {
        for (int i = 0; i < series.Count; i++)
        {
            var trace = new JsonObject { ["type"] = "scatter", ["mode"] = mode, ["name"] = series[i].Name, ["x"] = Numbers(series[i].X), ["y"] = Numbers(series[i].Y), [style] = Marker(i) };
            Interval(trace, series[i]);
            yield return trace;
        }
    }

    public static void Interval(JsonObject trace, Series s)
    {
        if (s.Low is null || s.High is null) return;
        trace["error_y"] = new JsonObject
        {
            ["type"] = "data", ["symmetric"] = false,
            ["array"] = Numbers(s.High.Select((h, i) => h - s.Y[i])), ["arrayminus"] = Numbers(s.Low.Select((l, i) => s.Y[i] - l)),
        };
    }

    public static JsonObject Data(Series s)
    {
        var json = new JsonObject { ["name"] = s.Name, ["x"] = Numbers(s.X), ["y"] = Numbers(s.Y) };
        if (s.Low is not null) json["low"] = Numbers(s.Low);
        if (s.High is not null) json["high"] = Numbers(s.High);
        return json;
    }
}
