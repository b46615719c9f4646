using System.Globalization;

namespace RadLab.Radiology;

/// <summary>
/// The second set's identifiers: other names, towns and institutions, and other ways to write them: names with particles, accents, suffixes, in capitals,
/// in small letters, over two lines, as DICOM writes them; dates with ranges, month and day alone, two-digit years.
/// </summary>
internal sealed class SecondPhiValues(SeededRandom random)
{
    public static readonly string[] Given = PhiValues.Words("planted-second-given");
    public static readonly string[] Family = PhiValues.Words("planted-second-family");
    public static readonly string[] Towns = PhiValues.Words("planted-second-towns");
    private static readonly string[] s_institutions = [.. WordLists.Lines("planted-second-institutions")];
    private static readonly string[] s_plain = [.. Family.Where(f => !f.Contains('-'))];
    private static readonly string[] s_particles = ["de la", "van", "van der", "von", "De", "Van", "Della", "St.", "Al", "bin", "del", "di"];
    private static readonly string[] s_months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
    private static readonly string[] s_days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    private static readonly string[] s_streets = ["E. Main St.", "Hickory Hollow Rd", "NW 14th Ave", "Prospect Hts Dr", "Country Club Ln.", "County Road 12", "Hwy 36 W", "Ridgecrest Circle", "Saint Andrews Pl", "Old Post Road", "Calle Ocho", "Industrial Pkwy", "Meadowlark Trail", "S Front Street"];

    private readonly PhiValues _first = new(random);

    /// <summary>The kind and the text of a placeholder such as "n:full".</summary>
    public (PhiKind? Kind, string Text) Make(string placeholder) => placeholder switch
    {
        "t" => (PhiKind.Date, Clock()),
        "agew" => (PhiKind.Age, random.Pick(["ninety", "ninety-three", "ninety six", "ninety-eight", "ninety nine", "one hundred two"])),
        "ph" => (PhiKind.Phone, Phone()),
        "fax" => (PhiKind.Fax, Phone()),
        "ext" => (PhiKind.Phone, random.Pick([Digits(4), Digits(5), Digits(1, 2) + "-" + Digits(4)])),
        "pager" => (PhiKind.Phone, random.Pick([Digits(4, 1), Digits(5, 1), "#" + Digits(4, 1), Digits(3, 2) + "-" + Digits(4)])),
        "em" => (PhiKind.Email, random.Pick([$"{Plain(Given)[0]}.{Plain(Family)}@ourclinic.net", $"{Plain(Family)}{Digits(2)}@example.com", $"{Plain(Given)}_{Plain(Family)}@med.example.edu"]).ToLowerInvariant()),
        "url" => (PhiKind.Url, random.Pick([$"https://share.example.com/s/{Letters(6).ToLowerInvariant()}{Digits(2)}", $"http://mychart.{Plain(Towns)}clinic.org/img?id={Digits(6)}".ToLowerInvariant(), $"www.{Plain(Towns)}radiology.com".ToLowerInvariant(), $"www.{Plain(Family)}imaging.net/report/{Digits(5)}".ToLowerInvariant()])),
        "mrn" => (PhiKind.MedicalRecord, random.Pick([Digits(7), Digits(9), Digits(3) + "-" + Digits(3) + "-" + Digits(3), Digits(2) + "-" + Digits(2) + "-" + Digits(2), "M" + Digits(8), Digits(6, 1), "E" + Digits(10, 1), Digits(7, 1) + "-" + Digits(1)])),
        "fin" => (PhiKind.Account, random.Pick([Digits(9, 1), Digits(12, 1), "A" + Digits(11, 1), Digits(6, 1) + "-" + Digits(3)])),
        "acc" => (PhiKind.OtherId, random.Pick([Digits(7, 1), Digits(2, 1) + Letters(2) + Digits(5), "CR" + Digits(9), "E" + Digits(9, 1), Digits(2) + "-" + Digits(6), Digits(8, 1) + "CT", "RAD-" + Digits(2) + "-" + Digits(4)])),
        "uid" => (PhiKind.OtherId, $"1.2.826.0.1.{Digits(7, 1)}.{Digits(2, 1)}.{Digits(5, 1)}.{Digits(10, 1)}"),
        "badge" => (PhiKind.OtherId, random.Pick([Digits(5, 1), "B" + Digits(4), Digits(6, 1)])),
        "plan" => (PhiKind.HealthPlan, random.Pick(["W" + Digits(9), Digits(3) + Letters(2) + Digits(4), Digits(12, 1), Letters(3) + Digits(8), Digits(2, 1) + "-" + Digits(7)])),
        "npi" => (PhiKind.Licence, "1" + Digits(9)),
        "dea" => (PhiKind.Licence, "B" + Letters(1) + Digits(7)),
        "lic" => (PhiKind.Licence, random.Pick([Digits(6, 1), "G" + Digits(5), "ME" + Digits(6), Letters(2) + Digits(6), "35." + Digits(6)])),
        "dev" => (PhiKind.Device, random.Pick(["PJN" + Digits(6) + "H", Digits(6, 1), Letters(4) + Digits(4), Digits(3) + "-" + Digits(6), "BLK" + Digits(5)])),
        "bio" => (PhiKind.Biometric, random.Pick(["fingerprint scan ", "palm vein scan ", "iris template ", "retina scan "]) + random.Pick([Digits(6, 1), "PV-" + Digits(6), Letters(1) + Digits(7)])),
        "photo" => (PhiKind.Photo, random.Pick([$"IMG_{Digits(5)}.jpeg", $"P{Digits(7)}.JPG", $"face{Digits(3)}.png"])),
        "n:ini" => (PhiKind.Name, Letters(random.Between(2, 3))),
        "n:inl" => (PhiKind.Name, Letters(random.Between(2, 3)).ToLowerInvariant()),
        "p:town" => (PhiKind.Place, random.Pick(Towns)),
        "p:street" => (PhiKind.Place, Street()),
        "p:hosp" => (PhiKind.Place, Institution()),
        _ when placeholder.StartsWith("n:", StringComparison.Ordinal) => (PhiKind.Name, Name(placeholder[2..])),
        _ when placeholder.StartsWith("d:", StringComparison.Ordinal) => (PhiKind.Date, Date(placeholder[2..])),
        _ => _first.Make(placeholder),
    };

