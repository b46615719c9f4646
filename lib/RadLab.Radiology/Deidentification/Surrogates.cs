using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace RadLab.Radiology;

/// <summary>
/// What is written in place of a finding. Every choice is an HMAC-SHA-256 of (purpose, patient, value) under the run's key: equal within a patient, different
/// between patients, the same for any order of reports and any number of threads.
/// </summary>
internal sealed class Surrogates(DeidentificationSettings settings, byte[] key)
{
    /// <summary>Replaces the findings and adds a line to the audit for each.</summary>
    public string Replace(string original, IReadOnlyList<PhiFinding> found, string patient, ReportField field, List<Replacement> audit)
    {
        var output = new StringBuilder(original.Length + 16 * found.Count);
        int at = 0, weeks = settings.Mode == DeidentificationMode.Surrogates ? Weeks(patient) : 0;
        foreach (var finding in found)
        {
            output.Append(original, at, finding.Start - at);
            string value = original.Substring(finding.Start, finding.Length);
            string written = settings.Mode == DeidentificationMode.SafeHarbor ? Category(finding.Kind, value, Birth(original, finding.Start)) : Surrogate(finding.Kind, value, patient, weeks);
            string? token = settings.AuditTokens ? Convert.ToHexStringLower(Hmac("token", finding.Kind.ToString(), value)[..16]) : null;
            audit.Add(new Replacement(field, finding.Start, finding.Length, finding.Kind, output.Length, written.Length, token));
            output.Append(written);
            at = finding.End;
        }
        return output.Append(original, at, original.Length - at).ToString();
    }

    /// <summary>The kind in brackets; a date keeps its year, unless it is a day of birth, whose year can tell an age over 89.</summary>
    private string Category(PhiKind kind, string value, bool birth) => kind switch
    {
        PhiKind.Age => "[AGE 90+]",
        PhiKind.Date when DateText.IsClock(value) => "[TIME]",
        PhiKind.Date when !birth && DateText.Parse(value, settings.DayFirst) is { Year: > 0 } date => string.Create(CultureInfo.InvariantCulture, $"[DATE {date.Year:0000}]"),
        _ => $"[{PhiMarkers.Name(kind)}]",
    };

    private string Surrogate(PhiKind kind, string value, string patient, int weeks)
    {
        switch (kind)
        {
            case PhiKind.Age or PhiKind.Biometric or PhiKind.Photo:
                return Category(kind, value, birth: false);
            case PhiKind.Date:
                return DateText.Shift(value, 7 * weeks, settings.DayFirst) is { } shifted ? Marked(shifted) : $"[{PhiMarkers.Name(kind)}]";
            case PhiKind.Name:
                return Marked(Name(value, patient));
        }
        ulong n = BitConverter.ToUInt64(Hmac(kind.ToString(), patient, value));
        return Marked(kind switch
        {
            PhiKind.Place => SurrogateShapes.Places[(int)(n % (ulong)SurrogateShapes.Places.Length)],
            PhiKind.Phone or PhiKind.Fax => string.Create(CultureInfo.InvariantCulture, $"{200 + n % 800:000}-555-01{n / 800 % 100:00}"),
            PhiKind.Email => string.Create(CultureInfo.InvariantCulture, $"user{n % 1_000_000:000000}@example.org"),
            PhiKind.Url => string.Create(CultureInfo.InvariantCulture, $"https://example.org/{n % 1_000_000:000000}"),
            PhiKind.IpAddress => string.Create(CultureInfo.InvariantCulture, $"192.0.2.{n % 256}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"SYN{n % 100_000_000:00000000}"),
        });
    }

    /// <summary>Word by word, so that "Petrovic" alone gets the name that "Anna Petrovic" got.</summary>
    private string Name(string value, string patient)
    {
        var name = new StringBuilder();
        int words = 0;
        foreach (string word in value.Split([' ', '\n', '\r', '\t', '.', ',', '-'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (++words > 4) break;
            ulong n = BitConverter.ToUInt64(Hmac("name", patient, word));
            if (name.Length > 0) name.Append(' ');
            if (word.Length == 1) name.Append((char)('A' + n % 26)).Append('.');
            else name.Append(SurrogateShapes.Names[(int)(n % (ulong)SurrogateShapes.Names.Length)]);
        }
        return words == 0 ? SurrogateShapes.Names[0] : name.ToString();
    }

    /// <summary>The patient's offset in whole weeks, never none.</summary>
    private int Weeks(string patient)
    {
        ulong n = BitConverter.ToUInt64(Hmac("weeks", patient, ""));
        int weeks = 1 + (int)(n / 2 % (ulong)settings.MostWeeksShifted);
        return n % 2 == 0 ? weeks : -weeks;
    }

    private byte[] Hmac(string purpose, string scope, string value) =>
        HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(string.Join('\u001F', purpose, scope, value.ToLowerInvariant().ReplaceLineEndings(" "))));

    private static bool Birth(string text, int start)
    {
        var before = text.AsSpan(Math.Max(0, start - 24), Math.Min(24, start));
        return before.Contains("dob", StringComparison.OrdinalIgnoreCase) || before.Contains("birth", StringComparison.OrdinalIgnoreCase) || before.Contains("born", StringComparison.OrdinalIgnoreCase) || before.Contains("d.o.b", StringComparison.OrdinalIgnoreCase);
    }

    // on one line: a marker that is broken over two is not known again
    private static string Marked(string text) => PhiMarkers.Open + text.ReplaceLineEndings(" ") + PhiMarkers.Close;
}
