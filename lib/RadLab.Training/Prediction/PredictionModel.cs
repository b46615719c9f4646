using RadLab.Compute;
using RadLab.Models;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>A base, with or without an adapter, to answer with.</summary>
public sealed class PredictionModel
{
    private readonly IBaseModel _base;
    private readonly bool _force;
    private readonly int _positions;

    private PredictionModel(IBaseModel @base, string? adapter, string? registered, Recipe? recipe, LlamaStorage storage, int positions, bool force)
    {
        (_base, Adapter, Registered, Recipe, Storage, _positions, _force) = (@base, adapter, registered, recipe, storage, positions, force);
        AdapterSha256 = adapter is null ? null : RegistryLineage.AdapterHashOf(RegistryLineage.FilesOf(adapter));
        Prompting = (adapter is null ? null : AdapterPrompting.Load(adapter)) ?? (recipe is null ? null : AdapterPrompting.Of(recipe)) ?? (@base.Folder is { } folder ? AdapterPrompting.Load(folder) : null);
        TrainedOn = [.. ((string?[])[adapter, @base.Folder]).OfType<string>().SelectMany(AdapterProvenance.LoadAll).Select(d => d.Provenance)];
    }

    public BaseIdentity Base => _base.Identity;

    public string BaseName => _base.Name;

    /// <summary>Folder of the adapter, or null.</summary>
    public string? Adapter { get; }

    /// <summary>NAME/VERSION of the registry, where the adapter was named so; else null.</summary>
    public string? Registered { get; }

    /// <summary>Of <c>adapter_config.json</c> and the adapter's weights: the same in every copy, and <see cref="RegistryEntry.AdapterSha256"/> of its versions; null without an adapter.</summary>
    public string? AdapterSha256 { get; }

    /// <summary>Of the run that made the adapter, where its folder is still in the run's.</summary>
    public Recipe? Recipe { get; }

    public LlamaStorage Storage { get; }

    /// <summary>How the adapter, or else the base, was asked in training; null where neither says.</summary>
    public AdapterPrompting? Prompting { get; }

    /// <summary>Whether protocols are chosen through the note's problems.</summary>
    public bool ThroughProblems => Prompting?.ThroughProblems ?? false;

    /// <summary>What adapter and base were trained on, where they say so.</summary>
    public IReadOnlyList<DataProvenance> TrainedOn { get; }

    public Tokenizer Tokenizer => _base.Tokenizer;

    /// <param name="model">As <see cref="BaseModels.Find"/> takes it.</param>
    /// <param name="adapter">A PEFT folder, a run's folder, or NAME/VERSION or NAME@ALIAS of the registry; null: the base alone.</param>
    /// <param name="format">Of the linear layers; null: as the adapter was trained, else as the base is stored.</param>
    /// <param name="force">Take the adapter on another base than its own.</param>
    /// <param name="registry">Folder of the registry.</param>
    /// <exception cref="RecipeException">There is no such model or adapter.</exception>
    public static PredictionModel Open(string model, string? adapter, WeightFormat? format = null, bool force = false, string registry = ModelRegistry.DefaultFolder)
    {
        var source = BaseModels.Find(model);
        var entry = adapter is null || FolderWithin(adapter) is not null ? null : RegisteredAdapter.Find(new ModelRegistry(registry), adapter);
        string? folder = entry?.Folder ?? (adapter is null ? null : FolderWithin(adapter) ?? throw new RecipeException($"adapter {adapter}: there is no {PeftConfig.FileName} in it; give a PEFT folder, the folder of a finished run, or NAME/VERSION or NAME@ALIAS of the registry."));
        var recipe = folder is null ? null : RecipeBeside(folder);
        var config = BaseModels.ShapeOf(model).Config;
        var storage = format is { } f ? new LlamaStorage { Linears = f } : recipe?.Storage ?? (folder is null ? null : PeftFolder.StorageOf(folder)) ?? new LlamaStorage { Linears = Stored(config) };
        return new PredictionModel(source, folder, entry?.Reference, recipe, storage, config.MaxPositions, force);
    }

    /// <summary>That the base knows: prompt and answer together cannot be longer.</summary>
    public int Positions => _positions;

    /// <summary>Tokens of prompt and answer together: as in the adapter's run, else what fits the model, at most 1024.</summary>
    public int DefaultContext => Prompting?.ContextTokens ?? Math.Min(1024, _positions);

    /// <summary>Loads base and adapter; the caller owns the model.</summary>
    /// <param name="note">Told what the user should know.</param>
    public LlamaModel Load(Engine engine, Action<string>? note = null)
    {
        var model = _base.Load(engine, Storage);
        try
        {
            model.Freeze();
            model.KeepScalesDecoded();
            if (Adapter is null) return model;
            using var original = _base.Original();
            var loaded = PeftFolder.Load(model, Adapter, _base.Identity, _force, original: original);
            loaded.Adapters.DropoutActive = false;
            foreach (string line in loaded.Notes) note?.Invoke(line);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static string? FolderWithin(string adapter) =>
        ((string[])[adapter, Path.Combine(adapter, AdapterProvenance.AdapterFolder)]).FirstOrDefault(f => File.Exists(Path.Combine(f, PeftConfig.FileName)));

    private static Recipe? RecipeBeside(string adapter)
    {
        string run = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(adapter)))!;
        return File.Exists(Path.Combine(run, RunRecord.FileName)) ? RunRecord.Load(run).Recipe : null;
    }

    private static WeightFormat Stored(LlamaConfig config) => config.Quantization is { } q
        ? q.QuantType == Fp4.Name ? WeightFormat.Fp4 : WeightFormat.Nf4
        : config.SavedDType is "bfloat16" or "float16" ? WeightFormat.BF16 : WeightFormat.F32;
}
