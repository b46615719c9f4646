namespace RadLab.Radiology;

/// <summary>Fills a template's slots.</summary>
internal interface ISlots
{
    /// <summary>Writes the slot's value, which may be nothing; false for a name it does not know.</summary>
    bool Fill(string slot, SectionText text);
}

/// <summary>
/// One sentence template: text with <c>{slots}</c> and <c>[either|or]</c> choices (not nested; a choice may be empty). Two entries of a list are two
/// templates; the choices within one are the same template.
/// </summary>
internal sealed class SentenceTemplate
{
    private readonly Piece[] _pieces;

    private SentenceTemplate(string source, Piece[] pieces) => (Source, _pieces) = (source, pieces);

    public string Source { get; }

    /// <summary>Every slot named anywhere in the template.</summary>
    public IEnumerable<string> Slots => _pieces.Concat(_pieces.SelectMany(p => p.Choices ?? []).SelectMany(c => c)).Where(p => p.IsSlot).Select(p => p.Text);

    /// <summary>A single template, where a list would be too much: parts of sentences.</summary>
    public static SentenceTemplate Parse(string source) => new(source, ParsePieces(source, source));

    /// <param name="habits">Of the radiologist who takes the choices, where there is one.</param>
    public void Write(SectionText text, ISlots slots, SeededRandom random, RadiologistHabits? habits = null) => Write(_pieces, text, slots, random, habits);

    private void Write(Piece[] pieces, SectionText text, ISlots slots, SeededRandom random, RadiologistHabits? habits)
    {
        foreach (var piece in pieces)
        {
            if (piece.Choices is not null) Write(piece.Choices[habits?.Below(Source, piece.Choices.Length, random) ?? random.Below(piece.Choices.Length)], text, slots, random, habits);
            else if (!piece.IsSlot) text.Append(piece.Text);
            else if (!slots.Fill(piece.Text, text)) throw new InvalidOperationException($"SentenceTemplate: '{Source}' has slot {{{piece.Text}}}, which nothing fills here.");
        }
    }

    private static Piece[] ParsePieces(string text, string source)
    {
        var pieces = new List<Piece>();
        int at = 0;
        while (at < text.Length)
        {
            char c = text[at];
            if (c is '{' or '[')
            {
                int end = text.IndexOf(c == '{' ? '}' : ']', at);
                if (end < 0) throw new FormatException($"SentenceTemplate: '{source}' has {c} without its end.");
                string inner = text[(at + 1)..end];
                pieces.Add(c == '{' ? new Piece(inner, true, null) : new Piece("", false, [.. inner.Split('|').Select(choice => ParsePieces(choice, source))]));
                at = end + 1;
                continue;
            }
            int next = text.IndexOfAny(['{', '['], at);
            if (next < 0) next = text.Length;
            pieces.Add(new Piece(text[at..next], false, null));
            at = next;
        }
        return [.. pieces];
    }

    private readonly record struct Piece(string Text, bool IsSlot, Piece[][]? Choices);
}
