using RadLab.Models;

namespace RadLab.Training;

/// <summary>RadLab-tiny's scores never stand alone: whatever shows them says what the model is for.</summary>
public static class TeachingModel
{
    public const string Note = "RadLab-tiny is a teaching and test model; its scores say nothing about clinical use.";

    /// <summary>Stands in titles of tables and charts.</summary>
    internal const string InTitle = ", RadLab-tiny (a teaching and test model)";

    /// <summary>Whether a recipe's model is RadLab-tiny, by its name or as a folder of that name.</summary>
    public static bool Is(string model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Path.GetFileName(Path.TrimEndingDirectorySeparator(model)).StartsWith(RadLabTiny.Name, StringComparison.Ordinal);
    }
}
