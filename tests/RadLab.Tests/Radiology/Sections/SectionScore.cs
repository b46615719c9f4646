using System.Text.Json;
using RadLab.Radiology;

namespace RadLab.Tests;

/// <summary>How well the section parser finds sections that are known: exact texts, and words.</summary>
internal sealed class SectionScore
{
    public static readonly SectionKind[] Kinds = [SectionKind.Indication, SectionKind.Technique, SectionKind.Comparison, SectionKind.Findings, SectionKind.Impression];

    private readonly Dictionary<SectionKind, (int Known, int Exact, double WordF1, int Spurious)> _by = Kinds.ToDictionary(k => k, _ => (0, 0, 0.0, 0));

    public (int Known, int Exact, double WordF1, int Spurious) this[SectionKind kind] => _by[kind];

    public (int Known, int Exact, double WordF1) All => (_by.Values.Sum(v => v.Known), _by.Values.Sum(v => v.Exact), _by.Values.Sum(v => v.WordF1) / Math.Max(1, _by.Values.Sum(v => v.Known)));

    public void Add(SectionKind kind, string known, string parsed)
    {
        string[] a = Words(known), b = Words(parsed);
        var v = _by[kind];
        if (a.Length == 0)
        {
            if (b.Length > 0) v.Spurious++;
        }
        else
        {
            v.Known++;
            if (a.SequenceEqual(b)) v.Exact++;
            v.WordF1 += F1(a, b);
        }
        _by[kind] = v;
    }

    private static double F1(string[] a, string[] b)
    {
        var left = a.GroupBy(w => w, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
        int common = 0;
        foreach (string w in b)
        {
            if (!left.TryGetValue(w, out int n) || n == 0) continue;
            left[w] = n - 1;
            common++;
        }
        return common == 0 ? 0 : 2.0 * common / (a.Length + b.Length);
    }

    private static string[] Words(string text) => text.Trim(' ', ':', '\n').Split([' ', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Parses each document's text alone and compares with the sections that its page marks.</summary>
    /// <param name="rewrite">Changes the text first: other spellings of the same sections.</param>
    public static SectionScore OfMtSamples(string file, Func<string, string> rewrite)
    {
        var score = new SectionScore();
        foreach (string line in File.ReadLines(file))
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            string text = rewrite(root.GetProperty("text").GetString()!);
            var spans = SectionParser.Split(text);
            foreach (var kind in Kinds)
                score.Add(kind, root.GetProperty(kind.ToString().ToLowerInvariant()).GetString()!, SectionParser.Text(text, spans, kind));
        }
        return score;
    }
}
