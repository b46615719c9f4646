using RadLab.Radiology;

namespace RadLab.Tests;

/// <summary>Texts of random words for tests of duplicates and splits.</summary>
internal static class Texts
{
    public static string Random(ulong record, int words, int vocabulary = 200, ulong seed = 11)
    {
        var random = new SeededRandom(seed, 1, record);
        return string.Join(' ', Enumerable.Range(0, words).Select(_ => $"word{random.Below(vocabulary)}"));
    }

    /// <summary>The text with so many of its words replaced.</summary>
    public static string Change(string text, int words, ulong record)
    {
        var random = new SeededRandom(12, 1, record);
        string[] parts = text.Split(' ');
        for (int i = 0; i < words; i++) parts[random.Below(parts.Length)] = $"other{random.Below(1000)}";
        return string.Join(' ', parts);
    }

    /// <summary>Jaccard similarity of the sets of word runs, over strings and by the definition.</summary>
    public static double Jaccard(string a, string b, int words) => Jaccard(Runs(a, words), Runs(b, words));

    public static double Jaccard(HashSet<string> a, HashSet<string> b)
    {
        double common = a.Count(b.Contains);
        return common == 0 ? 0 : common / (a.Count + b.Count - common);
    }

    public static HashSet<string> Runs(string text, int words)
    {
        string[] w = [.. text.ToLowerInvariant().Split([' ', '.', ',', '\n', '-'], StringSplitOptions.RemoveEmptyEntries)];
        if (w.Length == 0) return [];
        if (w.Length < words) return [string.Join(' ', w)];
        return [.. Enumerable.Range(0, w.Length - words + 1).Select(i => string.Join(' ', w[i..(i + words)]))];
    }
}
