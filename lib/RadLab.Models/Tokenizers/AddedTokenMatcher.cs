using System.Buffers;
using System.Globalization;
using System.Text;

namespace RadLab.Models;

/// <summary>Finds added tokens in a text: the leftmost, and of those that start there the longest.</summary>
internal sealed class AddedTokenMatcher
{
    // A trie: node and byte to node. Sparse, because control tokens share long beginnings.
    private readonly Dictionary<long, int> _children = [];
    private readonly List<AddedToken?> _tokens = [null];
    private readonly SearchValues<byte> _firstBytes;

    private AddedTokenMatcher(IEnumerable<AddedToken> tokens)
    {
        var first = new HashSet<byte>();
        foreach (var token in tokens)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(token.Content);
            first.Add(bytes[0]);
            int node = 0;
            foreach (byte b in bytes)
            {
                if (!_children.TryGetValue(KeyOf(node, b), out int child))
                {
                    child = _tokens.Count;
                    _children.Add(KeyOf(node, b), child);
                    _tokens.Add(null);
                }
                node = child;
            }
            _tokens[node] = token;
        }
        _firstBytes = SearchValues.Create(first.ToArray());
    }

    /// <returns>Null if there is nothing to look for.</returns>
    public static AddedTokenMatcher? For(IEnumerable<AddedToken> tokens) => tokens.Any() ? new AddedTokenMatcher(tokens) : null;

    /// <summary>The next token at or behind <paramref name="from"/>, with the white space that it swallows.</summary>
    public bool TryFind(ReadOnlySpan<byte> text, int from, out int start, out int end, out int id)
    {
        for (int at = from; at < text.Length; at++)
        {
            int skip = text[at..].IndexOfAny(_firstBytes);
            if (skip < 0) break;
            at += skip;
            if (Longest(text, at, out int length) is not { } token) continue;
            if (token.SingleWord && (EndsInWord(text[..at]) || StartsWithWord(text[(at + length)..])))
            {
                at += length - 1;
                continue;
            }
            start = token.LeftStrip ? from + TrimEnd(text[from..at]) : at;
            end = at + length;
            if (token.RightStrip) end += WhiteBytes(text[end..]);
            id = token.Id;
            return true;
        }
        start = end = text.Length;
        id = -1;
        return false;
    }

    private AddedToken? Longest(ReadOnlySpan<byte> text, int at, out int length)
    {
        AddedToken? longest = null;
        length = 0;
        int node = 0;
        for (int i = at; i < text.Length && _children.TryGetValue(KeyOf(node, text[i]), out node); i++)
        {
            if (_tokens[node] is not { } token) continue;
            longest = token;
            length = i + 1 - at;
        }
        return longest;
    }

    private static int TrimEnd(ReadOnlySpan<byte> text)
    {
        while (Rune.DecodeLastFromUtf8(text, out var rune, out int length) == OperationStatus.Done && Rune.IsWhiteSpace(rune)) text = text[..^length];
        return text.Length;
    }

    private static int WhiteBytes(ReadOnlySpan<byte> text)
    {
        int at = 0;
        while (Rune.DecodeFromUtf8(text[at..], out var rune, out int length) == OperationStatus.Done && Rune.IsWhiteSpace(rune)) at += length;
        return at;
    }

    private static bool EndsInWord(ReadOnlySpan<byte> text) => Rune.DecodeLastFromUtf8(text, out var rune, out _) == OperationStatus.Done && IsWord(rune);

    private static bool StartsWithWord(ReadOnlySpan<byte> text) => Rune.DecodeFromUtf8(text, out var rune, out _) == OperationStatus.Done && IsWord(rune);

    // \w
    private static bool IsWord(Rune rune) => Rune.IsLetter(rune) || rune.Value is 0x200C or 0x200D || Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation
        or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    private static long KeyOf(int node, byte b) => ((long)node << 8) | b;
}
