using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace RadLab.Radiology;

/// <summary>
/// Splits the sentence templates of all lists into kept and held-out ones, so that every list has both and no sentence can come from both parts. Templates that
/// can write the same sentence are one class and stay together: those that differ only in the place of the change ({new}, {since}) or in how "there is" is written, and a written-out
/// "No pleural effusion." with the pattern "No {list}.".
/// </summary>
/// <remarks>
/// Greedy and without chance: first the class that gives the most lists their held-out template and leaves the fewest with a single kept one, as long as no list loses its last (ties by
/// the class's text); then further classes until each list holds out about its share.
/// </remarks>
internal sealed partial class TemplateSplit
{
    private static readonly ConcurrentDictionary<double, TemplateSplit> s_byShare = new();
    private static readonly Lazy<HashSet<string>> s_negatives = new(() =>
        [.. ReportExams.All.SelectMany(e => e.Organs).SelectMany(o => o.Negatives).SelectMany(n => n.Words), .. ReportExams.All.SelectMany(e => e.Reasons).Select(r => r.Asks)]);

    private readonly Dictionary<Wordings, (SentenceTemplate[] Kept, SentenceTemplate[] HeldOut)> _parts = [];

    private TemplateSplit(IReadOnlyList<Wordings> lists, double share)
    {
        var classes = lists.Select(l => l.Templates.Select(t => ClassOf(t.Source)).Distinct().ToArray()).ToArray();
        var heldOut = Choose(classes, share);
        for (int i = 0; i < lists.Count; i++)
        {
            var parts = lists[i].Templates.ToLookup(t => heldOut.Contains(ClassOf(t.Source)));
            _parts[lists[i]] = ([.. parts[false]], [.. parts[true]]);
        }
    }

    public static TemplateSplit Of(double share) => s_byShare.GetOrAdd(share, s => new TemplateSplit(Lists(), s));

    public IReadOnlyList<SentenceTemplate> Part(Wordings wordings, SyntheticPart part) => part == SyntheticPart.Kept ? _parts[wordings].Kept : _parts[wordings].HeldOut;

    /// <summary>Every list that reports and notes are written from.</summary>
    public static IReadOnlyList<Wordings> Lists()
    {
        var lists = new List<Wordings>();
        foreach (var exam in ReportExams.All)
        {
            lists.AddRange([exam.Techniques, exam.NothingAcute, exam.Normal]);
            foreach (var organ in exam.Organs)
            {
                lists.AddRange(organ.Normals.Select(n => n.Says));
                if (organ.Otherwise is not null) lists.Add(organ.Otherwise);
                foreach (var finding in organ.Findings)
                {
                    lists.Add(finding.Says);
                    if (finding.Ends is not null) lists.Add(finding.Ends);
                }
            }
        }
        return [.. lists.Concat(CommonWordings.All).Concat(Advice.All).Append(NoteWordings.WithHistory).Append(NoteWordings.WithoutHistory).Distinct()];
    }

    /// <summary>What a template shares with every template that can write the same sentence.</summary>
    public static string ClassOf(string source)
    {
        string bare = Blanks().Replace(Change().Replace(source, ""), " ").Trim();
        foreach (string pattern in (ReadOnlySpan<string>)["There is no evidence of ", "No evidence of ", "There is no ", "Negative for ", "No "])
        {
            if (!bare.StartsWith(pattern, StringComparison.Ordinal)) continue;
            string rest = bare[pattern.Length..].TrimEnd('.');
            return rest is "{list}" or "{ask}" || s_negatives.Value.Contains(rest) ? pattern + "*" : bare;
        }
        return ThereIs().Replace(bare, "{there} ");
    }

    private static HashSet<string> Choose(string[][] lists, double share)
    {
        string[] all = [.. lists.SelectMany(l => l).Distinct().Order(StringComparer.Ordinal)];
        int[][] listsOf = new int[all.Length][];
        for (int c = 0; c < all.Length; c++) listsOf[c] = [.. Enumerable.Range(0, lists.Length).Where(l => Array.IndexOf(lists[l], all[c]) >= 0)];
        int[] kept = [.. lists.Select(l => l.Length)];
        bool[] isHeldOut = new bool[all.Length];

        bool CanGo(int c) => !isHeldOut[c] && Array.TrueForAll(listsOf[c], l => kept[l] > 1);
        bool HasNone(int l) => kept[l] == lists[l].Length;
        void Take(int c)
        {
            isHeldOut[c] = true;
            foreach (int l in listsOf[c]) kept[l]--;
        }

        while (true)
        {
            int best = -1, bestScore = int.MinValue;
            for (int c = 0; c < all.Length; c++)
            {
                int gain = listsOf[c].Count(HasNone);
                if (gain == 0 || !CanGo(c)) continue;
                int score = 2 * gain - listsOf[c].Count(l => kept[l] == 2);
                if (score > bestScore) (best, bestScore) = (c, score);
            }
            if (best < 0) break;
            Take(best);
        }
        for (int l = 0; l < lists.Length; l++)
        {
            if (HasNone(l)) throw new InvalidOperationException($"TemplateSplit: no template of '{string.Join("' '", lists[l])}' can be held out; give the list a wording of its own.");
            foreach (string text in lists[l].Reverse())
            {
                int c = Array.BinarySearch(all, text, StringComparer.Ordinal);
                if (lists[l].Length - kept[l] < HoldOut.HeldOutOf(lists[l].Length, share) && CanGo(c)) Take(c);
            }
        }
        return [.. Enumerable.Range(0, all.Length).Where(c => isHeldOut[c]).Select(c => all[c])];
    }

    [GeneratedRegex(@"\{(new|since)\}")]
    private static partial Regex Change();

    [GeneratedRegex(@"^There (is|are|\{is\})( an?)? ")]
    private static partial Regex ThereIs();

    [GeneratedRegex(" +")]
    private static partial Regex Blanks();
}
