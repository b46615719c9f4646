using System.Text;

namespace RadLab.Tests;

/// <summary>The Open-i reports as supplied, read by a CSV reader of the tests' own (RFC 4180: quotes, doubled quotes, line breaks inside quotes).</summary>
internal static class OpenI
{
    public const string Reports = "reports/openi-chest-xray-NONCOMMERCIAL/reports.csv";
    public const string Gold = "reports/openi-chest-xray-NONCOMMERCIAL/gold_labels_14.csv";

    public static List<Dictionary<string, string>> Read(string path)
    {
        var rows = new List<List<string>> { new() };
        var field = new StringBuilder();
        bool quoted = false;
        string text = File.ReadAllText(path);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (quoted)
            {
                if (c != '"') field.Append(c);
                else if (i + 1 < text.Length && text[i + 1] == '"') field.Append(text[++i]);
                else quoted = false;
            }
            else if (c == '"') quoted = true;
            else if (c is ',' or '\n')
            {
                rows[^1].Add(field.ToString());
                field.Clear();
                if (c == '\n') rows.Add([]);
            }
            else if (c != '\r') field.Append(c);
        }
        if (rows[^1].Count == 0) rows.RemoveAt(rows.Count - 1);
        else rows[^1].Add(field.ToString());
        return [.. rows.Skip(1).Select(r => rows[0].Zip(r).ToDictionary(p => p.First, p => p.Second))];
    }
}