    private string Name(string form)
    {
        string given = random.Pick(Given), family = random.Pick(Family), initial = Letters(1);
        string title = random.Pick(["Jr.", "Jr", "Sr.", "II", "III", "IV"]);
        return form switch
        {
            "full" => random.Pick([$"{given} {family}", $"{given} {family}", $"{given} {initial}. {family}", $"{given} {initial} {family}", $"{initial}. {given} {family}", $"{given} {random.Pick(Given)} {family}", $"{given} {random.Pick(s_plain)}-{random.Pick(s_plain)}"]),
            "il" => random.Pick([$"{given[0]} {family}", $"{given[0]}. {family}", $"{given[0]}.{initial}. {family}", $"{given[0]}. {initial}. {family}"]),
            "lf" => random.Pick([$"{family}, {given}", $"{family}, {given} {initial}", $"{family}, {given} {initial}.", $"{family} {title}, {given}"]),
            "c" => $"{given} {(random.Chance(0.4) ? initial + " " : "")}{family}".ToUpperInvariant(),
            "clf" => random.Pick([$"{family}, {given}", $"{family},{given}", $"{family}, {given} {initial}", $"{family},{given} {initial}"]).ToUpperInvariant(),
            "pn" => random.Pick([$"{family}^{given}", $"{family}^{given}^{initial}"]).ToUpperInvariant(),
            "lc" => (random.Chance(0.5) ? $"{given} {family}" : $"{given} {initial} {family}").ToLowerInvariant(),
            "part" => $"{given} {random.Pick(s_particles)} {random.Pick(s_plain)}",
            "sfx" => random.Chance(0.5) ? $"{given} {family} {title}" : $"{given} {family}, {title}",
            "hyph" => $"{random.Pick(s_plain)}-{random.Pick(s_plain)}",
            "brk" => $"{given}\n{family}",
            "first" => given,
            "last" => family,
            _ => throw new ArgumentException($"SecondPhiValues: {{n:{form}}} is no form of a name."),
        };
    }

