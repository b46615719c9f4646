using System.Diagnostics;

namespace RadLab.Radiology;

/// <summary>Recall of one kind of planted identifier.</summary>
/// <param name="Found">Spans every letter and digit of which lies in findings.</param>
/// <param name="KindRight">Of those, spans whose first finding has the same kind.</param>
/// <param name="RecallLow">Lower end of the 95 % Wilson interval.</param>
public sealed record PlantedRecall(PhiKind Kind, int Planted, int Found, int KindRight, double Recall, double RecallLow);

/// <summary>Planted-PHI recall of the detector, on one seed. It says how the detector does on these plants, not on your texts.</summary>
/// <param name="LeakingReports">Reports in which at least one letter or digit of a planted identifier stays.</param>
/// <param name="LeakHigh">Upper end of the 95 % Wilson interval of the share of such reports.</param>
/// <param name="FalseAlarmsPerThousandWords">Findings outside every planted span, per 1,000 words of the planted texts.</param>
public sealed record DeidentificationScore(
    long Reports, ulong Seed, int Planted, double Recall, IReadOnlyList<PlantedRecall> Kinds, int LeakingReports, double LeakRate, double LeakHigh, long Words, int FalseAlarms, double FalseAlarmsPerThousandWords, double ReportsPerSecond);

/// <summary>A planted identifier that was not wholly found. For people who improve the detector on made-up texts.</summary>
public sealed record PlantedMiss(long Report, PhiKind Kind, string Value, string Around);

/// <summary>Runs the detector over planted texts and counts.</summary>
public static class DeidentificationBenchmark
{
    /// <param name="reports">How many texts.</param>
    /// <param name="seed">Another seed gives other texts.</param>
    /// <param name="carriers">Texts to plant into, known to be free of identifiers; null takes the built-in ones.</param>
    /// <param name="missed">Told of each miss; the texts are made up, so this discloses nothing.</param>
    /// <param name="contexts">Which set of contexts and formats is planted.</param>
    public static DeidentificationScore Run(int reports, ulong seed, IReadOnlyList<string>? carriers = null, Action<PlantedMiss>? missed = null, PlantedContexts contexts = PlantedContexts.All)
    {
        if (reports < 1) throw new ArgumentOutOfRangeException(nameof(reports), $"DeidentificationBenchmark: reports must be at least 1, got {reports}.");
        var planter = new PhiPlanter(seed, carriers, contexts);
        var deidentifier = new Deidentifier(new DeidentificationSettings());
        int kinds = Enum.GetValues<PhiKind>().Length;
        int[] planted = new int[kinds], found = new int[kinds], right = new int[kinds];
        int leaking = 0, alarms = 0;
        long words = 0, ticks = 0;
        for (int n = 0; n < reports; n++)
        {
            var text = planter.Make(n);
            long start = Stopwatch.GetTimestamp();
            var findings = deidentifier.Scan(text.Text);
            ticks += Stopwatch.GetTimestamp() - start;
            words += CountWords(text.Text);
            bool leaks = false;
            foreach (var p in text.Planted)
            {
                planted[(int)p.Kind]++;
                if (Covered(text.Text, p, findings, out var kind))
                {
                    found[(int)p.Kind]++;
                    if (kind == p.Kind) right[(int)p.Kind]++;
                    continue;
                }
                leaks = true;
                missed?.Invoke(new PlantedMiss(n, p.Kind, text.Text.Substring(p.Start, p.Length), text.Text[Math.Max(0, p.Start - 50)..Math.Min(text.Text.Length, p.Start + p.Length + 30)].ReplaceLineEndings("\\n")));
            }
            if (leaks) leaking++;
            foreach (var f in findings)
                if (!text.Planted.Any(p => f.Start < p.Start + p.Length && p.Start < f.End)) alarms++;
        }
        var rows = Enum.GetValues<PhiKind>().Select(k => new PlantedRecall(k, planted[(int)k], found[(int)k], right[(int)k], Share(found[(int)k], planted[(int)k]), Wilson(found[(int)k], planted[(int)k], -1))).ToArray();
        return new DeidentificationScore(reports, seed, planted.Sum(), Share(found.Sum(), planted.Sum()), rows, leaking, Share(leaking, reports), Wilson(leaking, reports, +1), words, alarms, 1000.0 * alarms / words, reports / Math.Max(1e-9, ticks / (double)Stopwatch.Frequency));
    }

    /// <summary>One end of the 95 % Wilson score interval of k successes in n trials (Wilson, JASA 1927).</summary>
    /// <param name="side">-1 for the lower end, +1 for the upper.</param>
    public static double Wilson(int k, int n, int side)
    {
        if (n == 0) return side < 0 ? 0 : 1;
        const double Z = 1.959963984540054;
        double p = (double)k / n, z2 = Z * Z;
        return (p + z2 / (2 * n) + side * Z * Math.Sqrt(p * (1 - p) / n + z2 / (4.0 * n * n))) / (1 + z2 / n);
    }

    /// <summary>Words between white space.</summary>
    public static int CountWords(ReadOnlySpan<char> text)
    {
        int words = 0;
        bool inside = false;
        foreach (char c in text)
        {
            bool space = char.IsWhiteSpace(c);
            if (!space && !inside) words++;
            inside = !space;
        }
        return words;
    }

    private static bool Covered(string text, PlantedPhi p, IReadOnlyList<PhiFinding> findings, out PhiKind? kind)
    {
        kind = null;
        for (int at = p.Start; at < p.Start + p.Length; at++)
        {
            if (!char.IsLetterOrDigit(text[at])) continue;
            bool covered = false;
            foreach (var f in findings)
            {
                if (at < f.Start || at >= f.End) continue;
                covered = true;
                kind ??= f.Kind;
                break;
            }
            if (!covered) return false;
        }
        return true;
    }

    private static double Share(int part, int whole) => whole == 0 ? 1 : (double)part / whole;
}
