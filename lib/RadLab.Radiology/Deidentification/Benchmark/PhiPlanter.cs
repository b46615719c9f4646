using System.Text;

namespace RadLab.Radiology;

/// <summary>An identifier that was planted, and where.</summary>
public sealed record PlantedPhi(PhiKind Kind, int Start, int Length);

/// <summary>A text with planted identifiers.</summary>
public sealed record PlantedText(string Text, IReadOnlyList<PlantedPhi> Planted);

/// <summary>
/// Plants made-up identifiers of every kind into texts without any: 2 to 7 contexts per text, drawn from a set of <see cref="PlantedContexts"/>; one text in twelve in capitals,
/// one in sixteen in small letters, one in five with hard line breaks; slips of the pen in the contexts. Text number n depends on (seed, n) alone.
/// </summary>
public sealed class PhiPlanter
{
    private static readonly string[] s_first = [.. WordLists.Lines("planted-contexts")];
    private static readonly string[] s_second = [.. WordLists.Lines("planted-second-contexts")];
    private static readonly string[] s_third = [.. WordLists.Lines("planted-third-contexts")];
    private static readonly HashSet<string> s_ofSecond = new(s_second, StringComparer.Ordinal);

    private readonly IReadOnlyList<string> _carriers;
    private readonly ulong _seed;
    private readonly string[] _contexts;

    /// <param name="carriers">Texts without identifiers; null takes the built-in ones.</param>
    /// <param name="contexts">Which set of contexts and formats.</param>
    public PhiPlanter(ulong seed, IReadOnlyList<string>? carriers = null, PlantedContexts contexts = PlantedContexts.All)
    {
        _seed = seed;
        _carriers = carriers is { Count: > 0 } ? carriers : BuiltInCarriers;
        _contexts = contexts switch
        {
            PlantedContexts.First => s_first,
            PlantedContexts.Second => s_second,
            PlantedContexts.Third => s_third,
            PlantedContexts.All => [.. s_first, .. s_second],
            _ => throw new ArgumentOutOfRangeException(nameof(contexts), $"PhiPlanter: contexts must be All, First, Second or Third, got {contexts}."),
        };
    }

    /// <summary>Texts of the project's own writing, rich in eponyms, levels and measures.</summary>
    public static IReadOnlyList<string> BuiltInCarriers { get; } = [.. WordLists.Lines("planted-carriers")];

    public PlantedText Make(long number)
    {
        var random = new SeededRandom(_seed, 0xDE1D, (ulong)number);
        var first = new PhiValues(random);
        var second = new SecondPhiValues(random);
        var third = new ThirdPhiValues(random);
        var text = new StringBuilder();
        var planted = new List<PlantedPhi>();
        var chosen = new List<string>();
        for (int n = random.Between(2, 7); n > 0; n--)
        {
            string context = random.Pick(_contexts);
            if (!chosen.Contains(context)) chosen.Add(context);
        }
        foreach (string context in chosen.Where(c => c.StartsWith("head|", StringComparison.Ordinal))) Write(context, "", "\n");
        var inside = new Queue<string>(chosen.Where(c => c.StartsWith("in|", StringComparison.Ordinal)));
        string[] sentences = random.Pick(_carriers).Split(". ");
        for (int s = 0; s < sentences.Length; s++)
        {
            bool last = s == sentences.Length - 1;
            text.Append(sentences[s]).Append(last ? "" : ". ");
            while (inside.Count > 0 && (last || random.Chance(0.4)))
            {
                if (last) text.Append(' ');
                Write(inside.Dequeue(), "", last ? "" : " ");
            }
        }
        foreach (string context in chosen.Where(c => c.StartsWith("foot|", StringComparison.Ordinal))) Write(context, "\n", "");
        string result = text.ToString();
        if (random.Chance(1.0 / 12)) result = result.ToUpperInvariant();
        else if (random.Chance(1.0 / 16)) result = result.ToLowerInvariant();
        if (random.Chance(0.2)) result = Wrapped(result, random.Between(48, 80));
        return new PlantedText(result, planted);

        void Write(string line, string before, string after)
        {
            bool ofSecond = s_ofSecond.Contains(line);
            string context = before + line[(line.IndexOf('|', StringComparison.Ordinal) + 1)..] + after;
            for (int at = 0; at < context.Length;)
            {
                int open = context.IndexOf('{', at);
                string literal = open < 0 ? context[at..] : context[at..open];
                text.Append(Slip(literal.Replace("\\n", "\n", StringComparison.Ordinal), random));
                if (open < 0) break;
                int close = context.IndexOf('}', open);
                string placeholder = context[(open + 1)..close];
                var (kind, value) = _contexts == s_third ? third.Make(placeholder) : ofSecond ? second.Make(placeholder) : first.Make(placeholder);
                if (kind is { } k) planted.Add(new PlantedPhi(k, text.Length, value.Length));
                text.Append(value);
                at = close + 1;
            }
        }
    }

    /// <summary>Now and then two letters change places, a blank is doubled, or the blank after a title or a colon is missing.</summary>
    private static string Slip(string literal, SeededRandom random)
    {
        if (random.Chance(0.03)) literal = literal.Replace("Dr. ", "Dr.", StringComparison.Ordinal).Replace("Mr. ", "Mr.", StringComparison.Ordinal);
        if (random.Chance(0.03)) literal = literal.Replace(": ", ":", StringComparison.Ordinal);
        if (random.Chance(0.04)) literal = literal.Replace(" ", "  ", StringComparison.Ordinal);
        if (!random.Chance(0.02)) return literal;
        var letters = literal.ToCharArray();
        int at = random.Below(Math.Max(1, letters.Length - 2));
        if (at + 1 < letters.Length && char.IsAsciiLetterLower(letters[at]) && char.IsAsciiLetterLower(letters[at + 1])) (letters[at], letters[at + 1]) = (letters[at + 1], letters[at]);
        return new string(letters);
    }

    // blanks become line breaks, so that no span moves
    private static string Wrapped(string text, int width)
    {
        var letters = text.ToCharArray();
        int line = 0, blank = -1;
        for (int i = 0; i < letters.Length; i++)
        {
            if (letters[i] == '\n') (line, blank) = (i + 1, -1);
            if (letters[i] == ' ') blank = i;
            if (i - line < width || blank < 0) continue;
            letters[blank] = '\n';
            (line, blank) = (blank + 1, -1);
        }
        return new string(letters);
    }
}
