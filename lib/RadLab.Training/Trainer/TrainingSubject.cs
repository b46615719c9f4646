using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>The model that is trained, with what of it trains: an adapter on a frozen base, or all weights.</summary>
public sealed class TrainingSubject : IDisposable
{
    private const string AdapterFolder = "adapter", ModelFolder = "model";

    private TrainingSubject(LlamaModel model, LoraAdapters? adapters, BaseIdentity @base, IReadOnlyList<ParameterGroup> groups)
    {
        (Model, Adapters, Base, Groups) = (model, adapters, @base, groups);
    }

    public LlamaModel Model { get; }

    /// <summary>Null in full fine-tuning.</summary>
    public LoraAdapters? Adapters { get; }

    /// <summary>Of the model before training.</summary>
    public BaseIdentity Base { get; }

    /// <summary>All that trains.</summary>
    public IReadOnlyList<ParameterGroup> Groups { get; }

    /// <summary>Loads the model by the recipe and makes ready what trains.</summary>
    /// <param name="checkpoint">Folder of a checkpoint to go on from; null: from the start.</param>
    /// <param name="availableBytes">What <see cref="Checkpointing.Auto"/> counts on; null: what the machine has free.</param>
    /// <param name="texts">What it will train on, for <see cref="Checkpointing.Auto"/>; null: as long as the recipe allows.</param>
    public static TrainingSubject Create(Engine engine, Recipe recipe, IBaseModel source, string? checkpoint = null, long? availableBytes = null, IReadOnlyList<TokenizedText>? texts = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(source);
        bool full = recipe.Mode == TrainingMode.Full;
        var model = full && checkpoint is not null ? LlamaModel.Load(engine, Path.Combine(checkpoint, ModelFolder), recipe.Storage) : source.Load(engine, recipe.Storage);
        try
        {
            model.GradientCheckpointing = recipe.GradientCheckpointing switch
            {
                Checkpointing.On => true,
                Checkpointing.Off => false,
                // what fits at its longest fits; only the rest is worth a look at the texts
                _ => IsShort(null) && (texts is null || IsShort(PlannedTexts.Of(texts, recipe))),
            };
            if (full)
            {
                model.Unfreeze();
                return new TrainingSubject(model, null, source.Identity, ParameterGroup.Weights(model.Parameters, recipe.Optimizer.DecayNorms));
            }
            using var original = recipe.Lora.Init.ChangesBase ? source.Original() : null;
            var adapters = checkpoint is null
                ? recipe.Lora.Attach(model, recipe.Seed, original: original)
                : PeftFolder.Load(model, Path.Combine(checkpoint, AdapterFolder), source.Identity, seed: recipe.Seed, original: original).Adapters;
            return new TrainingSubject(model, adapters, source.Identity, ParameterGroup.LoraPlus(adapters, recipe.LoraPlusRatio));
        }
        catch
        {
            model.Dispose();
            throw;
        }

        // the plan counts the weights, which are loaded already and no longer free
        bool IsShort(PlannedTexts? planned) => MemoryPlan.Of(recipe, model.Config, model.Config.SavedDType is "float16" or "bfloat16", planned,
            limitBytes: availableBytes ?? Machine.Describe().AvailableBytes + engine.Memory.LiveBytes).GradientCheckpointing;
    }

    /// <summary>Whether a run's folder holds what it was to make.</summary>
    public static bool HasResult(string run) => File.Exists(Path.Combine(run, AdapterFolder, PeftConfig.FileName)) || File.Exists(Path.Combine(run, ModelFolder, "config.json"));

    /// <summary>A run's finished model, to use and not to train.</summary>
    /// <param name="run">The run's folder.</param>
    public static TrainingSubject Result(Engine engine, Recipe recipe, IBaseModel source, string run)
    {
        // what does not train needs no plan
        var subject = Create(engine, recipe with { GradientCheckpointing = Checkpointing.Off }, source, run);
        subject.Model.Freeze();
        if (subject.Adapters is { } adapters) adapters.DropoutActive = false;
        return subject;
    }

    /// <summary>Writes what trains: a PEFT folder <c>adapter</c>, or a Hugging Face folder <c>model</c>. Not a bit is lost: norms stay F32 where all else is BF16.</summary>
    public void Save(string folder, Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        if (Adapters is { } adapters) PeftFolder.Save(adapters, Path.Combine(folder, AdapterFolder), Base, baseModel: recipe.Model);
        else Model.Save(Path.Combine(folder, ModelFolder), format: null, overwrite: true);
    }

    public void Dispose() => Model.Dispose();
}
