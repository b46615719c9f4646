namespace RadLab.Radiology;

/// <summary>
/// A noun with its number. Written "nodule", "diverticulum/diverticula" (own plural), "~atelectasis" (no plural and no article) or "#gallstones" (always plural).
/// </summary>
internal readonly record struct Noun(string Singular, string Plural, bool IsMass, bool IsPlural)
{
    public static Noun Parse(string source)
    {
        if (source[0] == '~') return new Noun(source[1..], source[1..], true, false);
        if (source[0] == '#') return new Noun(source[1..], source[1..], false, true);
        int slash = source.IndexOf('/');
        return slash > 0 ? new Noun(source[..slash], source[(slash + 1)..], false, false) : new Noun(source, PluralOf(source), false, false);
    }

    private static string PluralOf(string noun)
    {
        if (noun.EndsWith('y') && !"aeiou".Contains(noun[^2], StringComparison.Ordinal)) return noun[..^1] + "ies";
        if (noun.EndsWith("sis", StringComparison.Ordinal)) return noun[..^2] + "es";
        bool sibilant = noun[^1] is 's' or 'x' || noun.EndsWith("ch", StringComparison.Ordinal) || noun.EndsWith("sh", StringComparison.Ordinal);
        return noun + (sibilant ? "es" : "s");
    }
}
