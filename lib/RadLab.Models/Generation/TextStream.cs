using System.Text;

namespace RadLab.Models;

/// <summary>Turns tokens into text as they come: whole characters only, and nothing of a stop string, whose beginning is held back until it is clear that it is none.</summary>
/// <remarks>All that is written, put together, is <see cref="GeneratedText.Text"/> of the same tokens.</remarks>
public sealed class TextStream
{
    private readonly TokenDecoder _decoder;
    private readonly IReadOnlyList<string> _stops;
    private readonly Action<string> _write;
    private readonly StringBuilder _held = new();
    private bool _stopped;

    /// <param name="stopStrings">Those of <see cref="GenerationOptions.StopStrings"/>.</param>
    /// <param name="continuing">The tokens go on with earlier text; see <see cref="Tokenizer.StartDecoding"/>.</param>
    /// <param name="write">Gets the pieces, none of them empty.</param>
    public TextStream(Tokenizer tokenizer, IReadOnlyList<string> stopStrings, bool continuing, Action<string> write)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        _decoder = tokenizer.StartDecoding(skipSpecialTokens: true, continuing);
        (_stops, _write) = (stopStrings ?? throw new ArgumentNullException(nameof(stopStrings)), write ?? throw new ArgumentNullException(nameof(write)));
    }

    /// <summary>A tokenizer's way from all ids to text that <see cref="TextStream"/> agrees with.</summary>
    public static Func<ReadOnlySpan<int>, string> Decode(Tokenizer tokenizer, bool continuing) => ids =>
    {
        var decoder = tokenizer.StartDecoding(skipSpecialTokens: true, continuing);
        var text = new StringBuilder();
        foreach (int id in ids) text.Append(decoder.Append(id));
        return text.Append(decoder.Flush()).ToString();
    };

    /// <summary>One more token.</summary>
    public void Append(int id) => Take(_decoder.Append(id));

    /// <summary>Writes what was held back; a character that was left incomplete becomes U+FFFD.</summary>
    public void Complete()
    {
        Take(_decoder.Flush());
        if (!_stopped) Write(_held.Length);
    }

    private void Take(string text)
    {
        if (_stopped || text.Length == 0) return;
        _held.Append(text);
        string held = _held.ToString();
        int end = -1;
        foreach (string stop in _stops)
            if (held.IndexOf(stop, StringComparison.Ordinal) is >= 0 and int at && (end < 0 || at < end)) end = at;
        _stopped = end >= 0;
        Write(_stopped ? end : held.Length - Beginning(held));
    }

    // The longest end of the text that a stop string begins with.
    private int Beginning(string held)
    {
        int longest = 0;
        foreach (string stop in _stops)
            for (int length = Math.Min(stop.Length - 1, held.Length); length > longest; length--)
                if (held.AsSpan(held.Length - length).SequenceEqual(stop.AsSpan(0, length))) longest = length;
        return longest;
    }

    private void Write(int length)
    {
        if (length > 0) _write(_held.ToString(0, length));
        _held.Remove(0, length);
    }
}
