using RadLab.Training;

namespace RadLab.Tests.Training;

/// <summary>A comparison that takes over what another one has pretrained.</summary>
public sealed class TakenPretrainingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-taken-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_pretrained_alike_is_taken_over_and_nothing_else()
    {
        var recipe = ShrunkArms.Smallest;
        string first = New(recipe, null, steps: 2);   // pretraining, and a step of the first arm
        var other = recipe with { Recipe = recipe.Recipe with { Task = TrainingTask.Protocol, Data = PreparedTiny.Protocols }, Margin = 0.05 };
        string second = New(other, first, steps: 1);
        foreach (string file in (string[])["random/model.safetensors", "pretraining/run.json", "pretraining/metrics.jsonl", "pretraining/model/model.safetensors", "base/model.safetensors", "base/data-provenance.json"])
            Assert.Equal(File.ReadAllBytes(Path.Combine(first, "sizes", "a", file)), File.ReadAllBytes(Path.Combine(second, "sizes", "a", file)));
        Assert.False(Directory.Exists(Path.Combine(second, "sizes", "a", "pretraining", "checkpoints")));
        // that one step was an arm's
        Assert.Single(Directory.EnumerateDirectories(Path.Combine(second, "sizes", "a", "full", "choice", "trials")));

        Refuses("has no finished pretraining of b; finish that comparison with --resume, choose other --sizes, or leave --pretrained out.", recipe with { Sizes = ShrunkArms.Whole.Sizes }, first);
        Refuses("has no finished pretraining of a; finish that comparison with --resume,", recipe, New(recipe with { Seeds = [5] }, null, steps: 0));
        Refuses("has no finished pretraining of a; finish", recipe with { Sizes = [recipe.Sizes[0] with { Layers = 3 }] }, first);
        Refuses($"a was pretrained with other settings (there 1 steps on {PreparedTiny.Data}); give the same --pretrain-tokens and --pretrain-data, or leave --pretrained out.", recipe with { PretrainingTokens = 512 }, first);
        Refuses("this comparison pretrains nothing, as every size begins with trained weights; leave one of the two options out.", recipe with { Sizes = [ModelSize.Tiny], PretrainAlike = false }, first);
        Assert.StartsWith($"{_folder}: there is no arms.json", Assert.Throws<RecipeException>(() => New(recipe, _folder, steps: 0)).Message, StringComparison.Ordinal);
    }

    private string New(ArmsRecipe recipe, string? pretrained, int steps)
    {
        string folder = ArmsRun.Create(recipe, Path.Combine(_folder, "sweeps"), DateTime.UtcNow, pretrained: pretrained);
        if (steps == 0) return folder;
        using var cancel = new CancellationTokenSource();
        int done = 0;
        Assert.Throws<OperationCanceledException>(() => ArmsRun.Open(folder, progress: new ShrunkArms.Direct(_ => { if (++done == steps) cancel.Cancel(); })).Run(cancel.Token));
        return folder;
    }

    private void Refuses(string message, ArmsRecipe recipe, string pretrained)
    {
        int before = Directory.GetDirectories(Path.Combine(_folder, "sweeps")).Length;
        Assert.StartsWith($"--pretrained {pretrained}: {message}", Assert.Throws<RecipeException>(() => ArmsRun.Create(recipe, Path.Combine(_folder, "sweeps"), DateTime.UtcNow, pretrained: pretrained)).Message, StringComparison.Ordinal);
        Assert.Equal(before, Directory.GetDirectories(Path.Combine(_folder, "sweeps")).Length);
    }
}
