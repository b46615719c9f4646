using System.Text.RegularExpressions;
using RadLab.Models;

namespace RadLab.Tests;

public sealed partial class ModelCatalogTests
{
    [Theory]
    [InlineData("llama-2-7b", 6_738_415_616L, 159_907_840L, 4_194_304L)]
    [InlineData("llama-1-13b", 13_015_864_320L, 250_347_520L, 6_553_600L)]
    [InlineData("llama-3-8b", 8_030_261_248L, 167_772_160L, 3_407_872L)]
    [InlineData("llama-3.1-8b", 8_030_261_248L, 167_772_160L, 3_407_872L)]
    [InlineData("llama-3-70b", 70_553_706_496L, 828_375_040L, 16_384_000L)]
    [InlineData("llama-3.1-70b", 70_553_706_496L, 828_375_040L, 16_384_000L)]
    [InlineData("llama-3.1-405b", 405_853_388_800L, 2_493_775_872L, 50_577_408L)]
    public void Parameters_and_adapters_have_the_published_counts(string name, long parameters, long loraAll64, long loraQv8)
    {
        var config = ModelCatalog.Get(name);
        Assert.Equal(parameters, LlamaWeights.Count(config));
        Assert.Equal(loraAll64, LlamaWeights.LoraCount(config, 64, LlamaWeights.LinearNames));
        Assert.Equal(loraQv8, LlamaWeights.LoraCount(config, 8, ["q_proj", "v_proj"]));
    }

    // By hand: V*C + C + layers * (2C + 2C*HD + 2C*KD + 3*C*F); tied, so V*C once. Meditron: Llama-2-7B and 17 rows in two tables.
    [Theory]
    [InlineData("llama-3.2-1b", 128_256L * 2048 + 2048 + 16 * (2 * 2048 + 2L * 2048 * 2048 + 2L * 2048 * 512 + 3L * 2048 * 8192))]
    [InlineData("llama-3.2-3b", 128_256L * 3072 + 3072 + 28 * (2 * 3072 + 2L * 3072 * 3072 + 2L * 3072 * 1024 + 3L * 3072 * 8192))]
    [InlineData("meditron-7b", 6_738_415_616L + 2 * 17 * 4096)]
    public void Tied_and_extended_vocabularies_are_counted_once(string name, long parameters) =>
        Assert.Equal(parameters, LlamaWeights.Count(ModelCatalog.Get(name)));

    [Fact]
    public void The_protocoling_adapter_has_the_size_that_its_authors_trained() =>
        Assert.Equal(33_554_432, LlamaWeights.LoraCount(ModelCatalog.Meditron7B, 64, ["q_proj", "v_proj"]));

    [Theory]
    [InlineData("llama-3-8b"), InlineData("llama-3-70b"), InlineData("llama-3.1-405b")]
    public void Names_and_shapes_are_the_approved_ones(string name)
    {
        string approved = File.ReadAllText(Path.Combine(LlamaGoldens.Folder("parameters"), name + ".txt"));
        Assert.Equal(approved, Compact(ModelCatalog.Get(name)));
    }

    // One line per tensor; the layers of equal shape are folded into {first-last}, and must be complete and in order.
    private static string Compact(LlamaConfig config)
    {
        var lines = new List<(string Pattern, string Shape, List<int> Layers)>();
        foreach (var (name, shape) in LlamaWeights.Parameters(config))
        {
            var layer = Layer().Match(name);
            string pattern = layer.Success ? name.Replace(layer.Value, ".{}.", StringComparison.Ordinal) : name;
            string size = string.Join('x', shape);
            var line = lines.Find(l => l.Pattern == pattern && l.Shape == size);
            if (line.Layers is null) lines.Add(line = (pattern, size, []));
            if (layer.Success) line.Layers.Add(int.Parse(layer.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture));
        }
        return string.Concat(lines.Select(l =>
        {
            Assert.Equal(Enumerable.Range(0, l.Layers.Count), l.Layers);
            return $"{l.Pattern.Replace("{}", $"{{0-{l.Layers.Count - 1}}}", StringComparison.Ordinal)} {l.Shape}\n";
        }));
    }

    [GeneratedRegex(@"\.(\d+)\.")]
    private static partial Regex Layer();

    [Fact]
    public void Every_entry_is_a_possible_model()
    {
        Assert.Equal(10, ModelCatalog.Names.Count);
        foreach (var config in ModelCatalog.Names.Select(ModelCatalog.Get))
        {
            Assert.Equal(config.HiddenSize, config.Heads * config.HeadWidth);
            Assert.Equal(0, config.Heads % config.KeyValueHeads);
            Assert.All(config.EosTokenIds, id => Assert.InRange(id, 0, config.VocabularySize - 1));
        }
    }

    [Fact]
    public void Scaling_came_with_3_1_and_its_factor_grew_in_3_2()
    {
        Assert.Null(ModelCatalog.Llama3_8B.RopeScaling);
        Assert.Equal(new LlamaRopeScaling(8, 1, 4, 8192), ModelCatalog.Llama31_405B.RopeScaling);
        Assert.Equal(new LlamaRopeScaling(32, 1, 4, 8192), ModelCatalog.Llama32_1B.RopeScaling);
        Assert.True(ModelCatalog.Llama32_3B.TiedEmbeddings);
        Assert.Equal((64, 128), (ModelCatalog.Llama32_1B.HeadWidth, ModelCatalog.Llama32_3B.HeadWidth));
    }

    [Fact]
    public void An_unknown_name_is_answered_with_the_known_ones()
    {
        var e = Assert.Throws<ArgumentException>(() => ModelCatalog.Get("gpt-2"));
        Assert.StartsWith("ModelCatalog: name must be one of llama-1-13b, llama-2-7b, ", e.Message, StringComparison.Ordinal);
        Assert.Contains("got 'gpt-2'.", e.Message, StringComparison.Ordinal);
        var linear = Assert.Throws<ArgumentException>(() => LlamaWeights.LoraCount(ModelCatalog.Llama3_8B, 8, ["w1"]));
        Assert.StartsWith("LlamaWeights: linear must be one of q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj, got 'w1'.", linear.Message, StringComparison.Ordinal);
    }
}
