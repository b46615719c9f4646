using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>What a run will hold on each device at the highest moment of its steps, by kind, before it is started.</summary>
public sealed record MemoryPlan
{
    // of what a device has, for Checkpointing.Auto: the rest is the process itself, file caches and others
    private const double UsableShare = 0.8;

    /// <summary>Base weights, quantized or not, with embedding, norms and head; position tables. Where they are shared out, this device's share and the gathered part in use.</summary>
    public long Weights { get; init; }

    /// <summary>Of quantized weights: block scales and what they are quantized with.</summary>
    public long Scales { get; init; }

    /// <summary>Factors of the adapters.</summary>
    public long Adapters { get; init; }

    /// <summary>State in the engine's memory; 0 where it is paged, see <see cref="OptimizerPages"/>.</summary>
    public long Optimizer { get; init; }

    /// <summary>Of all that trains.</summary>
    public long Gradients { get; init; }

    /// <summary>What the tape holds at the highest moment: saved for backward, and gradients on their way. Without the room that <see cref="Gradients"/> take later where the moment comes before they are there.</summary>
    public long Activations { get; init; }

    /// <summary>What the op of the highest moment takes beside that, and gives back.</summary>
    public long Workspace { get; init; }

    /// <summary>Paged state that is mapped at a time: in memory, but not the engine's.</summary>
    public long OptimizerPages { get; init; }

    /// <summary>Paged state beyond the budget.</summary>
    public long OptimizerOnDisk { get; init; }

    /// <summary>Whether blocks run twice.</summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>Peak of the engine's live bytes while training.</summary>
    public long EnginePeak => Weights + Scales + Adapters + Optimizer + Gradients + Activations + Workspace;

    /// <summary>With the state's pages.</summary>
    public long Total => EnginePeak + OptimizerPages;

    /// <summary>
    /// Plans by doing: the very code of training runs on a <see cref="EngineOptions.DryRun"/> engine, with fewer blocks where the model has many, and is
    /// carried on from there. So the plan cannot drift away from what it plans.
    /// </summary>
    /// <param name="config">Of the base, any size.</param>
    /// <param name="savedIn16Bits">The base's files are in F16 or BF16.</param>
    /// <param name="texts">Null: <see cref="PlannedTexts.Assumed(Recipe)"/>, which no run exceeds.</param>
    /// <param name="sharding">Null: one device.</param>
    /// <param name="limitBytes">Of a device, for <see cref="Checkpointing.Auto"/>; null: what this machine has free.</param>
    public static MemoryPlan Of(Recipe recipe, LlamaConfig config, bool savedIn16Bits = true, PlannedTexts? texts = null, Sharding? sharding = null, long? limitBytes = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(config);
        RecipeCheck.Check(recipe);
        texts ??= PlannedTexts.Assumed(recipe);
        sharding ??= new Sharding();
        sharding.Check();
        if (recipe.GradientCheckpointing != Checkpointing.Auto) return Heaviest(recipe.GradientCheckpointing == Checkpointing.On);
        // blocks run twice only where they must: it costs a third more work
        var plain = Heaviest(checkpointing: false);
        return plain.Total <= UsableShare * (limitBytes ?? Machine.Describe().AvailableBytes) ? plain : Heaviest(checkpointing: true);

        MemoryPlan Heaviest(bool checkpointing) => texts.Batches
            .Select(batch => From(MemoryTrace.Of(recipe, config, savedIn16Bits, checkpointing, batch), recipe, sharding, checkpointing)).MaxBy(p => p.EnginePeak)!;
    }

    private static MemoryPlan From(MemoryTrace trace, Recipe recipe, Sharding sharding, bool checkpointing)
    {
        bool gathered = sharding is { Stage: ZeroStage.Weights, Devices: > 1 };
        long state = sharding.Share(trace.State, ZeroStage.OptimizerState), budget = recipe.Optimizer.StateBudgetBytes ?? long.MaxValue;
        var highest = trace.Moments.MaxBy(Peak);
        long peak = Peak(highest), gradients = Math.Min(sharding.Share(trace.Gradients, ZeroStage.Gradients), peak), workspace = Math.Min(highest.Peak - highest.Held, peak - gradients);
        return new MemoryPlan
        {
            Weights = sharding.Share(trace.Weights, ZeroStage.Weights) + (gathered ? trace.LargestUnit : 0), Scales = sharding.Share(trace.Scales, ZeroStage.Weights),
            Adapters = sharding.Share(trace.Adapters, ZeroStage.Weights), Optimizer = state > budget ? 0 : state, Gradients = gradients, Activations = peak - gradients - workspace, Workspace = workspace,
            OptimizerPages = state > budget ? budget : 0, OptimizerOnDisk = Math.Max(0, state - budget), GradientCheckpointing = checkpointing,
        };

        long Peak(MemoryMoment m) => m.Peak - m.Gradients + sharding.Share(m.Gradients, ZeroStage.Gradients);
    }
}
