using System.Globalization;

namespace RadLab.Radiology;

/// <summary>Made-up identifiers in the many ways in which reports write them. Lists of names and places stand beside this file; the detector has others.</summary>
internal sealed class PhiValues(SeededRandom random)
{
    public static readonly string[] Given = Words("planted-given");
    public static readonly string[] Family = Words("planted-family");
    public static readonly string[] Towns = Words("planted-towns");
    private static readonly string[] s_institutions = [.. WordLists.Lines("planted-institutions")];

    private static readonly string[] s_months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
    private static readonly string[] s_short = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    private static readonly string[] s_slips = ["Janaury", "Febuary", "March", "Apirl", "May", "June", "July", "Agust", "Septmber", "Ocotber", "Novemeber", "Decmber"];
    private static readonly string[] s_days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    private static readonly string[] s_streets = ["Street", "Avenue", "Road", "Lane", "Drive", "Court", "Boulevard", "St.", "Ave", "Rd", "Ln", "Dr", "Blvd", "Way", "Terrace", "Circle"];
    private static readonly string[] s_streetNames = ["Elm", "Larkin", "Old Mill", "Church", "Wexford", "N. Halsted", "Quarry Hill", "5th", "22nd", "West Chestnut", "Sycamore", "Foundry", "Bellevue", "Martin Luther", "Covington", "S. Ogden", "Tannery", "Lower Dock"];

