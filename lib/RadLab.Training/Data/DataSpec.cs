using System.Globalization;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>
/// What a recipe calls its data: a folder that <c>data prepare</c> has written, or the id of a manifest, a generated one also with its settings
/// (<c>synthetic-reports:count=50000,seed=4,part=kept,radiologist=2</c>). Several are joined by <c>+</c>.
/// </summary>
/// <param name="Data">Folder, id, or path of a manifest.</param>
/// <param name="Count">Generated data: records.</param>
/// <param name="Seed">Generated data: its seed.</param>
/// <param name="Part">Generated data: which templates and vocabulary.</param>
/// <param name="Radiologist">Generated reports: the one who writes them all; null: each by another.</param>
internal sealed record DataSpec(string Data, long? Count = null, ulong? Seed = null, SyntheticPart Part = SyntheticPart.All, ulong? Radiologist = null)
{
    private const int MostSets = 16;

    /// <exception cref="RecipeException">A setting is not known or its value cannot be read.</exception>
    public static IReadOnlyList<DataSpec> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (Directory.Exists(text)) return [new DataSpec(text)];
        string[] parts = text.Split('+');
        if (parts.Length > MostSets) throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"data: at most {MostSets} sets can be joined, got {parts.Length}."));
        return [.. parts.Select(One)];
    }

    private static DataSpec One(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || Directory.Exists(text)) return new DataSpec(text);
        var spec = new DataSpec(text[..colon]);
        foreach (string setting in text[(colon + 1)..].Split(','))
        {
            int equals = setting.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? setting : setting[..equals], value = equals < 0 ? "" : setting[(equals + 1)..];
            spec = (name, value) switch
            {
                ("count", _) when long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long n) && n > 0 => spec with { Count = n },
                ("seed", _) when ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong n) => spec with { Seed = n },
                ("radiologist", _) when ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong n) => spec with { Radiologist = n },
                ("part", "all") => spec with { Part = SyntheticPart.All },
                ("part", "kept") => spec with { Part = SyntheticPart.Kept },
                ("part", "held-out") => spec with { Part = SyntheticPart.HeldOut },
                _ => throw new RecipeException($"data {spec.Data}: '{setting}' is not a setting; there are count=N, seed=N, part=all|kept|held-out and, for reports, radiologist=N."),
            };
        }
        return spec;
    }

    /// <summary>A folder that <c>data prepare</c> has written; what has settings is generated, whatever lies here under its name.</summary>
    public bool IsFolder => Settings.Length == 0 && Directory.Exists(Data);

    /// <summary>Distinguishes what was prepared with other settings; empty for the defaults.</summary>
    public string Settings => this == new DataSpec(Data) ? "" : string.Create(CultureInfo.InvariantCulture, $"{Count}/{Seed}/{Part}/{Radiologist}");
}
