using System.Text;

namespace RadLab.Tests;

/// <summary>Damages a text or a file in ways that parsers get wrong. The same case number always gives the same bytes.</summary>
internal struct CheckpointMutations(ulong seed, long number)
{
    // What a parser of numbers, names and nesting is likely to trip over.
    private static readonly byte[][] s_tokens =
    [
        .. ((string[])["{", "}", "[", "]", "{}", "[]", "\"", "\\", ",", ":", " ", "\n", "null", "true", "-1", "-0", "0", "1.0", "1e400", "1e-400",
            "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616", "4294967296", "2147483648",
            "\"__metadata__\":", "\"\\ud800\"", "\\u0000", "\"dtype\":\"F32\",", "\"shape\":[0],", "\"a\":{}", "[[[[[[[[", "{\"a\":{\"a\":{\"a\":",
            "\"BF16\"", "\"F4\"", "//", "/**/", "NaN", "\"rope_type\":\"yarn\",", "\"head_dim\":3,", "../"]).Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xEF, 0xBB, 0xBF], [0],
    ];

    private ulong _state = seed + (ulong)number * 0x9E3779B97F4A7C15;

    /// <summary>SplitMix64 (Steele, Lea and Flood, 2014).</summary>
    public int Below(int n)
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (int)((z ^ (z >> 31)) % (ulong)n);
    }

    /// <summary>One to four changes.</summary>
    public byte[] Damage(byte[] original)
    {
        var bytes = new List<byte>(original);
        for (int changes = 1 + Below(4); changes > 0; changes--) Change(bytes);
        return [.. bytes];
    }

    private void Change(List<byte> bytes)
    {
        int at = Below(bytes.Count + 1), length = Math.Min(Below(16), bytes.Count - at);
        switch (Below(8))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << Below(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)Below(256);
                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 4:
                bytes.InsertRange(Below(bytes.Count + 1), bytes.GetRange(at, Math.Min(Below(80), bytes.Count - at)));
                break;
            case 5 when at < bytes.Count && char.IsAsciiDigit((char)bytes[at]):
                bytes[at] = (byte)('0' + Below(10));
                break;
            case 6:
                byte[] token = s_tokens[Below(s_tokens.Length)];
                bytes.RemoveRange(at, length);
                bytes.InsertRange(at, token);
                break;
            default:
                bytes.InsertRange(at, s_tokens[Below(s_tokens.Length)]);
                break;
        }
    }
}
