namespace RadLab.Radiology;

/// <summary>
/// The placeholders that a scan knows and leaves alone: [NAME], [DATE 2014], [AGE 90+] and the other kinds in brackets; [~surrogate~] where the content is
/// one of ours; [**…**] of MIMIC-II and -III; runs of underscores of MIMIC-IV and -CXR; XXXX of Open-i.
/// </summary>
internal static class PhiMarkers
{
    public const string Open = "[~";
    public const string Close = "~]";

    private const int Longest = 120;

    private static readonly string[] s_names = [.. Enum.GetValues<PhiKind>().Select(Name), "TIME"];

    /// <summary>The kind in capitals, as it stands in brackets.</summary>
    public static string Name(PhiKind kind) => kind switch
    {
        PhiKind.SocialSecurity => "SSN",
        PhiKind.MedicalRecord => "MRN",
        PhiKind.HealthPlan => "HEALTH-PLAN",
        PhiKind.IpAddress => "IP",
        PhiKind.OtherId => "ID",
        _ => kind.ToString().ToUpperInvariant(),
    };

    /// <summary>Characters of the marker at the start of the text, 0 where there is none.</summary>
    public static int Match(ReadOnlySpan<char> text)
    {
        if (text.Length < 3) return 0;
        if (text[0] == '_') return Run(text, '_') is var n and >= 3 ? n : 0;
        if (text[0] == 'X') return Run(text, 'X') is var n and >= 3 && (n == text.Length || !char.IsLetterOrDigit(text[n])) ? n : 0;
        if (text[0] != '[') return 0;
        var window = text[..Math.Min(text.Length, Longest)];
        if (text[1] == '*' && text[2] == '*') return Closed(window, "**]");
        if (text[1] == '~') return Closed(window, Close) is var n and > 4 && SurrogateShapes.IsOurs(window[2..(n - 2)]) ? n : 0;
        return Plain(window);
    }

    private static int Plain(ReadOnlySpan<char> window)
    {
        int close = window.IndexOf(']');
        if (close < 0) return 0;
        var inside = window[1..close];
        foreach (string name in s_names)
        {
            if (!inside.StartsWith(name, StringComparison.Ordinal)) continue;
            var rest = inside[name.Length..];
            if (rest.IsEmpty || (name == "AGE" && rest.SequenceEqual(" 90+")) || (name == "DATE" && rest.Length == 5 && rest[0] == ' ' && !rest[1..].ContainsAnyExceptInRange('0', '9'))) return close + 1;
        }
        return 0;
    }

    private static int Closed(ReadOnlySpan<char> window, string close)
    {
        int at = window.IndexOf(close, StringComparison.Ordinal);
        return at < 0 || window[..at].Contains('\n') ? 0 : at + close.Length;
    }

    private static int Run(ReadOnlySpan<char> text, char c)
    {
        int n = text.IndexOfAnyExcept(c);
        return n < 0 ? text.Length : n;
    }
}