    private string Date(string form)
    {
        int year = random.Between(1998, 2027), month = random.Between(1, 12), day = random.Between(1, 28), later = Math.Min(28, day + random.Between(1, 6));
        string long_ = s_months[month - 1], brief = long_[..3], yy = Pad(year % 100), y = N(year), m = N(month), d = N(day), mm = Pad(month), dd = Pad(day);
        return form switch
        {
            "dicom" => y + mm + dd,
            "short" => random.Pick([$"{m}/{d}/{yy}", $"{mm}/{dd}/{yy}", $"{m}-{d}-{yy}", $"{m}/{d}", $"{mm}/{dd}", $"{brief} {d}", $"{d}-{brief}", $"{m}.{d}.{yy}", $"{dd} {brief} {yy}", $"{brief} {dd} {y}"]),
            "md" => random.Pick([$"{m}/{d}", $"{long_} {Ordinal(day)}", $"{brief}. {d}", $"{Ordinal(day)} of {long_}", $"{long_} {d}", $"{d} {brief}"]),
            "my" => random.Pick([$"{long_} {y}", $"{mm}/{y}", $"{m}/{y}", $"{brief} {y}", $"{brief}. {y}", $"{brief} '{yy}", $"{brief}-{yy}", $"{long_[..3].ToUpperInvariant()} {y}"]),
            "wd" => random.Pick(s_days),
            "dayo" => Ordinal(day),
            "range" => random.Pick([$"{m}/{d}-{m}/{N(later)}/{y}", $"{long_} {d}-{N(later)}, {y}", $"{m}/{d}/{y} - {m}/{N(later)}/{y}", $"{m}/{d}/{yy}-{m}/{N(later)}/{yy}"]),
            "full" => random.Pick([$"{m}/{d}/{y}", $"{mm}/{dd}/{y}", $"{mm}/{dd}/{yy}", $"{m}-{d}-{y}", $"{dd}-{brief.ToUpperInvariant()}-{y}", $"{y}-{mm}-{dd}", $"{long_} {d}, {y}", $"{brief} {d} {y}", $"{d} {long_} {y}", $"{brief}. {Ordinal(day)}, {y}", $"{s_days[day % 7]}, {long_} {d}, {y}", $"{s_days[day % 7][..3]} {brief} {d} {y}", $"{mm}{dd}{y}", $"{dd} {brief} {y}", $"{brief.ToUpperInvariant()} {d} {y}"]),
            _ => throw new ArgumentException($"SecondPhiValues: {{d:{form}}} is no form of a date."),
        };
    }

    private string Clock()
    {
        int hour = random.Below(24), minute = random.Below(60), second = random.Below(60), half = 1 + hour % 12;
        string noon = hour < 12 ? "am" : "pm";
        return random.Pick([$"{Pad(hour)}:{Pad(minute)}", $"{Pad(hour)}{Pad(minute)}h", $"{N(half)}:{Pad(minute)}{noon}", $"{N(half)}:{Pad(minute)} {noon}", $"{N(half)}:{Pad(minute)} {noon.ToUpperInvariant()}", $"{N(half)}{noon}", $"{Pad(hour)}:{Pad(minute)}:{Pad(second)}", $"{N(half)}:{Pad(minute)} {noon[0]}.m.", $"{Pad(hour)}{Pad(minute)} hrs", $"{Pad(hour)}:{Pad(minute)} CST"]);
    }

    private string Street() => random.Pick(["P.O. Box " + Digits(3, 1), "PO Box " + Digits(4, 1), "RR 2 Box " + Digits(2, 1), $"{N(random.Between(3, 21000))} {random.Pick(s_streets)}", $"{N(random.Between(3, 21000))} {random.Pick(s_streets)}", $"{N(random.Between(3, 9000))} {random.Pick(s_streets)}, Apt {Digits(1, 1)}-B", $"{N(random.Between(3, 9000))} {random.Pick(s_streets)} #{Digits(3, 1)}", $"{N(random.Between(100, 900))} {random.Pick(s_plain)} Street"]);

    private string Institution()
    {
        string name = random.Pick(s_institutions).Replace("{town}", random.Pick(Towns), StringComparison.Ordinal);
        for (int at; (at = name.IndexOf("{last}", StringComparison.Ordinal)) >= 0;) name = string.Concat(name.AsSpan(0, at), random.Pick(s_plain), name.AsSpan(at + 6));
        return name;
    }

    private string Phone()
    {
        string a = Digits(3, 2), b = Digits(3, 2), c = Digits(4);
        return random.Pick([$"{a}-{b}-{c}", $"({a}) {b}-{c}", $"{a}.{b}.{c}", $"{a} {b}-{c}", $"{a}{b}{c}", $"{b}-{c}", $"1 ({a}) {b}-{c}", $"({a})-{b}-{c}", $"{a} - {b} - {c}", $"1.{a}.{b}.{c}"]);
    }

    private string Plain(string[] list) => string.Concat(random.Pick(list).Where(char.IsAsciiLetter)) is { Length: > 2 } letters ? letters : "desk";

    private static string Ordinal(int day) => N(day) + (day is 11 or 12 or 13 ? "th" : (day % 10) switch { 1 => "st", 2 => "nd", 3 => "rd", _ => "th" });

    private static string N(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Pad(int value) => value.ToString("00", CultureInfo.InvariantCulture);

    private string Digits(int count, int first = 0) => string.Concat(Enumerable.Range(0, count).Select(i => (char)('0' + (i == 0 ? random.Between(first, 9) : random.Below(10)))));

    private string Letters(int count) => string.Concat(Enumerable.Range(0, count).Select(_ => "ABCDEFGHJKLMNPRSTVW"[random.Below(19)]));
}
