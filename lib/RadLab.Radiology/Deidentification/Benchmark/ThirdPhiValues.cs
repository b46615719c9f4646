using System.Globalization;

namespace RadLab.Radiology;

/// <summary>
/// The third set's identifiers: the names and places of the first two sets, in formats that neither has: nicknames, British and Canadian numbers, postcodes and dates, time stamps,
/// device codes in brackets.
/// </summary>
internal sealed class ThirdPhiValues(SeededRandom random)
{
    private static readonly string[] s_given = [.. PhiValues.Given, .. SecondPhiValues.Given];
    private static readonly string[] s_family = [.. PhiValues.Family, .. SecondPhiValues.Family];
    private static readonly string[] s_months = ["Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec"];

    private readonly PhiValues _first = new(random);
    private readonly SecondPhiValues _second = new(random);

    /// <summary>The kind and the text of a placeholder such as "n:nick"; those of the other sets take either set's formats.</summary>
    public (PhiKind? Kind, string Text) Make(string placeholder) => placeholder switch
    {
        "n:nick" => (PhiKind.Name, random.Chance(0.5) ? $"{random.Pick(s_given)} \"{random.Pick(s_given)}\" {random.Pick(s_family)}" : $"{random.Pick(s_given)} ({random.Pick(s_given)}) {random.Pick(s_family)}"),
        "d:eu" => (PhiKind.Date, Date("eu")),
        "d:iso" => (PhiKind.Date, Date("iso")),
        "d:ordy" => (PhiKind.Date, Date("ordy")),
        "d:stamp" => (PhiKind.Date, Date("stamp")),
        "pc" => (PhiKind.Place, random.Pick([$"{Letters(1)}{Digits(2, 1)} {Digits(1, 1)}{Letters(2)}", $"{Letters(2)}{Digits(1, 1)} {Digits(1, 1)}{Letters(2)}", $"{Letters(1)}{Digits(1, 1)}{Letters(1)} {Digits(1, 1)}{Letters(1)}{Digits(1, 1)}"])),
        "nhs" => (PhiKind.HealthPlan, random.Pick([$"{Digits(3, 1)} {Digits(3)} {Digits(4)}", $"{Digits(3, 1)}-{Digits(3)}-{Digits(4)}", Digits(10, 1)])),
        "dod" => (PhiKind.OtherId, Digits(10, 1)),
        "subj" => (PhiKind.OtherId, random.Pick([$"{Digits(2, 1)}-{Digits(4)}", $"S{Digits(4)}-{Letters(2)}", Digits(6, 1)])),
        "gmc" => (PhiKind.Licence, Digits(7, 2)),
        "udi" => (PhiKind.Device, $"(01)0{Digits(13)}(21){Letters(1)}{Digits(6)}"),
        "bleep" => (PhiKind.Phone, Digits(4, 1)),
        "phi" => (PhiKind.Phone, random.Pick([$"+44 {Digits(3, 1)} {Digits(3)} {Digits(4)}", $"0{Digits(3, 1)} {Digits(3)} {Digits(4)}", $"(0{Digits(2, 1)}) {Digits(4)} {Digits(4)}", $"+353 1 {Digits(3, 2)} {Digits(4)}", $"07{Digits(3)} {Digits(6)}", $"{Digits(3, 2)}-{Digits(3, 2)}-{Digits(4)} ext. {Digits(3, 1)}"])),
        "n:pn" or "n:clf" or "n:c" or "n:il" or "n:inl" or "mrn" or "acc" or "dev" or "uid" or "d:short" or "d:range" or "d:dicom" or "dea" or "bio" => _second.Make(placeholder),
        _ => random.Chance(0.5) || placeholder is "plate" or "vin" or "ip" or "acct" or "age" or "ssn" or "p:zip" or "st" or "state" ? _first.Make(placeholder) : _second.Make(placeholder),
    };

    private string Date(string form)
    {
        int year = random.Between(2001, 2026), month = random.Between(1, 12), day = random.Between(1, 28);
        string y = N(year), m = N(month), d = N(day), mm = Pad(month), dd = Pad(day), name = s_months[month - 1];
        return form switch
        {
            "eu" => random.Pick([$"{dd}/{mm}/{y}", $"{dd}.{mm}.{y}", $"{dd}/{mm}/{y[2..]}", $"{d} {name} {y}", $"{dd}-{mm}-{y}"]),
            "iso" => random.Pick([$"{y}-{mm}-{dd}", $"{y}.{mm}.{dd}", $"{y}-{mm}-{dd}", $"{y}/{m}/{d}"]),
            "ordy" => random.Pick([$"{d}{Suffix(day)} {name} {y}", $"{name} {d}{Suffix(day)} {y}"]),
            "stamp" => random.Pick([$"{y}{mm}{dd}{Pad(random.Below(24))}{Pad(random.Below(60))}{Pad(random.Below(60))}", $"{y}-{mm}-{dd}T{Pad(random.Below(24))}:{Pad(random.Below(60))}:{Pad(random.Below(60))}", $"{y}-{mm}-{dd} {Pad(random.Below(24))}:{Pad(random.Below(60))}:{Pad(random.Below(60))}"]),
            _ => throw new ArgumentException($"ThirdPhiValues: {{d:{form}}} is no form of a date."),
        };
    }

    private static string Suffix(int day) => day is 11 or 12 or 13 ? "th" : (day % 10) switch { 1 => "st", 2 => "nd", 3 => "rd", _ => "th" };

    private static string N(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Pad(int value) => value.ToString("00", CultureInfo.InvariantCulture);

    private string Digits(int count, int first = 0) => string.Concat(Enumerable.Range(0, count).Select(i => (char)('0' + (i == 0 ? random.Between(first, 9) : random.Below(10)))));

    private string Letters(int count) => string.Concat(Enumerable.Range(0, count).Select(_ => "ABCDEFGHJKLMNPRSTVW"[random.Below(19)]));
}
