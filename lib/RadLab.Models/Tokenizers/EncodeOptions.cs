namespace RadLab.Models;

/// <summary>How text becomes ids. The default adds nothing and reads the whole text as plain text.</summary>
public readonly record struct EncodeOptions
{
    /// <summary>Puts the begin-of-text token first.</summary>
    public bool AddBos { get; init; }

    /// <summary>Puts the end-of-text token last.</summary>
    public bool AddEos { get; init; }

    /// <summary>
    /// Reads <c>&lt;|eot_id|&gt;</c> and its like inside the text as the special token, as Hugging Face does by default. Leave it off for text
    /// that somebody else wrote: a note must not be able to end its own turn.
    /// </summary>
    public bool ParseSpecialTokens { get; init; }
}
