using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using RadLab.Models;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

/// <summary>What is said of the committed weights of RadLab-tiny is so: their recipe, their digests, and that their training had run its course.</summary>
public sealed partial class RadLabTinyWeightsTests
{
    private static readonly string s_folder = Path.Combine(StructureTests.RepositoryRoot, "lib", "RadLab.Models", "Weights", RadLabTiny.Name);

    [Fact]
    public void The_last_tenth_of_the_tokens_lowered_the_held_out_loss_by_less_than_1_per_cent()
    {
        var held = File.ReadLines(Path.Combine(s_folder, "loss.csv")).Skip(1).Select(l => l.Split(',')).Where(f => f[3].Length > 0)
            .Select(f => (Tokens: double.Parse(f[1], CultureInfo.InvariantCulture), Loss: double.Parse(f[3], CultureInfo.InvariantCulture))).ToArray();
        double all = held[^1].Tokens, at = 0.9 * all;
        int after = Array.FindIndex(held, h => h.Tokens >= at);
        var (a, b) = (held[after - 1], held[after]);
        double before = a.Loss + (b.Loss - a.Loss) * (at - a.Tokens) / (b.Tokens - a.Tokens);
        Assert.True(held[^1].Loss / before > 0.99, string.Create(CultureInfo.InvariantCulture, $"from {at:N0} to {all:N0} tokens the loss fell from {before:0.0000} to {held[^1].Loss:0.0000}, by {100 * (1 - held[^1].Loss / before):0.0} %: train on more"));
    }

    [Fact]
    public void They_were_made_by_the_recipe_as_it_is() => Assert.Equal(Write(Recipes.PretrainTiny), Write(RunRecord.Load(s_folder).Recipe));

    [Fact]
    public void The_digests_are_those_of_the_files()
    {
        var record = RunRecord.Load(s_folder);
        string readme = File.ReadAllText(Path.Combine(s_folder, "README.md"));
        var stated = Row().Matches(readme).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value);
        Assert.Equal(["model.safetensors", "tokenizer.json"], stated.Keys.Order(StringComparer.Ordinal));
        foreach (var (file, digest) in stated) Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(s_folder, file)))), digest);
        Assert.Equal(record.Base.VocabularySha256, RadLabTiny.LoadTokenizer(s_folder).VocabularyHash());
        // every other digest that is named must be one of the data's
        Assert.Subset(record.Data.Sha256.Values.Concat(stated.Values).ToHashSet(), Digest().Matches(readme).Select(m => m.Value).ToHashSet());
    }

    // words for people may change without training anew
    private static string Write(Recipe recipe) => RecipeJson.Write(recipe with { Description = "", Sources = new Dictionary<string, string>() });

    [GeneratedRegex(@"^\| `([^`]+)` \| `([0-9a-f]{64})` \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("[0-9a-f]{64}")]
    private static partial Regex Digest();
}
