using System.Globalization;
using RadLab.Radiology;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

/// <summary>A comparison's recipe: what it is by default, what is refused, how it is kept.</summary>
public sealed class ArmsRecipeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-arms-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_usual_comparison_gives_every_arm_as_many_trials_and_chooses_with_a_seed_that_is_not_scored()
    {
        var usual = new ArmsRecipe();
        Assert.Equal([4, 4, 4], usual.Arms.Select(a => usual.ChoiceOf(a, "s", "radlab-tiny").Trials().Count));
        Assert.All(usual.Arms, a => Assert.All(usual.ChoiceOf(a, "s", "radlab-tiny").Trials(), t => Assert.Equal(16UL, t.Recipe.Seed)));
        Assert.DoesNotContain(16UL, usual.Seeds);
        Assert.Equal((18UL, 2), (usual.WithSeeds([16, 17]).ChoiceSeed!.Value, usual.WithSeeds([16, 17]).Seeds.Count));
        Assert.All(usual.Arms.Skip(1), a => Assert.Equal((16, 32f), (usual.RecipeOf(a, "m").Lora.Rank, usual.RecipeOf(a, "m").Lora.Alpha)));
    }

    [Fact]
    public void The_recipe_is_read_back_as_it_was_written_and_checked()
    {
        new ArmsRecipe().Save(_folder);
        string json = File.ReadAllText(Path.Combine(_folder, "arms.json"));
        ArmsRecipe.Load(_folder).Save(_folder);
        Assert.Equal(json, File.ReadAllText(Path.Combine(_folder, "arms.json")));
        Assert.Contains("\"margin\": 0.02", json, StringComparison.Ordinal);
        // sizes that have read different amounts could not answer what size does
        Assert.Contains("\"pretrain_alike\": true", json, StringComparison.Ordinal);

        Refused(r => r with { Seeds = [1, 1] }, "compare-arms: seeds: must be 1 to 32 different ones.");
        Refused(r => r with { Seeds = [16, 17] }, "compare-arms: choice_seed: 16 must not be among seeds: the run that wins the choice is partly lucky, and would be scored.");
        Refused(r => r with { Sizes = [] }, "compare-arms: sizes: must be 1 to 8 different ones.");
        Refused(r => r with { Margin = 0 }, "compare-arms: margin: must be finite and above 0.");
        Refused(r => r with { Arms = [r.Arms[0]] }, "compare-arms: arms: must have full and qlora, which are compared.");
        Refused(r => r with { Recipe = r.Recipe with { Task = TrainingTask.Text } }, "compare-arms: task: must be Impression or Protocol: pretraining has no answers to compare.");
        Refused(r => r with { Sizes = [new ModelSize("x", 64, 128, 2, 3, 1)] }, "sizes: x: heads must divide the hidden size, key-value heads the heads, and all be at least 1, got 64, 128, 2, 3, 1.");
        Refused(r => r with { Arms = [r.Arms[0] with { Over = ["learning_rate=0"] }, r.Arms[2]] }, "learning_rate: must be finite and above 0, got 0.");
        Assert.Equal("--sizes 7M: must be among 1.5M, 6M, 25M.", Assert.Throws<RecipeException>(() => ModelSize.Get("7M")).Message);
        Assert.Contains("was prepared for the task protocol, but the recipe's task is impression", Assert.Throws<RecipeException>(() => ArmsRun.Create(ShrunkArms.Whole with { Recipe = ShrunkArms.Whole.Recipe with { Data = PreparedTiny.Protocols } }, Path.Combine(_folder, "new"), DateTime.UtcNow)).Message, StringComparison.Ordinal);
        Assert.Matches("^batch.sequence_length: all 1 items of the split test of .* are too long for 48 tokens with room for an answer; raise it.$",
            Assert.Throws<RecipeException>(() => ArmsRun.Create(ShrunkArms.Smallest with { Recipe = ShrunkArms.Smallest.Recipe with { Batch = new BatchSettings { MicroBatch = 1, SequenceLength = 48 } } }, Path.Combine(_folder, "new"), DateTime.UtcNow)).Message);
        Assert.False(Directory.Exists(Path.Combine(_folder, "new")));
        File.WriteAllText(Path.Combine(_folder, "arms.json"), "[]");
        Assert.EndsWith("is not what a comparison writes; restore it from a copy, or begin a new one.", Assert.Throws<RecipeException>(() => ArmsRecipe.Load(_folder)).Message, StringComparison.Ordinal);

        static void Refused(Func<ArmsRecipe, ArmsRecipe> change, string message) => Assert.Equal(message, Assert.Throws<RecipeException>(() => change(new ArmsRecipe()).Check()).Message);
    }

    [Fact]
    public void Protocols_are_compared_with_lists_of_problems_beside_them()
    {
        string lists = Path.Combine(_folder, "lists"), comparisons = Path.Combine(_folder, "comparisons");
        DataSets.Prepare(new PrepareRequest { Manifest = ManifestCatalog.Find("synthetic-problem-lists"), Out = lists, Count = 20 });
        var protocols = ShrunkArms.Smallest with { Recipe = ShrunkArms.Smallest.Recipe with { Task = TrainingTask.Protocol, ThroughProblems = true, Data = $"{PreparedTiny.Protocols}+{lists}", Batch = new BatchSettings { MicroBatch = 1, SequenceLength = 512 } } };
        Assert.True(File.Exists(Path.Combine(ArmsRun.Create(protocols, comparisons, DateTime.UnixEpoch), ArmsRecipe.FileName)));
        string Refused(ArmsRecipe r) => Assert.Throws<RecipeException>(() => ArmsRun.Create(r, comparisons, DateTime.UnixEpoch)).Message;
        Assert.Equal($"data {lists}: holds lists of problems and no notes with protocols; join a set of them with +.", Refused(protocols with { Recipe = protocols.Recipe with { Data = lists } }));
        Assert.StartsWith($"data {protocols.Recipe.Data}: synthetic-problem-lists was prepared for the task problems, ", Refused(protocols with { Recipe = protocols.Recipe with { ThroughProblems = false } }), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_processes_do_not_work_in_one_comparison()
    {
        string folder = ArmsRun.Create(ShrunkArms.Smallest, _folder, DateTime.UnixEpoch);
        using (SweepRun.Alone(folder))
            Assert.Equal($"{folder}: another process works in it; wait for it or stop it.", Assert.Throws<RecipeException>(() => ArmsRun.Open(folder).Run()).Message);
    }

    [Fact]
    public void A_size_has_the_parameters_that_its_name_says()
    {
        foreach (var size in ModelSize.All)
        {
            double named = double.Parse(size.Name.TrimEnd('M'), CultureInfo.InvariantCulture) * 1e6;
            Assert.InRange(size.Parameters / named, 0.95, 1.05);
            int[] widths = [size.HiddenSize, size.IntermediateSize, size.KeyValueHeads * size.Config.HeadWidth];
            Assert.All(widths, w => Assert.Equal(0, w % 64));
        }
        Assert.Equal(RadLab.Models.RadLabTiny.Config, ModelSize.Tiny.Config);
        // the pretraining is that of RadLab-tiny, as long as its tokens say
        var recipe = new ArmsRecipe { PretrainingTokens = 1_000_000 }.PretrainingOf(ModelSize.Small, "m");
        Assert.Equal((245L, "m", 24L), (recipe.Steps, recipe.Model, recipe.Schedule.WarmupSteps));   // rows of 8 x 512 tokens
    }
}
