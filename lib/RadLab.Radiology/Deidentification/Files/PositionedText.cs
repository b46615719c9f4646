namespace RadLab.Radiology;

/// <summary>Text taken out of a file's own notation, where every character knows the offset from which it came.</summary>
internal sealed class PositionedText
{
    private char[] _characters = new char[256];
    private int[] _offsets = new int[256];

    public int Length { get; private set; }

    public ReadOnlySpan<char> Text => _characters.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void Add(char character, int offset)
    {
        if (Length == _characters.Length)
        {
            Array.Resize(ref _characters, 2 * Length);
            Array.Resize(ref _offsets, 2 * Length);
        }
        (_characters[Length], _offsets[Length]) = (character, offset);
        Length++;
    }

    /// <summary>Characters that stand for something at one offset: a label, an entity.</summary>
    public void Add(ReadOnlySpan<char> text, int offset)
    {
        foreach (char c in text) Add(c, offset);
    }

    /// <summary>The offset in the file of a character of the text.</summary>
    public int OffsetOf(int index) => _offsets[index];
}
