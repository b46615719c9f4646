using RadLab.Models;

namespace RadLab.Training;

/// <summary>Where a recipe's base and data lie, said so that it holds from every folder: a run is resumed and scored from others than it was begun in.</summary>
public static class RecipePlaces
{
    /// <summary>Full paths for folders that exist, <c>ORG/NAME</c> for <c>hf:ORG/NAME</c>; other names stay as they are.</summary>
    public static Recipe Full(Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        return recipe with { Model = Model(recipe.Model), Data = Data(recipe.Data) };
    }

    private static string Model(string model)
    {
        if (model is RadLabTiny.Name or BaseModels.RandomTiny) return model;
        return Directory.Exists(model) ? FullPath(model) : BaseModels.IdOf(model) ?? model;
    }

    // several are joined by +, and each may have settings behind a colon; see DataSpec
    private static string Data(string data)
    {
        if (Directory.Exists(data)) return FullPath(data);
        string[] parts = [.. data.Split('+').Select(Part)];
        // a path with a + of its own could not be told apart from two sets
        return parts.Length > 1 && parts.Any(p => p.Contains('+', StringComparison.Ordinal)) ? data : string.Join('+', parts);
    }

    private static string Part(string part) => Directory.Exists(part) || (part.EndsWith(".json", StringComparison.Ordinal) && File.Exists(part)) ? FullPath(part) : part;

    private static string FullPath(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
}
