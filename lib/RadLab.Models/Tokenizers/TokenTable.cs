using System.Text;

namespace RadLab.Models;

/// <summary>From ids to bytes. Texts are handed in as Latin-1 strings, one character per byte.</summary>
internal sealed class TokenTable
{
    /// <summary>Four times the largest vocabulary in common use; every table of a tokenizer grows with the largest id.</summary>
    public const int MaxTokens = 1 << 20;

    public const int MaxTokenBytes = 1024;

    private readonly byte[] _bytes;
    private readonly int[] _ends;

    /// <param name="latin1">By id; null where the vocabulary has a hole.</param>
    public TokenTable(ReadOnlySpan<string?> latin1)
    {
        int total = 0;
        foreach (string? text in latin1) total = checked(total + (text?.Length ?? 0));
        _bytes = new byte[total];
        _ends = new int[latin1.Length];
        int at = 0;
        for (int id = 0; id < latin1.Length; id++)
        {
            at += Encoding.Latin1.GetBytes(latin1[id], _bytes.AsSpan(at));
            _ends[id] = at;
        }
    }

    public int Count => _ends.Length;

    /// <summary>Empty for a hole.</summary>
    public ReadOnlySpan<byte> this[int id]
    {
        get
        {
            int start = id == 0 ? 0 : _ends[id - 1];
            return _bytes.AsSpan(start, _ends[id] - start);
        }
    }

    public static string Latin1(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    public static string Latin1(string text) => Latin1(Encoding.UTF8.GetBytes(text));
}
