using System.Text;

namespace RadLab.Models;

/// <summary>Looks for stop strings after each new token, by decoding only as many tokens as the longest of them can cover.</summary>
internal sealed class StopStrings
{
    // tokens that give no text of their own, such as half a character, may stand between those that do
    private const int Spare = 16;

    private readonly GenerationOptions _options;
    private readonly int _window;

    public StopStrings(GenerationOptions options)
    {
        _options = options;
        _window = options.StopStrings.Count == 0 ? 0 : options.StopStrings.Max(Encoding.UTF8.GetByteCount) + Spare;   // a token with text has at least a byte
    }

    /// <summary>Whether the newest of the tokens completes a stop string.</summary>
    public bool IsComplete(ReadOnlySpan<int> tokens)
    {
        if (_window == 0) return false;
        string text = _options.Decode!(tokens[Math.Max(0, tokens.Length - _window)..]);
        foreach (string stop in _options.StopStrings)
            if (text.Contains(stop, StringComparison.Ordinal)) return true;
        return false;
    }

    /// <summary>The text up to the first stop string; null where nothing decodes.</summary>
    public string? Text(ReadOnlySpan<int> tokens, StopReason reason)
    {
        string? text = _options.Decode?.Invoke(tokens);
        if (text is null || reason != StopReason.StopString) return text;
        int end = text.Length;
        foreach (string stop in _options.StopStrings)
        {
            int at = text.IndexOf(stop, StringComparison.Ordinal);
            if (at >= 0) end = Math.Min(end, at);
        }
        return text[..end];
    }
}
