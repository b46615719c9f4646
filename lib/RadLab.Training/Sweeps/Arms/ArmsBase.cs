using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>The model that all arms of a size begin with: RadLab's own trained weights, or ones that are pretrained in the comparison's folder and kept there.</summary>
/// <remarks>
/// Recipes name the latter by their place in that folder, <c>comparison:sizes/1.5M/base</c>, so that the folder can be moved. Comparisons of earlier versions name them by a
/// full path, and go on with it.
/// </remarks>
/// <param name="Model">What recipes call it.</param>
/// <param name="Tokens">Read in pretraining here; 0 where trained weights were at hand.</param>
/// <param name="ValidationLoss">Of the pretraining's held-out texts.</param>
internal sealed record ArmsBase(string Model, long Tokens, double? ValidationLoss)
{
    internal const string RandomFolder = "random", PretrainingFolder = "pretraining";

    private const string Prefix = "comparison:", BaseFolder = "base";
    private const ulong WeightSeed = 20261121;

    /// <param name="folder">Of the size.</param>
    /// <exception cref="OperationCanceledException">Cancelled; the pretraining's state is saved.</exception>
    public static ArmsBase Ready(ArmsRecipe recipe, ModelSize size, string folder, bool allowInGit, IProgress<TrainingProgress>? progress, Action<string>? note, CancellationToken cancellation)
    {
        if (!recipe.PretrainAlike && size.Trained is { } trained) return new ArmsBase(trained, 0, null);
        string random = Path.Combine(folder, RandomFolder), model = Path.Combine(folder, BaseFolder);
        Once(random, staged =>
        {
            using var engine = new Engine();
            using var untrained = LlamaModel.Random(engine, size.Config, WeightSeed);
            untrained.Save(staged, WeightFormat.F32, overwrite: true);
            RadLabTiny.LoadTokenizer().Save(Path.Combine(staged, "tokenizer.json"));
        });
        string pretrained = Path.Combine(folder, PretrainingFolder);
        // one that was begun keeps the name that it began with
        string begunWith = File.Exists(Path.Combine(pretrained, RunRecord.FileName)) ? RunRecord.Load(pretrained).Recipe.Model : NameOf(size, RandomFolder);
        var pretraining = new TrialRun(new SweepTrial(1, [], "", recipe.PretrainingOf(size, begunWith)), pretrained, recipe.Origin, "comparison");
        if (!pretraining.State.Finished) note?.Invoke($"{size.Name}: pretraining on {recipe.PretrainingTokens} tokens in {pretraining.Folder}");
        pretraining.Train(null, allowInGit, progress, note, cancellation);
        if (pretraining.State.Failure is { } failure) throw new TrainingGuardException($"{size.Name}: pretraining failed: {failure}");
        Once(model, staged =>
        {
            using var engine = new Engine();
            using var grown = LlamaModel.Load(engine, Path.Combine(pretraining.Folder, AdapterProvenance.ModelFolder), new LlamaStorage());
            grown.Save(staged, WeightFormat.BF16, overwrite: true);
            RadLabTiny.LoadTokenizer().Save(Path.Combine(staged, "tokenizer.json"));
            // the terms of the texts go with the weights
            WholeFile.Copy(Path.Combine(pretraining.Folder, AdapterProvenance.ModelFolder, AdapterProvenance.FileName), Path.Combine(staged, AdapterProvenance.FileName));
        });
        var curve = pretraining.Curve();
        return new ArmsBase(NameOf(size, BaseFolder), (long)curve.Tokens, curve.ResultAt(long.MaxValue, pretraining.Trial.Recipe));
    }

    /// <summary>Folder of a model of a comparison that <paramref name="near"/> lies in; null for names of other kinds.</summary>
    /// <exception cref="RecipeException">There is no such comparison, or no such model in it.</exception>
    public static string? FolderOf(string model, string? near)
    {
        if (!model.StartsWith(Prefix, StringComparison.Ordinal)) return null;
        string[] parts = model[Prefix.Length..].Split('/');
        string? root = near is null ? null : Path.GetFullPath(near);
        while (root is not null && !File.Exists(Path.Combine(root, ArmsRecipe.FileName))) root = Path.GetDirectoryName(root);
        if (root is null) throw new RecipeException($"model {model}: belongs to a comparison's folder, and no {ArmsRecipe.FileName} lies {(near is null ? "here" : $"above {near}")}: a run of a comparison must stay within its folder.");
        string folder = Path.Combine([root, .. parts]);
        if (parts.Any(p => p is "" or "." or ".." || p.AsSpan().IndexOfAny('\\', ':') >= 0) || !File.Exists(Path.Combine(folder, "config.json")))
            throw new RecipeException($"model {model}: there is no such model in {root}; restore it from a copy of the comparison's folder.");
        return folder;
    }

    /// <param name="comparison">Its folder.</param>
    internal static string FolderOf(string comparison, ModelSize size) => Path.Combine(comparison, ArmsRun.SizesFolder, size.Name);

    internal static string NameOf(ModelSize size, string folder) => $"{Prefix}{ArmsRun.SizesFolder}/{size.Name}/{folder}";

    // a folder appears under its name when it is whole
    internal static void Once(string folder, Action<string> write)
    {
        if (Directory.Exists(folder)) return;
        string staged = folder + ".partial";
        if (Directory.Exists(staged)) Directory.Delete(staged, recursive: true);
        Directory.CreateDirectory(staged);
        write(staged);
        Durable.FlushTree(staged);
        Directory.Move(staged, folder);
        Durable.FlushFolder(Path.GetDirectoryName(folder)!);
    }
}
