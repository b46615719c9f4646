using System.Text.Json.Nodes;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>What an evaluation found.</summary>
/// <param name="Tables">Answers as texts: all items; for impressions of chest radiographs, abnormal studies alone after that.</param>
/// <param name="Classes">Protocols: labels of all items, then of unambiguous and of ambiguous notes alone, then of real pairs; empty for impressions.</param>
/// <param name="LeftOut">Items that were too long to be answered; they are in no table.</param>
/// <param name="Notes">What must be said beside the scores.</param>
public sealed record EvaluationReport(string Split, IReadOnlyList<AnswerTable> Tables, IReadOnlyList<KeyValuePair<string, ClassTable>> Classes, int LeftOut, IReadOnlyList<string> Notes)
{
    /// <summary>All of it for people.</summary>
    public override string ToString() => string.Join("\n\n", [.. Tables.Select(t => t.ToString()), .. Against(), .. Classes.Select(c => c.Value.ToString()), .. Notes]);

    // the tables' column does not say against what
    private IEnumerable<string> Against() => Tables is [{ Rows: [var first, ..] }, ..] ? [$"difference: ROUGE-L less that of '{first.System}' on the same items; one whose interval leaves out 0 is no accident of these items."] : [];

    internal JsonObject ToJson()
    {
        var tables = new JsonArray();
        foreach (var table in Tables)
            tables.Add(new JsonObject
            {
                ["title"] = table.Title, ["metric"] = Rouge.Version,
                ["rows"] = new JsonArray([.. table.Rows.Select(r => (JsonNode)new JsonObject
                {
                    ["system"] = r.System, ["items"] = r.Items, ["rouge_l"] = Of(r.RougeL), ["exact"] = Of(r.Exact), ["against_first"] = Of(r.AgainstFirst), ["distinct"] = r.Distinct, ["commonest"] = r.Commonest,
                })]),
            });
        var classes = new JsonObject();
        foreach (var (part, table) in Classes)
        {
            var systems = new JsonObject();
            foreach (var r in table.Rows)
                systems[r.System] = new JsonObject { ["accuracy"] = r.Accuracy.Mean, ["accuracy_low"] = r.Accuracy.Low, ["accuracy_high"] = r.Accuracy.High, ["macro_f1"] = r.MacroF1, ["distinct"] = r.Distinct, ["commonest"] = r.Commonest };
            classes[part] = new JsonObject { ["title"] = table.Title, ["items"] = table.Items, ["labels"] = table.Labels, ["systems"] = systems };
        }
        return new JsonObject { ["split"] = Split, ["tables"] = tables, ["classes"] = classes, ["left_out"] = LeftOut, ["notes"] = new JsonArray([.. Notes.Select(n => (JsonNode)n)]) };

        static JsonArray Of(Interval i) => [i.Mean, i.Low, i.High];
    }
}
