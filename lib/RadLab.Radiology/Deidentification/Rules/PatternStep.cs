namespace RadLab.Radiology;

internal enum PatternOp : byte
{
    /// <summary>One token that no finding holds.</summary>
    Token,

    /// <summary>A whole finding; where any kind will do, also a marker of an earlier pass.</summary>
    Finding,

    /// <summary>First A, and where that fails B.</summary>
    Either,
    Jump,

    /// <summary>Begins or ends what is found.</summary>
    Mark,

    /// <summary>The next token begins a line, or the text ends.</summary>
    EndOfLine,

    /// <summary>The steps at A must not match here; goes on at B.</summary>
    Unless,

    /// <summary>The token before must, or must not, pass.</summary>
    Before,
    NotBefore,
    Accept,
}

/// <summary>What may stand between a token and the one before it.</summary>
internal enum TokenGap : byte
{
    /// <summary>Blanks and one line break.</summary>
    Loose,

    /// <summary>Nothing.</summary>
    Glued,

    /// <summary>No line break.</summary>
    SameLine,

    /// <summary>At least one line break.</summary>
    NewLine,
}

/// <summary>One step of a compiled pattern.</summary>
internal struct PatternStep
{
    public PatternOp Op;
    public TokenGap Gap;
    public char Symbol;

    /// <summary>The kind that a finding must have, plus one; 0 takes any.</summary>
    public byte Kind;
    public WordUse All;
    public WordUse None;
    public TokenShape ShapeAll;
    public TokenShape ShapeNone;

    /// <summary>Numbers of the words in the lexicon, any of which will do.</summary>
    public int[]? Words;

    /// <summary>Tests any of which will do, where a group holds single tokens only: one step, so that nothing is tried twice.</summary>
    public PatternStep[]? Any;
    public int A;
    public int B;
}
