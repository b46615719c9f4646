namespace RadLab.Models;

/// <summary>What a piece is for, by SentencePiece's numbers.</summary>
public enum SentencePieceType
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

/// <summary>One entry of a SentencePiece vocabulary.</summary>
/// <param name="Score">The higher, the earlier it is merged.</param>
public readonly record struct SentencePiece(string Text, float Score, SentencePieceType Type);
