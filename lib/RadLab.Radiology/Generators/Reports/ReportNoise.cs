using System.Text;

namespace RadLab.Radiology;

/// <summary>
/// Typing errors and abbreviations, as hurried dictation has them. Words of entities, numbers and short words (among them "no", "not", "mild") stay, and
/// spans move with the text, so the record's truth stays true.
/// </summary>
internal static class ReportNoise
{
    private const int ShortestTouched = 5;

    private static readonly Dictionary<string, string> s_abbreviations = new(StringComparer.OrdinalIgnoreCase)
    {
        ["with"] = "w/", ["without"] = "w/o", ["examination"] = "exam", ["history"] = "hx", ["evaluation"] = "eval", ["evaluate"] = "eval", ["bilateral"] = "bilat",
        ["approximately"] = "approx", ["follow-up"] = "f/u", ["recommended"] = "rec'd", ["within"] = "w/in", ["degenerative"] = "degen", ["significant"] = "sig", ["measuring"] = "meas",
    };

    // negations, sides and changes carry the truth: they are never touched
    private static readonly HashSet<string> s_kept = new(StringComparer.OrdinalIgnoreCase)
    {
        "right", "left", "negative", "normal", "unremarkable", "without", "increased", "decreased", "unchanged", "stable", "resolved", "resolution", "severe", "moderate", "small", "large", "minimal", "trace", "absent",
    };

    public static SyntheticReport Add(SyntheticReport report, double rate, SeededRandom random)
    {
        var findings = new Edited(report.Report.Findings, report.Entities.Select(e => e.Findings), rate, random);
        var impression = new Edited(report.Report.Impression, report.Entities.Select(e => e.Impression), rate, random);
        return report with
        {
            Report = report.Report with { Findings = findings.Text, Impression = impression.Text, Indication = new Edited(report.Report.Indication, [], rate, random).Text },
            Entities = [.. report.Entities.Select(e => e with { Findings = findings.Move(e.Findings), Impression = impression.Move(e.Impression) })],
            Statements = [.. report.Statements.Select(s => s with { Span = impression.Move(s.Span)!.Value })],
        };
    }

    /// <summary>A typing error: two neighbours swapped, one letter lost or doubled. The first letter stays.</summary>
    internal static string Mistype(string word, SeededRandom random)
    {
        int at = random.Between(1, word.Length - 2);
        return random.Below(3) switch
        {
            0 => word[..at] + word[at + 1] + word[at] + word[(at + 2)..],
            1 => word.Remove(at, 1),
            _ => word.Insert(at, word[at].ToString()),
        };
    }

    private sealed class Edited
    {
        private readonly int[] _moved;

        public Edited(string text, IEnumerable<SyntheticSpan?> kept, double rate, SeededRandom random)
        {
            bool[] untouched = new bool[text.Length];
            foreach (var span in kept)
                // whole-sentence spans name no words of their own: only an entity's noun is protected
                if (span is { } s && !text.AsSpan(s.Start, s.Length).Contains('.')) untouched.AsSpan(s.Start, s.Length).Fill(true);

            var edited = new StringBuilder(text.Length + 16);
            _moved = new int[text.Length + 1];
            for (int at = 0; at < text.Length;)
            {
                int end = at;
                while (end < text.Length && (char.IsLetter(text[end]) || (end > at && text[end] == '-'))) end++;
                if (end == at) end++;
                string word = text[at..end];
                string changed = char.IsLetter(word[0]) && !untouched[at] && !untouched[end - 1] && random.Chance(rate) ? Change(word, random) : word;
                for (int i = at; i < end; i++) _moved[i] = edited.Length + Math.Min(i - at, changed.Length);
                edited.Append(changed);
                at = end;
            }
            _moved[text.Length] = edited.Length;
            Text = edited.ToString();
        }

        public string Text { get; }

        public SyntheticSpan? Move(SyntheticSpan? span) => span is { } s ? new SyntheticSpan(_moved[s.Start], _moved[s.End] - _moved[s.Start]) : null;

        private static string Change(string word, SeededRandom random)
        {
            if (s_abbreviations.TryGetValue(word, out string? shorter)) return shorter;
            return word.Length < ShortestTouched || s_kept.Contains(word) || word.Any(char.IsUpper) ? word : Mistype(word, random);
        }
    }
}
