using System.Text;
using RadLab.Radiology;

namespace RadLab.Tests;

/// <summary>Hand-made examples of every kind, and medicine that must stay.</summary>
public sealed class KindGoldenTests
{
    private static readonly Deidentifier s_deidentifier = new(new DeidentificationSettings());

    [Fact]
    public void Hand_made_identifiers_of_every_kind_are_found_exactly()
    {
        var wrong = new List<string>();
        foreach (string line in Lines("kinds.txt"))
        {
            string text = Plain(line, out _), got = Marked(text);
            if (got != line.Replace("\\n", "\n", StringComparison.Ordinal)) wrong.Add(got);
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void Every_kind_has_three_hand_made_examples()
    {
        var count = new Dictionary<PhiKind, int>();
        foreach (string line in Lines("kinds.txt"))
        {
            Plain(line, out var kinds);
            foreach (var kind in kinds) count[kind] = count.GetValueOrDefault(kind) + 1;
        }
        Assert.All(Enum.GetValues<PhiKind>(), kind => Assert.True(count.GetValueOrDefault(kind) >= 3, $"{kind} has {count.GetValueOrDefault(kind)}"));
    }

    [Fact]
    public void Medicine_is_left_alone()
    {
        var touched = Lines("medicine.txt").Select(Marked).Where(m => m.Contains('{')).ToList();
        Assert.True(touched.Count == 0, string.Join('\n', touched));
    }

    [Theory]
    [InlineData("[NAME] was seen on [DATE 2014], [AGE 90+] years old, MRN [MRN], call [PHONE].")]
    [InlineData("[**Last Name (NamePattern1) 1234**] seen [**2151-7-16**] by Dr. ___ and XXXX.")]
    [InlineData("Seen by Dr. [~Adler~]")]
    public void Markers_of_earlier_passes_are_known(string text)
    {
        if (text.Contains("Adler", StringComparison.Ordinal)) text = text.Replace("Adler", SurrogateShapes.Names[0], StringComparison.Ordinal);
        Assert.Empty(s_deidentifier.Scan(text));
    }

    [Theory]
    [InlineData("Dr. [~Halvorsen~] was called.")]
    [InlineData("Call [~617-482-9917~].")]
    [InlineData("[NAME Halvorsen] MRN 4452310")]
    public void A_marker_with_something_else_inside_hides_nothing(string text) => Assert.NotEmpty(s_deidentifier.Scan(text));

    private static IEnumerable<string> Lines(string file) =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Goldens", "deidentification", file)).Where(l => l.Length > 0 && l[0] != '#');

    private static string Marked(string text)
    {
        var marked = new StringBuilder();
        int at = 0;
        foreach (var f in s_deidentifier.Scan(text))
        {
            marked.Append(text, at, f.Start - at).Append('{').Append(f.Kind).Append(':').Append(text, f.Start, f.Length).Append('}');
            at = f.End;
        }
        return marked.Append(text, at, text.Length - at).ToString();
    }

    private static string Plain(string line, out List<PhiKind> kinds)
    {
        kinds = [];
        var plain = new StringBuilder();
        for (int i = 0; i < line.Length;)
        {
            if (line[i] != '{')
            {
                plain.Append(line[i++]);
                continue;
            }
            int colon = line.IndexOf(':', i), close = line.IndexOf('}', i);
            kinds.Add(Enum.Parse<PhiKind>(line[(i + 1)..colon]));
            plain.Append(line, colon + 1, close - colon - 1);
            i = close + 1;
        }
        return plain.Replace("\\n", "\n").ToString();
    }
}
