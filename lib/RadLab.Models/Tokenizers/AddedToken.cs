namespace RadLab.Models;

/// <summary>A token that is found in the text as a whole before anything is split.</summary>
/// <param name="Content">Its text.</param>
/// <param name="Special">
/// A control token, read from text only with <see cref="EncodeOptions.ParseSpecialTokens"/>. One that is not special is an ordinary word, always read.
/// </param>
public sealed record AddedToken(int Id, string Content, bool Special = true)
{
    /// <summary>Counts only where no letter, digit, mark or underscore touches it.</summary>
    public bool SingleWord { get; init; }

    /// <summary>Swallows the white space in front of it.</summary>
    public bool LeftStrip { get; init; }

    /// <summary>Swallows the white space behind it.</summary>
    public bool RightStrip { get; init; }
}