    internal static string[] Words(string list) => [.. WordLists.Lines(list).SelectMany(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(w => w.Replace('_', ' '))];

    /// <summary>The kind and the text of a placeholder such as "n:full"; null where it only fills the sentence.</summary>
    public (PhiKind? Kind, string Text) Make(string placeholder) => placeholder switch
    {
        "t" => (PhiKind.Date, Clock()),
        "age" => (PhiKind.Age, Number(90, 107)),
        "agew" => (PhiKind.Age, random.Pick(["ninety", "ninety-one", "ninety-two", "ninety-four", "ninety seven", "one hundred", "one hundred and one"])),
        "ph" => (PhiKind.Phone, Phone()),
        "phx" => (PhiKind.Phone, Phone() + random.Pick([" x", " ext. ", " ext ", ", extension ", " x "]) + Digits(random.Between(3, 5))),
        "pager" => (PhiKind.Phone, Digits(random.Between(4, 6), first: 1)),
        "fax" => (PhiKind.Fax, Phone()),
        "em" => (PhiKind.Email, Email()),
        "url" => (PhiKind.Url, Url()),
        "ip" => (PhiKind.IpAddress, Ip()),
        "ssn" => (PhiKind.SocialSecurity, Digits(3, 1) + random.Pick(["-", "-", "-", " "]) is var s ? s + Digits(2) + s[^1] + Digits(4) : ""),
        "mrn" => (PhiKind.MedicalRecord, Record()),
        "plan" => (PhiKind.HealthPlan, random.Pick([Letters(3) + Digits(9), Digits(3, 1) + "-" + Digits(2) + "-" + Digits(4) + "-A", Letters(3) + " " + Digits(3) + " " + Digits(3) + " " + Digits(2), Digits(10, 1), Digits(1, 1) + Letters(2) + Digits(1) + "-" + Letters(2) + Digits(1) + "-" + Letters(2) + Digits(2)])),
        "acct" => (PhiKind.Account, random.Pick([Digits(8, 1), Digits(5, 1) + "-" + Digits(2), "V" + Digits(9), "HB" + Digits(7), Digits(4, 1) + "-" + Digits(4) + "-" + Digits(4)])),
        "lic" => (PhiKind.Licence, random.Pick([Letters(1) + Digits(7), Digits(10, 1), "MD-" + Digits(6), Letters(2) + " " + Digits(6), Letters(1) + Digits(3) + "-" + Digits(4) + "-" + Digits(4)])),
        "lic2" => (PhiKind.Licence, Letters(2) + Digits(7)),
        "plate" => (PhiKind.Vehicle, random.Pick([Digits(1, 1) + Letters(3) + Digits(3), Letters(3) + "-" + Digits(4), Letters(3) + " " + Digits(4), Letters(2) + Digits(2) + " " + Letters(3), Digits(3, 1) + "-" + Letters(3)])),
        "vin" => (PhiKind.Vehicle, Vin()),
        "dev" => (PhiKind.Device, random.Pick([Letters(2) + Digits(6), Digits(4, 1) + "-" + Digits(5), Letters(3) + Digits(6) + Letters(1), "SN-" + Digits(5) + "-" + Letters(2), Digits(9, 1), Letters(1) + Digits(2) + "/" + Digits(5)])),
        "bio" => (PhiKind.Biometric, random.Pick(["fingerprint", "fingerprint template", "iris scan", "voiceprint", "thumbprint", "retinal scan ID", "palm print", "facial recognition template", "voice print"]) + " " + random.Pick([Letters(2) + "-" + Digits(5), Digits(3, 1) + "-" + Digits(4), Letters(2) + Digits(7), Digits(8, 1)])),
        "photo" => (PhiKind.Photo, Photo()),
        "acc" => (PhiKind.OtherId, random.Pick([Digits(8, 1), Letters(2) + "-" + Digits(2) + "-" + Digits(6), Letters(3) + Digits(9), Digits(4, 1) + "-" + Digits(5), Letters(1) + Digits(8), Digits(2, 1) + "-" + Digits(3) + "-" + Digits(5)])),
        "oid" => (PhiKind.OtherId, random.Pick(["1.2.840." + Digits(5, 1) + "." + Digits(3, 1) + "." + Digits(8, 1) + "." + Digits(4, 1), Letters(1) + Digits(2) + "-" + Digits(5), Digits(9, 1), Guid(), Letters(2) + Digits(2) + "-" + Digits(4) + "-" + Digits(3)])),
        "st" => (null, random.Pick(["OH", "NY", "VT", "IL", "TX", "CA", "WA", "MN", "MA", "GA"])),
        "state" => (null, random.Pick(["Ohio", "Vermont", "Oregon", "Kansas", "Illinois", "New York", "Minnesota"])),
        _ when placeholder.StartsWith("n:", StringComparison.Ordinal) => (PhiKind.Name, Name(placeholder[2..])),
        _ when placeholder.StartsWith("d:", StringComparison.Ordinal) => (PhiKind.Date, Date(placeholder[2..])),
        _ when placeholder.StartsWith("p:", StringComparison.Ordinal) => (PhiKind.Place, Place(placeholder[2..])),
        _ => throw new ArgumentException($"PhiValues: {{{placeholder}}} is no placeholder of the planted contexts."),
    };

    private string Name(string form)
    {
        string given = random.Pick(Given), family = random.Pick(Family), initial = (char)('A' + random.Below(26)) + ".";
        if (form == "any") form = random.Pick(["full", "full", "fml", "il", "last"]);
        return form switch
        {
            "full" => random.Chance(0.06) ? $"{given} {family} {random.Pick(["Jr.", "Sr.", "III", "II"])}" : random.Chance(0.06) ? $"{given} {family}-{random.Pick(Family.Where(f => !f.Contains(' ')).ToArray())}" : $"{given} {family}",
            "fml" => random.Chance(0.5) ? $"{given} {initial} {family}" : $"{given} {initial[0]} {family}",
            "il" => random.Chance(0.7) ? $"{given[0]}. {family}" : $"{given[0]}.{initial} {family}",
            "lf" => $"{family}, {given}",
            "lfm" => $"{family}, {given} {initial[0]}" + (random.Chance(0.5) ? "." : ""),
            "first" => given,
            "ini" => new string([(char)('A' + random.Below(26)), (char)('A' + random.Below(26)), (char)('A' + random.Below(26))]),
            _ => family,
        };
    }

    private string Date(string form)
    {
        int y = random.Between(1996, 2026), m = random.Between(1, 12), d = random.Between(1, 28);
        string M = s_months[m - 1], s = s_short[m - 1], yy = (y % 100).ToString("00", CultureInfo.InvariantCulture);
        string n(int v) => v.ToString(CultureInfo.InvariantCulture);
        string p(int v) => v.ToString("00", CultureInfo.InvariantCulture);
        string suffix = d is 11 or 12 or 13 ? "th" : (d % 10) switch { 1 => "st", 2 => "nd", 3 => "rd", _ => "th" };
        return form switch
        {
            "md" => random.Pick([$"{n(m)}/{n(d)}", $"{p(m)}/{p(d)}", $"{M} {n(d)}", $"{s} {n(d)}", $"{n(d)} {M}", $"{M} {n(d)}{suffix}"]),
            "my" => random.Pick([$"{p(m)}/{n(y)}", $"{n(m)}/{n(y)}", $"{M} {n(y)}", $"{s} {n(y)}", $"{s}-{n(y)}", $"{M}, {n(y)}", $"{M} of {n(y)}", $"{n(y)}-{p(m)}"]),
            "month" => M,
            "wd" => random.Pick(s_days),
            "dayo" => n(d) + suffix,
            _ => random.Pick(
            [
                $"{n(m)}/{n(d)}/{n(y)}", $"{p(m)}/{p(d)}/{n(y)}", $"{n(m)}/{n(d)}/{yy}", $"{p(m)}/{p(d)}/{yy}", $"{n(m)}-{n(d)}-{n(y)}", $"{p(m)}-{p(d)}-{yy}", $"{p(d)}.{p(m)}.{n(y)}", $"{n(d)}.{n(m)}.{n(y)}", $"{n(y)}-{p(m)}-{p(d)}",
                $"{n(y)}/{p(m)}/{p(d)}", $"{n(y)}{p(m)}{p(d)}", $"{M} {n(d)}, {n(y)}", $"{M} {n(d)} {n(y)}", $"{s} {n(d)}, {n(y)}", $"{s}. {n(d)}, {n(y)}", $"{n(d)} {M} {n(y)}", $"{n(d)} {s} {n(y)}", $"{p(d)}-{s}-{n(y)}", $"{p(d)}-{s}-{yy}",
                $"{p(d)}{s.ToUpperInvariant()}{n(y)}", $"{M} {n(d)}{suffix}, {n(y)}", $"the {n(d)}{suffix} of {M} {n(y)}"[4..], $"{n(d)}{suffix} {M} {n(y)}", $"{s_slips[m - 1]} {n(d)}, {n(y)}", $"{M.ToLowerInvariant()} {n(d)}, {n(y)}", $"{n(m)}/ {n(d)}/ {n(y)}", $"{p(m)}.{p(d)}.{yy}", $"{s.ToUpperInvariant()} {p(d)} {n(y)}", $"{M} {n(d)}, '{yy}", $"{n(d)}/{s}/{n(y)}",
            ]),
        };
    }

    private string Clock()
    {
        int h = random.Below(24), h12 = 1 + random.Below(12), min = random.Below(60), s = random.Below(60);
        string a = random.Pick(["AM", "PM"]);
        return random.Pick([$"{h12}:{min:00} {a}", $"{h12}:{min:00}{a}", $"{h12}:{min:00} {(a == "AM" ? "a.m." : "p.m.")}", $"{h:00}:{min:00}", $"{h:00}:{min:00}:{s:00}", $"{h:00}{min:00} hours", $"{h:00}{min:00} hrs", $"{h12} {a.ToLowerInvariant()}", $"{h:00}:{min:00} EST", $"{h12}:{min:00}:{s:00} {a}"]);
    }

    private string Place(string form) => form switch
    {
        "town" => random.Pick(Towns),
        "county" => random.Pick(Towns) + " County",
        "zip" => random.Chance(0.3) ? Digits(5, 1) + "-" + Digits(4) : Digits(5, 1),
        "hosp" => random.Pick(s_institutions).Replace("{town}", random.Pick(Towns), StringComparison.Ordinal).Replace("{last} and {last}", $"{random.Pick(Family)} and {random.Pick(Family)}", StringComparison.Ordinal).Replace("{last}", random.Pick(Family), StringComparison.Ordinal),
        _ => random.Chance(0.08) ? "P.O. Box " + Digits(random.Between(2, 4), 1) : $"{Number(2, 9999)} {random.Pick(s_streetNames)} {random.Pick(s_streets)}" + (random.Chance(0.3) ? random.Pick([", Apt ", ", Apt. ", " #", ", Suite ", ", Unit "]) + Number(1, 40) + random.Pick(["", "A", "B"]) : ""),
    };

    private string Phone()
    {
        string a = Digits(3, 2), b = Digits(3, 2), c = Digits(4);
        return random.Pick([$"({a}) {b}-{c}", $"({a}){b}-{c}", $"{a}-{b}-{c}", $"{a}.{b}.{c}", $"{a} {b} {c}", $"{a}/{b}-{c}", $"1-{a}-{b}-{c}", $"+1 {a} {b} {c}", $"+1 ({a}) {b}-{c}", $"{a}-{b} {c}", $"+44 20 {c} {Digits(4)}", $"{b}-{c}"]);
    }

    private string Email()
    {
        string given = Plain(random.Pick(Given)), family = Plain(random.Pick(Family)), host = random.Pick(["hospital.org", "radgroup.com", "health.example.edu", "mail.example.net", "clinic-north.co.uk"]);
        return random.Pick([$"{given}.{family}@{host}", $"{given[0]}{family}@{host}", $"{family}_{Digits(2)}@{host}", $"{given}-{family}@{host}", $"{given}{Digits(3)}@{host}"]).ToLowerInvariant();
    }

    private string Url() => random.Pick(["https://pacs.example.org/studies/" + Digits(7), "http://viewer." + Plain(random.Pick(Towns)).ToLowerInvariant() + "health.org/?acc=" + Digits(8), "www.myportal-" + Digits(3) + ".com/results/" + Letters(4).ToLowerInvariant(), "images.radgroup.net/share/" + Letters(3).ToLowerInvariant() + Digits(5), "ftp://archive.example.edu/" + Digits(6) + ".zip"]);

    private string Ip() => random.Chance(0.15)
        ? $"fe80::{random.Below(65536):x}:{random.Below(65536):x}:{random.Below(65536):x}:{random.Below(65536):x}"
        : string.Create(CultureInfo.InvariantCulture, $"{random.Between(10, 223)}.{random.Below(256)}.{random.Below(256)}.{random.Below(256)}");

    private string Record() => random.Pick([Digits(7, 1), Digits(8, 0), Letters(1) + Digits(7), Digits(3) + "-" + Digits(2) + "-" + Digits(3), "00" + Digits(6), Letters(2) + "-" + Digits(6), Digits(6, 1)]);

    private string Photo() => random.Pick(["full-face photograph", "Full face photo", "facial photograph", "photo of the patient's face", "patient photograph", "face photo", "full-face image", "passport photo"]) + random.Pick(["", "", $" IMG_{Digits(4)}.jpg", $" DSC{Digits(5)}.JPG", $" {Letters(3)}{Digits(4)}.png"]);

    private string Vin()
    {
        const string Signs = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789";
        var vin = new char[17];
        for (int i = 0; i < 17; i++) vin[i] = i is 0 or > 10 ? (char)('0' + random.Below(10)) : Signs[random.Below(Signs.Length)];
        return new string(vin);
    }

    private string Guid() => $"{random.Next():x16}{random.Next():x16}" is var h ? $"{h[..8]}-{h[8..12]}-{h[12..16]}-{h[16..20]}-{h[20..]}" : "";

    private static string Plain(string text) => string.Concat(text.Where(char.IsAsciiLetter)) is { Length: > 2 } letters ? letters : "office";

    private string Number(int first, int last) => random.Between(first, last).ToString(CultureInfo.InvariantCulture);

    private string Digits(int count, int first = 0)
    {
        var digits = new char[count];
        for (int i = 0; i < count; i++) digits[i] = (char)('0' + (i == 0 ? random.Between(first, 9) : random.Below(10)));
        return new string(digits);
    }

    private string Letters(int count)
    {
        var letters = new char[count];
        for (int i = 0; i < count; i++) letters[i] = "ABCDEFGHJKLMNPQRSTUVWXYZ"[random.Below(24)];
        return new string(letters);
    }
}
