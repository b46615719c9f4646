namespace RadLab.Radiology;

internal enum TokenKind : byte
{
    Word,
    Number,
    Symbol,

    /// <summary>A placeholder that replaces an identifier already: ours, MIMIC's or Open-i's.</summary>
    Marker,
}

internal enum LetterCase : byte
{
    None,
    Lower,

    /// <summary>Capital first, small letters after it.</summary>
    Capital,
    Upper,
    Mixed,
}

/// <summary>A word, a run of digits, one symbol or one marker.</summary>
internal struct TextToken
{
    public int Start;
    public int Length;
    public TokenKind Kind;
    public LetterCase Case;

    /// <summary>No white space before it.</summary>
    public bool Glued;

    /// <summary>Line breaks before it, at most 3.</summary>
    public byte Breaks;

    /// <summary>In a line written in capitals, where case tells nothing.</summary>
    public bool Shouted;

    /// <summary>The kind of the finding that holds it, plus one; 0 where none does.</summary>
    public byte TakenAs;

    /// <summary>The last token of the finding that holds it.</summary>
    public int TakenTo;

    /// <summary>The character of a symbol.</summary>
    public char Symbol;

    /// <summary>The value of up to nine digits, else -1.</summary>
    public int Value;

    public WordUse Use;

    public TokenShape Shape;

    /// <summary>The word's number in the lexicon, 0 for others; a word with two letters exchanged has the number of the one that was meant.</summary>
    public int Number;

    public readonly int End => Start + Length;

    public readonly bool IsWord => Kind == TokenKind.Word;

    public readonly bool IsNumber => Kind == TokenKind.Number;

    public readonly bool Taken => TakenAs != 0;

    public readonly bool Has(WordUse use) => (Use & use) != 0;

    public readonly bool Is(char symbol) => Kind == TokenKind.Symbol && Symbol == symbol;

    /// <summary>Starts with a capital letter.</summary>
    public readonly bool Capitalised => Case is LetterCase.Capital or LetterCase.Upper or LetterCase.Mixed;

    /// <summary>No list explains it.</summary>
    public readonly bool Unknown => Kind == TokenKind.Word && (Use & WordUse.Explained) == 0;
}
