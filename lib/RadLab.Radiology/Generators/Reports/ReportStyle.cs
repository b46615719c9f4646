namespace RadLab.Radiology;

/// <summary>How one radiologist writes: drawn once per report, so that a report is consistent in itself, or once for all reports of a radiologist.</summary>
/// <param name="habits">Of the radiologist who writes every report; null: each report has one of its own, without habits.</param>
internal sealed class ReportStyle(SeededRandom random, RadiologistHabits? habits = null)
{
    private static readonly string[] s_priors = ["the prior study", "the prior examination", "the prior exam", "the previous study", "the prior", "the comparison study"];

    /// <summary>Findings as running text, as one paragraph per organ, or as paragraphs with the organ's name in front.</summary>
    public FindingsLayout Layout { get; } = random.Below(20) switch { < 10 => FindingsLayout.Prose, < 13 => FindingsLayout.Paragraphs, _ => FindingsLayout.Headed };

    /// <summary>Numbered lines, numbered run-in, lines, or running text.</summary>
    public ImpressionLayout Impression { get; } = random.Below(20) switch { < 9 => ImpressionLayout.NumberedLines, < 14 => ImpressionLayout.Numbered, < 17 => ImpressionLayout.Lines, _ => ImpressionLayout.Prose };

    /// <summary>How the study before is called.</summary>
    public string Prior { get; } = random.Pick(s_priors);

    public bool UpperCaseHeadings { get; } = random.Chance(0.5);

    /// <summary>"a, b, or c" rather than "a, b or c".</summary>
    public bool SerialComma { get; } = random.Chance(0.6);

    private readonly int _units = random.Below(3);

    public static ReportStyle Of(RadiologistHabits? habits, SeededRandom random) => new(habits?.Style ?? random, habits);

    public RadiologistHabits? Habits => habits;

    /// <summary>One of several words for the same.</summary>
    public string Pick(string[] words, SeededRandom chance) => words[habits?.Below(words[0], words.Length, chance) ?? chance.Below(words.Length)];

    /// <summary>Whether to do what radiologists do with this probability.</summary>
    public bool Chance(string about, double probability, SeededRandom chance) => habits?.Chance(about, probability, chance) ?? chance.Chance(probability);

    /// <summary>"8 mm", "1.2 cm", "3.2 x 2.1 cm": centimetres from 10 mm, from 30 mm or always, by style.</summary>
    public string Size(int[] millimetres)
    {
        bool centimetres = millimetres[0] >= _units switch { 0 => 10, 1 => 30, _ => 4 };
        return string.Join(" x ", millimetres.Select(mm => centimetres ? FormattableString.Invariant($"{mm / 10}.{mm % 10}") : FormattableString.Invariant($"{mm}"))) + (centimetres ? " cm" : " mm");
    }

    public string Join(IReadOnlyList<string> items, string word) => items.Count switch
    {
        1 => items[0],
        2 => $"{items[0]} {word} {items[1]}",
        _ => string.Join(", ", items.Take(items.Count - 1)) + (SerialComma ? ", " : " ") + word + " " + items[^1],
    };
}

internal enum FindingsLayout
{
    Prose,
    Paragraphs,
    Headed,
}

internal enum ImpressionLayout
{
    NumberedLines,
    Numbered,
    Lines,
    Prose,
}
