using System.Globalization;
using System.Text.RegularExpressions;

namespace RadLab.Models;

/// <summary>A regular expression over module paths as PEFT's settings have them. Matching takes time linear in the path, whatever the expression.</summary>
internal sealed class ModulePattern
{
    public const int MostChars = 500;
    private const int MostRepetitions = 999;

    private readonly Regex _regex;

    private ModulePattern(string text, string expression)
    {
        Require(text);
        try
        {
            _regex = new Regex(expression, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new ArgumentException($"Lora: {CheckpointFormatException.Quote(text)} must be a regular expression without look-around and back-references.", e);
        }
    }

    /// <summary>A key of <c>rank_pattern</c> or <c>alpha_pattern</c>: the whole path, or its end from behind a dot on.</summary>
    public static ModulePattern Key(string text) => new(text, $@"\A(?:.*\.)?(?:{text})\z");

    /// <summary>A <c>target_modules</c> that is no list: the whole path.</summary>
    public static ModulePattern Whole(string text) => new(text, $@"\A(?:{text})\z");

    public bool Matches(string module) => _regex.IsMatch(module);

    // counted repetitions multiply when nested: one of three digits is all that a path of a module can need
    private static void Require(string text)
    {
        bool repeats = text.Count(c => c == '{') <= 1;
        foreach (Match number in Regex.Matches(text, @"\{[^}]*"))
            repeats &= number.Value[1..].Split(',').All(n => n.Length == 0 || (int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count <= MostRepetitions));
        if (text.Length is 0 or > MostChars || !repeats)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Lora: a pattern must have 1 to {MostChars} characters and at most one counted repetition of at most {MostRepetitions}, got {CheckpointFormatException.Quote(text)}."));
    }
}
