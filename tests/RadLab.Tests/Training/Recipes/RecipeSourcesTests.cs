using System.Text.RegularExpressions;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

public sealed class RecipeSourcesTests
{
    public static TheoryData<string> Names => new(Recipes.All.Select(r => r.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_source_is_named_for_single_settings_only(string name)
    {
        var recipe = Recipes.Get(name);
        var leaves = RecipeSettings.Of(recipe).Select(s => s.Path).ToHashSet(StringComparer.Ordinal);
        Assert.All(recipe.Sources.Keys, path => Assert.Contains(path, leaves));
        Assert.All(recipe.Sources.Values, source => Assert.StartsWith("published: ", source, StringComparison.Ordinal));
    }

    [Fact]
    public void What_the_publications_do_not_say_is_our_choice()
    {
        Assert.Equal(RecipeSettings.OurChoice, SourceOf(Recipes.Llama3_8BImpressionQlora, "batch.sequence_length"));
        foreach (string path in (string[])["run.samples", "run.keep_checkpoints", "run.evaluate_texts", "batch.sequence_length", "storage.activations"])
            Assert.Equal(RecipeSettings.OurChoice, SourceOf(Recipes.Meditron7BProtocolQlora, path));
        Assert.Contains("qlora.py", SourceOf(Recipes.Llama3_8BImpressionQlora, "schedule.warmup_ratio"), StringComparison.Ordinal);
        Assert.Equal("published: arXiv 2305.14314", SourceOf(Recipes.Llama3_8BImpressionQlora, "schedule.kind"));
        Assert.All(RecipeSettings.Of(Recipes.TinyImpression), s => Assert.Equal(RecipeSettings.OurChoice, s.Source));
    }

    [Fact]
    public void A_changed_setting_is_no_longer_published()
    {
        var recipe = Recipes.Llama3_8BImpressionQlora;
        var changed = RecipeJson.Set(RecipeJson.Set(recipe, "lora.rank=8"), "lora.alpha=16");   // the second is as it was
        Assert.Equal((RecipeSettings.OurChoice, SourceOf(recipe, "lora.alpha")), (SourceOf(changed, "lora.rank"), SourceOf(changed, "lora.alpha")));
        Assert.Equal(recipe.Sources.Count - 1, changed.Sources.Count);
        var section = RecipeJson.Set(recipe, "lora={\"rank\":8}");
        Assert.DoesNotContain(section.Sources.Keys, k => k.StartsWith("lora.", StringComparison.Ordinal));
        Assert.Contains("optimizer.max_gradient_norm", section.Sources.Keys);
    }

    [Fact]
    public void Every_setting_is_shown_as_it_can_be_set()
    {
        var recipe = RecipeJson.Set(Recipes.Meditron7BProtocolQlora, "lora.rank_pattern=[{\"key\":\"q_proj\",\"value\":4}]");
        var settings = RecipeSettings.Of(recipe);
        Assert.DoesNotContain(settings, s => s.Path is "name" or "description" || s.Path.StartsWith("sources", StringComparison.Ordinal));
        Assert.Contains(new RecipeSetting("lora.targets", "[\"q_proj\",\"v_proj\"]", recipe.Sources["lora.targets"]), settings);
        var again = settings.Aggregate(Recipes.TinyImpression with { Name = recipe.Name, Description = recipe.Description }, (r, s) => RecipeJson.Set(r, s.Path, s.Value));
        Assert.Equal(RecipeJson.Write(recipe with { Sources = new Dictionary<string, string>() }), RecipeJson.Write(again));
        Assert.Matches("(?m)^learning_rate +0.0002 +published: the protocoling accelerator$", RecipeSettings.ToText(recipe));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_description_that_names_a_GPU_is_true_by_the_plan(string name)
    {
        var recipe = Recipes.Get(name);
        if (Regex.Match(recipe.Description, "one GPU of ([0-9]+) GB") is not { Success: true } gpu) return;
        var (config, in16Bits) = BaseModels.ShapeOf(recipe.Model);
        Assert.InRange(MemoryPlan.Of(recipe, config, in16Bits).Total / 1e9, 0, double.Parse(gpu.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture));
    }

    private static string SourceOf(Recipe recipe, string path) => RecipeSettings.Of(recipe).Single(s => s.Path == path).Source;
}
