namespace RadLab.Training;

/// <summary>A recipe that cannot be run: setting, requirement and what it got, in one line.</summary>
public sealed class RecipeException(string message, Exception? inner = null) : Exception(message, inner);
