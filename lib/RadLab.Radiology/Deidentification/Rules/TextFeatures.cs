namespace RadLab.Radiology;

/// <summary>What the tokens of a text are, all together.</summary>
internal struct TextFeatures
{
    public WordUse Uses;
    public TokenShape Shapes;

    public void Add(in TextToken token)
    {
        Uses |= token.Use;
        Shapes |= token.Shape;
    }
}
