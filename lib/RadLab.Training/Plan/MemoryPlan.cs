using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>What a run will hold at most in the engine's memory, by kind, before it is started.</summary>
/// <param name="Weights">Base weights, quantized or not, with embedding, norms and head; position tables.</param>
/// <param name="Scales">Of quantized weights: block scales and what they are quantized with.</param>
/// <param name="Adapters">Factors of the adapters.</param>
/// <param name="Optimizer">State in memory; with a budget at most that, see <see cref="OptimizerOnDisk"/>.</param>
/// <param name="Gradients">Of all that trains.</param>
/// <param name="Activations">What forward keeps for backward, and workspaces, at the highest moment.</param>
/// <param name="OptimizerOnDisk">State beyond the budget.</param>
/// <param name="GradientCheckpointing">Whether blocks run twice.</param>
public sealed record MemoryPlan(long Weights, long Scales, long Adapters, long Optimizer, long Gradients, long Activations, long OptimizerOnDisk, bool GradientCheckpointing)
{
    /// <summary>Peak of the engine's live bytes while training; state pages within a budget come on top of it in the process, and are part of it here.</summary>
    public long Total => Weights + Scales + Adapters + Optimizer + Gradients + Activations;

    // memory is a straight line in the number of blocks: two points give it
    private const int Few = 2, More = 3;

    // of what the machine has free, for Checkpointing.Auto: the rest is the process itself, file caches and others
    private const double UsableShare = 0.8;

    /// <summary>
    /// Plans by doing: the very code of training runs on a <see cref="EngineOptions.DryRun"/> engine, for two and three blocks where the model has more, and is
    /// carried on from there. So the plan cannot drift away from what it plans.
    /// </summary>
    /// <param name="config">Of the base, any size.</param>
    /// <param name="savedIn16Bits">The base's files are in F16 or BF16.</param>
    /// <param name="availableBytes">What <see cref="Checkpointing.Auto"/> counts on, and takes four fifths of; null: what the machine has free.</param>
    public static MemoryPlan Of(Recipe recipe, LlamaConfig config, bool savedIn16Bits = true, long? availableBytes = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(config);
        RecipeCheck.Check(recipe);
        return recipe.GradientCheckpointing == Checkpointing.Auto ? Automatic(recipe, config, savedIn16Bits, availableBytes ?? Machine.Describe().AvailableBytes) : Of(recipe, config, savedIn16Bits, recipe.GradientCheckpointing == Checkpointing.On);
    }

    // blocks run twice only where they must: it costs a third more work
    private static MemoryPlan Automatic(Recipe recipe, LlamaConfig config, bool savedIn16Bits, long availableBytes)
    {
        var plain = Of(recipe, config, savedIn16Bits, checkpointing: false);
        return plain.Total <= UsableShare * availableBytes ? plain : Of(recipe, config, savedIn16Bits, checkpointing: true);
    }

    private static MemoryPlan Of(Recipe recipe, LlamaConfig config, bool savedIn16Bits, bool checkpointing)
    {
        if (config.Layers <= More) return Measure(recipe, config, savedIn16Bits, checkpointing).Within(recipe);
        var few = Measure(recipe, config with { Layers = Few }, savedIn16Bits, checkpointing);
        var more = Measure(recipe, config with { Layers = More }, savedIn16Bits, checkpointing);
        return few.CarriedOn(more, config.Layers - Few).Within(recipe);
    }

    private MemoryPlan CarriedOn(MemoryPlan more, int blocks)
    {
        return new MemoryPlan(On(p => p.Weights), On(p => p.Scales), On(p => p.Adapters), On(p => p.Optimizer), On(p => p.Gradients), On(p => p.Activations), 0, GradientCheckpointing);

        long On(Func<MemoryPlan, long> part) => part(this) + blocks * (part(more) - part(this));
    }

    // a paged state is a file; of it only the budget is in memory
    private MemoryPlan Within(Recipe recipe) => recipe.Optimizer.StateBudgetBytes is { } budget && Optimizer > budget
        ? this with { Optimizer = budget, OptimizerOnDisk = Optimizer - budget }
        : this;

    private static MemoryPlan Measure(Recipe recipe, LlamaConfig config, bool savedIn16Bits, bool checkpointing)
    {
        using var engine = new Engine(new EngineOptions { Threads = 1, DryRun = true });
        using var model = LlamaModel.Empty(engine, config, recipe.Storage, savedIn16Bits);
        long weights = engine.Memory.LiveBytes, scales = model.Linears.Sum(ScaleBytes) + (model.Head is { } head ? ScaleBytes(head) : 0);
        model.GradientCheckpointing = checkpointing;
        bool full = recipe.Mode == TrainingMode.Full;
        if (full) model.Unfreeze();
        // a start that decomposes weights has nothing to decompose here, and takes as much in the end
        IReadOnlyList<Parameter> trained = full ? model.Parameters : (recipe.Lora with { Init = LoraInit.Uniform }).Attach(model, recipe.Seed).Parameters;
        long adapters = engine.Memory.LiveBytes - weights;
        using var optimizer = Training.Optimizer.Create(engine, [new ParameterGroup("all", trained)], recipe.Optimizer with { StateBudgetBytes = null });
        long state = engine.Memory.LiveBytes - weights - adapters;

        int rows = recipe.Batch.MicroBatch, length = recipe.Batch.SequenceLength;
        using var batch = Batch.Packed(engine, [.. Enumerable.Range(0, rows).Select(_ => (IReadOnlyList<TokenizedText>)[Whole(length)])], length);
        engine.ResetPeak();
        using var tape = engine.Tape();
        // the second pass finds the gradients of the first, as all but the first do
        for (int pass = 0; pass < Math.Min(2, recipe.Batch.Accumulate); pass++)
        {
            tape.Reset();
            var loss = model.Loss(tape, batch.Tokens, batch.Labels, recipe.Batch.Packing ? batch.Layout : null);
            tape.Backward(recipe.Batch.Accumulate > 1 ? tape.Scale(loss, 0.5f) : loss);
        }
        optimizer.Step(1e-4);
        long gradients = trained.Sum(p => p.Shape.Count * sizeof(float)), rest = engine.Memory.PeakBytes - weights - adapters - state;
        return new MemoryPlan(weights - scales, scales, adapters, state, Math.Min(gradients, rest), Math.Max(0, rest - gradients), 0, checkpointing);
    }

    private static long ScaleBytes(LinearLayer layer) => layer.Quantized is { } q ? q.SizeBytes - q.Codes.SizeBytes : 0;

    // every token counts: as in pretraining, and at most in any other task
    private static TokenizedText Whole(int length)
    {
        int[] ids = new int[length];
        return new TokenizedText("plan", ids, [TokenizedText.IgnoredLabel, .. ids.AsSpan(1)], 0);
    }
}
