namespace RadLab.Models;

/// <content>Which layers, and with which rank and alpha: PEFT's rules.</content>
public sealed partial record Lora
{
    /// <summary>True where a layer gets an adapter.</summary>
    /// <param name="module">Path in the model, without <c>.weight</c>.</param>
    public bool IsTarget(string module)
    {
        ArgumentNullException.ThrowIfNull(module);
        if (Exclude.Any(e => EndsWith(module, e))) return false;
        if (TargetPattern is { } pattern) return ModulePattern.Whole(pattern).Matches(module);
        if (Targets.Contains(module)) return true;   // by its whole path: whatever its layer is
        return Targets.Any(t => EndsWith(module, t)) && (Layers is not { Count: > 0 } || (LayerOf(module) is { } layer && Layers.Contains(layer)));
    }

    /// <summary>R of a layer.</summary>
    public int RankOf(string module) => FirstMatch(RankPattern, module, Rank);

    /// <summary>Alpha of a layer.</summary>
    public double AlphaOf(string module) => FirstMatch(AlphaPattern, module, Alpha);

    /// <summary>s of a layer: what its B·A is multiplied with.</summary>
    public float ScaleOf(string module) => ScaleOf(AlphaOf(module), RankOf(module));

    private float ScaleOf(double alpha, int rank) => (float)(UseRsLora ? alpha / Math.Sqrt(rank) : alpha / rank);

    // a tail of the path from behind a dot, or all of it
    private static bool EndsWith(string module, string name) =>
        module.EndsWith(name, StringComparison.Ordinal) && (module.Length == name.Length || module[^(name.Length + 1)] == '.');

    private static T FirstMatch<T>(IReadOnlyList<KeyValuePair<string, T>> patterns, string module, T otherwise)
    {
        foreach (var (key, value) in patterns)
            if (ModulePattern.Key(key).Matches(module)) return value;
        return otherwise;
    }

    private static int? LayerOf(string module)
    {
        string[] parts = module.Split('.');
        int at = Array.IndexOf(parts, "layers");
        return at >= 0 && at + 2 < parts.Length && int.TryParse(parts[at + 1], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int layer) ? layer : null;
    }
}
