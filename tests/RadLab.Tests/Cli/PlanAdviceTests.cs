using RadLab.Cli;
using RadLab.Training;

namespace RadLab.Tests;

public sealed class PlanAdviceTests
{
    private static PlanAdvice Of(Recipe recipe, double available = 1e9)
    {
        var (config, in16Bits) = BaseModels.ShapeOf(recipe.Model);
        return PlanAdvice.Of(recipe, MemoryPlan.Of(recipe, config, in16Bits), (long)available, r => MemoryPlan.Of(r, config, in16Bits).Total);
    }

    [Fact]
    public void What_a_recipe_has_already_is_not_advised()
    {
        var advice = Of(Recipes.Llama3_70BImpressionQlora);
        Assert.Empty(advice.Changes);
        Assert.StartsWith("  micro batch, checkpointing and formats take the least already: a smaller model (weights and scales take 39.5 GB now)", advice.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_advised_takes_less_and_keeps_the_texts_of_a_step()
    {
        var recipe = Recipes.Meditron7BProtocolQlora;
        var advice = Of(recipe);
        Assert.Equal(["batch.micro_batch=1 batch.accumulate=20", "gradient_checkpointing=On", "storage.double_quantization=true"], advice.Changes.Select(c => string.Join(' ', c)));
        var (config, in16Bits) = BaseModels.ShapeOf(recipe.Model);
        double Total(IEnumerable<string> set) => MemoryPlan.Of(set.Aggregate(recipe, RecipeJson.Set), config, in16Bits).Total / 1e9;
        string[] lines = advice.ToString().Split('\n');
        Assert.Equal(FormattableString.Invariant($"  {Total(["gradient_checkpointing=On"]),9:0.000} GB with --set gradient_checkpointing=On"), lines[1]);
        Assert.Equal(FormattableString.Invariant($"  {Total(advice.Changes.SelectMany(c => c)),9:0.000} GB with all of these"), lines[3]);
        Assert.StartsWith("  which is still too little; beyond that: a smaller model", lines[4], StringComparison.Ordinal);
        Assert.Equal(3, advice.ToJson()["changes"]!.AsArray().Count);
        Assert.Equal(lines[..4], Of(recipe, available: 8e9).ToString().Split('\n'));   // enough: nothing more to say
        Assert.Null(Of(recipe, available: 8e9).ToJson()["rest"]);
    }

    [Fact]
    public void Full_fine_tuning_is_told_of_adapters_and_paging() =>
        Assert.Equal(["mode=Adapter storage.linears=Nf4", "optimizer.state_budget_bytes=1073741824"], Of(Recipes.Llama3_70BImpressionFull).Changes.Select(c => string.Join(' ', c)));
}
