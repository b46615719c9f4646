using System.Globalization;

namespace RadLab.Models;

/// <summary>Numbers as Python's <c>json.dumps</c> writes them: other tools compare such texts byte for byte.</summary>
internal static class PythonJson
{
    private const int LeastExponent = -4, MostExponent = 16;   // outside, Python writes an exponent

    /// <summary>The shortest digits that read back as the same double: <c>1.0</c>, <c>0.0123</c>, <c>1e-05</c>, <c>1e+16</c>.</summary>
    public static string Number(double value)
    {
        if (!double.IsFinite(value)) throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"PythonJson.Number: value must be finite, got {value}."), nameof(value));
        string text = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        int e = text.IndexOf('E', StringComparison.Ordinal);
        int power = e < 0 ? 0 : int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        string mantissa = e < 0 ? text : text[..e];
        int dot = mantissa.IndexOf('.', StringComparison.Ordinal);
        string all = mantissa.Replace(".", "", StringComparison.Ordinal);
        string digits = all.TrimStart('0');
        // value = 0.digits × 10^point
        int point = (dot < 0 ? mantissa.Length : dot) - (all.Length - digits.Length) + power;
        digits = digits.TrimEnd('0');
        string sign = double.IsNegative(value) ? "-" : "";
        if (digits.Length == 0) return sign + "0.0";

        int exponent = point - 1;
        if (exponent is < LeastExponent or >= MostExponent)
            return string.Create(CultureInfo.InvariantCulture, $"{sign}{digits[0]}{(digits.Length > 1 ? "." + digits[1..] : "")}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
        if (point <= 0) return $"{sign}0.{new string('0', -point)}{digits}";
        return point >= digits.Length ? $"{sign}{digits.PadRight(point, '0')}.0" : $"{sign}{digits[..point]}.{digits[point..]}";
    }
}
