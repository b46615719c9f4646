using RadLab.Training;

namespace RadLab.Cli;

/// <summary>The recipe of a command line: a name or file, and what is different from it.</summary>
internal static class ChosenRecipe
{
    /// <param name="recipe">Name of a recipe, or a recipe's JSON file.</param>
    public static Recipe Open(string recipe) => File.Exists(recipe) ? RecipeJson.Load(recipe) : Recipes.Get(recipe);

    /// <summary>Changed by the options <c>--data</c>, <c>--model</c> and <c>--set</c>, in this order; folders by their full paths.</summary>
    public static Recipe With(Recipe recipe, string? data, string? model, IReadOnlyList<string>? set)
    {
        if (data is not null) recipe = RecipeJson.Set(recipe, "data", data);
        if (model is not null) recipe = RecipeJson.Set(recipe, "model", model);
        foreach (string assignment in set ?? []) recipe = RecipeJson.Set(recipe, assignment);
        return RecipePlaces.Full(recipe);
    }
}
