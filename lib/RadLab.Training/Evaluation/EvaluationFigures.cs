using System.Text.Json;
using System.Text.Json.Nodes;

namespace RadLab.Training;

/// <summary>The figures of the model itself in an <see cref="EvaluationReport"/>'s file, by short names and without any text: for registries and trackers.</summary>
/// <remarks>
/// Answers as texts: <c>rouge_l</c>, <c>rouge_l_low</c>, <c>rouge_l_high</c>, <c>exact</c>, <c>exact_low</c>, <c>exact_high</c>, <c>distinct</c>, <c>commonest</c>, <c>items</c>. Labels: <c>accuracy</c>,
/// <c>accuracy_low</c>, <c>accuracy_high</c>, <c>macro_f1</c>, <c>label_items</c>. Of a part of the items its name stands before them: <c>abnormal_studies.rouge_l</c>, <c>unambiguous.accuracy</c>.
/// </remarks>
public static class EvaluationFigures
{
    internal const string Pattern = "evaluation-*.json";
    private const string All = "all";
    private const int MaxBytes = 1 << 22, MaxParts = 100;

    private static readonly string[] s_label = ["accuracy", "accuracy_low", "accuracy_high", "macro_f1"];

    /// <param name="file">evaluation-SPLIT.json in a run's folder.</param>
    /// <exception cref="RecipeException">It is not what <c>radlab eval</c> writes.</exception>
    public static IReadOnlyDictionary<string, double> Load(string file)
    {
        try
        {
            if (new FileInfo(file).Length > MaxBytes) throw new JsonException();
            return Of(JsonNode.Parse(File.ReadAllText(file), null, new JsonDocumentOptions { MaxDepth = 16, AllowDuplicateProperties = false })!.AsObject());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or FormatException or ArgumentException)
        {
            throw new RecipeException($"{file}: is not what 'radlab eval' writes; remove it, or score the run again.", e);
        }
    }

    internal static SortedDictionary<string, double> Of(JsonObject report)
    {
        var figures = new SortedDictionary<string, double>(StringComparer.Ordinal);
        var tables = report["tables"]!.AsArray();
        var classes = report["classes"]!.AsObject();
        if (tables.Count + classes.Count > MaxParts) throw new JsonException();
        string whole = tables.Count > 0 ? (string)tables[0]!["title"]! : "";
        foreach (var table in tables)
        {
            if (table!["rows"]!.AsArray().FirstOrDefault(r => (string?)r!["system"] == RunEvaluation.Model) is not { } row) continue;
            string title = (string)table["title"]!, part = title.StartsWith(whole, StringComparison.Ordinal) ? Prefix(title[whole.Length..]) : Prefix(title);
            foreach (string score in (string[])["rouge_l", "exact"])
                foreach (var (end, at) in ((string, int)[])[("", 0), ("_low", 1), ("_high", 2)]) figures[part + score + end] = (double)row[score]![at]!;
            foreach (string figure in (string[])["items", "distinct", "commonest"]) figures[part + figure] = (double)row[figure]!;
        }
        foreach (var (name, part) in classes)
        {
            if (part!["systems"]![RunEvaluation.Model] is not { } row) continue;
            string prefix = name == All ? "" : Prefix(name);
            foreach (string figure in s_label) figures[prefix + figure] = (double)row[figure]!;
            figures[prefix + "label_items"] = (double)part["items"]!;
        }
        return figures;
    }

    // ", abnormal studies" -> "abnormal_studies."
    private static string Prefix(string words)
    {
        string plain = string.Join('_', words.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries));
        return plain.Length == 0 ? "" : plain + ".";
    }
}
