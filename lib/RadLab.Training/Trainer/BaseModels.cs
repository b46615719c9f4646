using RadLab.Models;

namespace RadLab.Training;

/// <summary>Finds a base by what a recipe calls it.</summary>
public static class BaseModels
{
    // what published recipes name, for plans without a download
    private static readonly Dictionary<string, LlamaConfig> s_shapes = new(StringComparer.Ordinal)
    {
        ["meta-llama/Meta-Llama-3-8B-Instruct"] = ModelCatalog.Llama3_8B,
        ["meta-llama/Meta-Llama-3-70B-Instruct"] = ModelCatalog.Llama3_70B,
        ["epfl-llm/meditron-7b"] = ModelCatalog.Meditron7B,
    };

    /// <summary>RadLab-tiny before it is trained: what <see cref="Recipes.PretrainTiny"/> begins with.</summary>
    public const string RandomTiny = RadLabTiny.Name + "-random";

    private const string Prefix = "hf:";
    private const ulong TinySeed = 20261121;

    /// <param name="model">A model folder, <c>radlab-tiny</c>, <c>radlab-tiny-random</c>, or a Hugging Face id whose files lie in its cache, also as <c>hf:ORG/NAME</c>.</param>
    /// <param name="near">Of the run or sweep that names it, which need not exist yet: a comparison's own models are looked for from there; see <see cref="ArmsBase"/>.</param>
    /// <exception cref="RecipeException">There is nothing of that name.</exception>
    public static IBaseModel Find(string model, string? near = null) => model == RandomTiny ? Untrained() : FolderOf(model, near) is { } folder ? new FolderModel(folder)
        : throw new RecipeException($"model {model}: there is no such folder, nor such a model in the Hugging Face cache; give --model a folder with config.json, weights and tokenizer, or fetch a model: radlab data get {Prefix}{(HuggingFaceCache.Parse(Bare(model)) is null ? "ORG/NAME" : Bare(model))}");

    /// <summary>A base's shape and whether its files are in 16 bits: from its config.json where it is here, else by its name.</summary>
    /// <param name="near">As in <see cref="Find"/>.</param>
    /// <exception cref="RecipeException">Neither is known.</exception>
    public static (LlamaConfig Config, bool In16Bits) ShapeOf(string model, string? near = null)
    {
        if (FolderOf(model, near) is { } folder)
        {
            var config = LlamaConfig.Load(folder);
            return (config, config.SavedDType is not "float32");
        }
        if (model is RadLabTiny.Name or RandomTiny) return (RadLabTiny.Config, model == RadLabTiny.Name);
        if (s_shapes.TryGetValue(Bare(model), out var known)) return (known, true);
        if (ModelCatalog.Names.Contains(model)) return (ModelCatalog.Get(model), true);
        throw new RecipeException($"model {model}: its shape is not known; give --model a model folder, a Hugging Face id in its cache, or one of {string.Join(", ", ModelCatalog.Names)}.");
    }

    private static RandomModel Untrained()
    {
        try
        {
            return new RandomModel(RandomTiny, RadLabTiny.Config, RadLabTiny.LoadTokenizer(), TinySeed);
        }
        catch (FileNotFoundException e)
        {
            throw new RecipeException($"model {RandomTiny}: {e.Message}", e);
        }
    }

    internal static string? FolderOf(string model, string? near)
    {
        if (ArmsBase.FolderOf(model, near) is { } own) return own;
        if (model == RadLabTiny.Name)
            return RadLabTiny.Find() ?? throw new RecipeException($"model {model}: its weights are not there yet; give --model a model folder.");
        if (File.Exists(Path.Combine(model, "config.json"))) return model;
        return Directory.Exists(model) ? throw new RecipeException($"model {model}: the folder has no config.json; give --model a folder with config.json, weights and tokenizer.") : HuggingFaceCache.Find(Bare(model));
    }

    /// <summary>The id in <c>hf:ORG/NAME</c>; null where it does not begin so.</summary>
    internal static string? IdOf(string model) => model.StartsWith(Prefix, StringComparison.Ordinal) ? model[Prefix.Length..] : null;

    private static string Bare(string model) => IdOf(model) ?? model;
}
