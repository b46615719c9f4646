using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace RadLab.Training;

/// <summary>See <see cref="Chart.Panels"/>.</summary>
public sealed record PanelChart : Chart
{
    private const int MostPanels = 12;

    private readonly double _head;

    internal PanelChart(string? title, IReadOnlyList<LineChart> panels)
    {
        if (panels.Count is 0 or > MostPanels) throw new ArgumentException(FormattableString.Invariant($"Chart.Panels: needs 1 to {MostPanels} charts, got {panels.Count}."));
        Width = panels.Max(p => p.Width);
        // one left edge for all: the same place on the page is the same step in each
        double left = panels.Max(p => (p with { Width = Width }).LeftEdge());
        Charts = [.. panels.Select(p => p with { Width = Width, Indent = left })];
        Title = title;
        _head = string.IsNullOrEmpty(title) ? 0 : Frame.DrawHead(new Drawing(Width, Width), title, []);
        Height = (int)Math.Ceiling(_head + Charts.Sum(p => p.Height));
    }

    /// <summary>From the top.</summary>
    public IReadOnlyList<LineChart> Charts { get; }

    internal override string Kind => "panels";

    private protected override void Draw(Drawing d)
    {
        double top = _head;
        Frame.DrawHead(d, Title, []);
        foreach (var panel in Charts)
        {
            d.Add(panel.Drawn(), top);
            top += panel.Height;
        }
    }

    private protected override IEnumerable<(string, JsonNode)> Values() => [("panels", new JsonArray([.. Charts.Select(p => (JsonNode)p.Data())]))];

    private protected override IEnumerable<JsonObject> Traces()
    {
        for (int i = 0; i < Charts.Count; i++)
            foreach (var trace in PlotlyJson.Traces(Charts[i].Series, "lines", "line"))
            {
                (trace["xaxis"], trace["yaxis"]) = ("x" + Number(i), "y" + Number(i));
                yield return trace;
            }
    }

    // each panel has the share of the page that it has in the picture
    private protected override void Layout(JsonObject layout)
    {
        const double between = 0.06;
        double all = Charts.Sum(p => p.Height), top = 1;
        for (int i = 0; i < Charts.Count; i++)
        {
            double bottom = i == Charts.Count - 1 ? 0 : top - Charts[i].Height / all;
            JsonObject x = PlotlyJson.Axis(Charts[i].X), y = PlotlyJson.Axis(Charts[i].Y);
            (x["anchor"], y["anchor"], y["domain"]) = ("y" + Number(i), "x" + Number(i), PlotlyJson.Numbers([bottom + (i == Charts.Count - 1 ? 0 : between), top]));
            (layout["xaxis" + Number(i)], layout["yaxis" + Number(i)]) = (x, y);
            top = bottom;
        }
    }

    private protected override void Describe(StringBuilder text)
    {
        foreach (var panel in Charts) text.Append(panel.ToText()).Append('\n');
    }

    // Plotly's first axes have no number
    private static string Number(int panel) => panel == 0 ? "" : (panel + 1).ToString(CultureInfo.InvariantCulture);
}
