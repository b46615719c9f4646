namespace RadLab.Models;

/// <summary>Who speaks.</summary>
public enum ChatRole
{
    System,
    User,
    Assistant,
}

/// <summary>One turn of a conversation. White space around the content is not kept.</summary>
public sealed record ChatMessage(ChatRole Role, string Content);

/// <summary>A conversation as ids.</summary>
/// <param name="Ids">Everything, from begin-of-text on.</param>
/// <param name="IsAnswer">
/// By position: the token is one that the assistant writes, the end of its turn included. These are the tokens to train on; a model that never sees the end of a turn never stops.
/// </param>
public sealed record ChatTokens(int[] Ids, bool[] IsAnswer);
