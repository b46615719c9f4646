namespace RadLab.Training;

/// <summary>The sweeps that RadLab brings.</summary>
public static class SweepRecipes
{
    /// <summary>What rank buys, all else equal.</summary>
    public static Sweep LoraRank { get; } = new()
    {
        Name = "lora-rank-sweep",
        Description = "LoRA's rank from 2 to 32 on tiny-impression, three seeds each; alpha = 2 x rank, so that the adapter's scale stays and rank alone changes.",
        Recipe = Recipes.TinyImpression with { Steps = 150, Run = Recipes.TinyImpression.Run with { EvaluateEvery = 50, SaveEvery = 50, Samples = 0 } },
        Over = [SweptSetting.Parse("lora.rank,lora.alpha=2:4,4:8,8:16,16:32,32:64"), SweptSetting.Parse("seed=17,18,19")],
    };

    /// <summary>The two settings that matter most, by successive halving.</summary>
    public static Sweep LearningRate { get; } = new()
    {
        Name = "learning-rate-sweep",
        Description = "27 random pairs of learning rate and rank on tiny-impression; at each rung a third of them goes on.",
        Recipe = Recipes.TinyImpression with { Steps = 180, Run = Recipes.TinyImpression.Run with { EvaluateEvery = 20, SaveEvery = 60, Samples = 0 } },
        Over = [SweptSetting.Parse("learning_rate=1e-4..1e-2"), SweptSetting.Parse("lora.rank,lora.alpha=4:8,8:16,16:32,32:64")],
        Random = 27,
        Halving = 3,
    };

    /// <summary>All of them, in the order of <c>sweep --list</c>.</summary>
    public static IReadOnlyList<Sweep> All { get; } = [LoraRank, LearningRate];
}
