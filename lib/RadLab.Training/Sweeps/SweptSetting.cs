using System.Globalization;
using RadLab.Compute;

namespace RadLab.Training;

/// <summary>
/// One axis of a sweep, as the command line writes it: <c>lora.rank=4,8,16</c>; <c>lora.rank,lora.alpha=4:8,8:16</c> for settings that change together;
/// <c>learning_rate=1e-4..1e-2</c> for random draws from a range.
/// </summary>
public sealed class SweptSetting
{
    private const int MostValues = 1000;

    private SweptSetting(string text, IReadOnlyList<string> paths, IReadOnlyList<IReadOnlyList<string>> values, (double Low, double High)? range, bool whole)
    {
        (Text, Paths, Values, Range, IsWhole) = (text, paths, values, range, whole);
    }

    /// <summary>As it was written; parsing it gives the same axis.</summary>
    public string Text { get; }

    /// <summary>The settings that change together, mostly one.</summary>
    public IReadOnlyList<string> Paths { get; }

    /// <summary>By value a text for each path; empty where there is a <see cref="Range"/>.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Values { get; }

    /// <summary>Both ends are above 0; draws are uniform in the logarithm.</summary>
    public (double Low, double High)? Range { get; }

    /// <summary>Both ends of the range are whole numbers, and so are its draws.</summary>
    public bool IsWhole { get; }

    /// <summary>Name of the axis.</summary>
    public string Name => string.Join(',', Paths);

    /// <summary>Repeats the same settings with other random numbers: never drawn from, never compared with one another.</summary>
    public bool IsSeed => Paths is ["seed"];

    /// <exception cref="RecipeException">The text is no axis.</exception>
    public static SweptSetting Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 1 || equals == text.Length - 1) throw Wrong(text, "expected path=value,value, for example lora.rank=4,8,16");
        string[] paths = text[..equals].Split(',');
        if (paths.Any(string.IsNullOrWhiteSpace) || paths.Distinct(StringComparer.Ordinal).Count() != paths.Length) throw Wrong(text, "the paths before '=' must be different and not empty");
        var values = Split(text[(equals + 1)..], ',');
        if (paths.Length == 1 && values is [var only] && RangeOf(text, only) is { } range) return new SweptSetting(text, paths, [], (range.Low, range.High), range.Whole);
        if (values.Count > MostValues) throw Wrong(text, string.Create(CultureInfo.InvariantCulture, $"must have at most {MostValues} values, got {values.Count}"));
        var parts = new List<IReadOnlyList<string>>();
        foreach (string value in values)
        {
            var each = paths.Length == 1 ? [value] : Split(value, ':');
            if (each.Count != paths.Length) throw Wrong(text, string.Create(CultureInfo.InvariantCulture, $"'{value}' must have {paths.Length} parts with ':' between them, one for each path, got {each.Count}"));
            if (each.Any(string.IsNullOrWhiteSpace)) throw Wrong(text, "a value must not be empty");
            if (parts.Any(p => p.SequenceEqual(each))) throw Wrong(text, $"the value {value} is there twice");
            parts.Add(each);
        }
        return new SweptSetting(text, paths, parts, null, false);
    }

    /// <summary>A value of the range: its logarithm is uniform; rounded to three digits, or to a whole number.</summary>
    /// <param name="uniform">From 0 to below 1.</param>
    internal string Draw(double uniform)
    {
        var (low, high) = Range!.Value;
        double value = Math.Clamp(DoubleMath.Exp(DoubleMath.Log(low) + uniform * (DoubleMath.Log(high) - DoubleMath.Log(low))), low, high);
        return IsWhole ? Math.Round(value).ToString("0", CultureInfo.InvariantCulture) : value.ToString("G3", CultureInfo.InvariantCulture);
    }

    public override string ToString() => Text;

    private static (double Low, double High, bool Whole)? RangeOf(string text, string value)
    {
        string[] ends = value.Split("..");
        if (ends.Length != 2 || !double.TryParse(ends[0], NumberStyles.Float, CultureInfo.InvariantCulture, out double low) || !double.TryParse(ends[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double high)) return null;
        if (!(low > 0 && high > low && double.IsFinite(high))) throw Wrong(text, "a range must go from a number above 0 to a larger one");
        return (low, high, ends.All(e => long.TryParse(e, NumberStyles.None, CultureInfo.InvariantCulture, out _)));
    }

    // at the top level alone: lists and texts of JSON may hold the separator
    private static List<string> Split(string text, char separator)
    {
        var parts = new List<string>();
        int depth = 0, start = 0;
        bool quoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '"' && (i == 0 || text[i - 1] != '\\')) quoted = !quoted;
            else if (!quoted && c is '[' or '{') depth++;
            else if (!quoted && c is ']' or '}') depth--;
            else if (!quoted && depth == 0 && c == separator)
            {
                parts.Add(text[start..i]);
                start = i + 1;
            }
        }
        parts.Add(text[start..]);
        return parts;
    }

    private static RecipeException Wrong(string text, string problem) => new($"--over {text}: {problem}.");
}
