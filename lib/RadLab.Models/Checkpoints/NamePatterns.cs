using System.IO.Enumeration;

namespace RadLab.Models;

/// <summary>Chooses tensors by name; see <see cref="ConversionOptions.Skip"/>.</summary>
internal sealed class NamePatterns(IReadOnlyList<string> patterns)
{
    public bool Match(string name) => patterns.Any(p => Matches(p, name));

    /// <exception cref="ArgumentException">A pattern matches none of the names: a slip of the pen would go unnoticed.</exception>
    public void RequireUse(IReadOnlyCollection<string> names)
    {
        if (patterns.FirstOrDefault(p => !names.Any(n => Matches(p, n))) is { } unused)
            throw new ArgumentException($"skip: '{unused}' must match at least one of the {names.Count} tensors; give parts of a name between dots, or the whole name with * and ?.");
    }

    private static bool Matches(string pattern, string name) =>
        pattern.AsSpan().ContainsAny('*', '?')
            ? FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false)
            : $".{name}.".Contains($".{pattern}.", StringComparison.Ordinal);
}
