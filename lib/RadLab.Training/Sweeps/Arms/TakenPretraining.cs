using System.Globalization;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>What another comparison has pretrained: the same texts, settings and random weights give the same bits, so they need not be computed again for other data or another task.</summary>
internal sealed class TakenPretraining
{
    private static readonly string[] s_files = [RunRecord.FileName, MetricsLog.FileName, TrialState.FileName];

    private readonly string _from;
    private readonly IReadOnlyList<ModelSize> _sizes;

    private TakenPretraining(string from, IReadOnlyList<ModelSize> sizes) => (_from, _sizes) = (from, sizes);

    /// <param name="from">Folder of the other comparison.</param>
    /// <param name="recipe">With what it begins with.</param>
    /// <exception cref="RecipeException">Nothing there can be taken: it is not finished, or was pretrained in another way.</exception>
    public static TakenPretraining Check(string from, ArmsRecipe recipe)
    {
        var other = ArmsRecipe.Load(from);
        var sizes = recipe.PretrainedHere;
        if (sizes.Count == 0) throw new RecipeException($"--pretrained {from}: this comparison pretrains nothing, as every size begins with trained weights; leave one of the two options out.");
        foreach (var size in sizes)
        {
            string folder = Path.Combine(ArmsBase.FolderOf(from, size), ArmsBase.PretrainingFolder);
            if (!other.Sizes.Contains(size) || !TrialState.Load(folder).Finished)
                throw new RecipeException($"--pretrained {from}: has no finished pretraining of {size.Name}; finish that comparison with --resume, choose other --sizes, or leave --pretrained out.");
            var run = RunRecord.Load(folder);
            if (RecipeJson.Write(run.Recipe) != RecipeJson.Write(recipe.PretrainingOf(size, ArmsBase.NameOf(size, ArmsBase.RandomFolder))))
                throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"--pretrained {from}: {size.Name} was pretrained with other settings (there {run.Recipe.Steps} steps on {run.Recipe.Data}); give the same --pretrain-tokens and --pretrain-data, or leave --pretrained out."));
            recipe.Origin!.Check(run, "comparison");
        }
        return new TakenPretraining(from, sizes);
    }

    /// <param name="folder">Of the new comparison. What is missing there after a crash is pretrained when it goes on.</param>
    public void Copy(string folder)
    {
        foreach (var size in _sizes)
        {
            string old = ArmsBase.FolderOf(_from, size), own = ArmsBase.FolderOf(folder, size);
            Directory.CreateDirectory(own);
            ArmsBase.Once(Path.Combine(own, ArmsBase.RandomFolder), staged => CopyFiles(Path.Combine(old, ArmsBase.RandomFolder), staged, null));
            ArmsBase.Once(Path.Combine(own, ArmsBase.PretrainingFolder), staged =>
            {
                CopyFiles(Path.Combine(old, ArmsBase.PretrainingFolder), staged, s_files);
                string model = Path.Combine(staged, AdapterProvenance.ModelFolder);
                Directory.CreateDirectory(model);
                CopyFiles(Path.Combine(old, ArmsBase.PretrainingFolder, AdapterProvenance.ModelFolder), model, null);
            });
        }
    }

    private static void CopyFiles(string from, string to, string[]? names)
    {
        foreach (string file in names is null ? Directory.EnumerateFiles(from) : names.Select(n => Path.Combine(from, n)))
            WholeFile.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }
}
