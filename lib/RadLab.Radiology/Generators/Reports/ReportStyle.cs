namespace RadLab.Radiology;

/// <summary>How one radiologist writes: drawn once per report, so that a report is consistent in itself.</summary>
internal sealed class ReportStyle(SeededRandom random)
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
