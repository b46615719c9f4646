using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>A stretch of a training step: the forward pass, one op of backward, or the update. Bytes beyond what is there all the time.</summary>
/// <param name="Peak">The most that was live.</param>
/// <param name="Held">Live between ops: what the tape holds, and gradients.</param>
/// <param name="Gradients">Of what trains, as far as they were there.</param>
/// <param name="Op">Whose backward it is.</param>
internal readonly record struct MemoryMoment(long Peak, long Held, long Gradients, string Op)
{
    public MemoryMoment On(in MemoryMoment next, int steps) =>
        this with { Peak = Peak + steps * (next.Peak - Peak), Held = Held + steps * (next.Held - Held), Gradients = Gradients + steps * (next.Gradients - Gradients) };
}

/// <summary>What one step of training held when: taken from the code of training itself on an engine whose kernels do nothing.</summary>
/// <param name="LargestUnit">Bytes of the largest part whose weights are used at once: a block with its adapters, the embedding, or the head.</param>
/// <param name="Gradients">Of all that trains.</param>
/// <param name="Moments">In their order: forward, each op of backward, update.</param>
internal sealed record MemoryTrace(long Weights, long Scales, long Adapters, long State, long Gradients, long LargestUnit, IReadOnlyList<MemoryMoment> Moments)
{
    // Each moment is a straight line in the number of blocks, but not each the same one: what is left of activations at the end of backward is one block's, and the gradients
    // are all there; at its begin it is the other way round. So moments are carried on one by one: those of the head and the last two blocks counted from the begin of
    // backward, those of the first two blocks and the embedding from its end. What lies between is between.
    private const int Few = 3, More = 4;

    public static MemoryTrace Of(Recipe recipe, LlamaConfig config, bool savedIn16Bits, bool checkpointing, PlannedBatch batch)
    {
        if (config.Layers <= More || !BlocksAreAlike(recipe)) return Measure(recipe, config, savedIn16Bits, checkpointing, batch);
        var few = Measure(recipe, config with { Layers = Few }, savedIn16Bits, checkpointing, batch);
        var more = Measure(recipe, config with { Layers = More }, savedIn16Bits, checkpointing, batch);
        return few.On(more, config.Layers - Few) ?? Measure(recipe, config, savedIn16Bits, checkpointing, batch);
    }

    /// <summary>The same with all blocks, however many.</summary>
    internal static MemoryTrace Measure(Recipe recipe, LlamaConfig config, bool savedIn16Bits, bool checkpointing, PlannedBatch batch)
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
        using var optimizer = Optimizer.Create(engine, [new ParameterGroup("all", trained)], recipe.Optimizer with { StateBudgetBytes = null });
        long state = engine.Memory.LiveBytes - weights - adapters;

        var moments = new StepMoments(engine, trained);
        using var tape = engine.Tape();
        Pass();
        if (batch.FindsGradients) Pass();
        moments.Begin();
        optimizer.Step(1e-4);
        moments.End("");
        return new MemoryTrace(weights - scales, scales, adapters, state, trained.Sum(p => p.Shape.Count * sizeof(float)), UnitBytes(model), moments.All);

        void Pass()
        {
            tape.Reset();
            moments.Forget();
            moments.Begin();
            using var texts = Make(engine, recipe, batch);
            var loss = model.Loss(tape, texts.Tokens, texts.Labels, texts.Layout, texts.Weights);
            if (recipe.Batch.Accumulate > 1) loss = tape.Scale(loss, 0.5f);
            moments.EndForward();
            string op = "";
            tape.NodeStarts = node =>
            {
                moments.End(op);
                op = node.Name;
            };
            tape.Backward(loss);
            moments.End(op);
        }
    }

    private MemoryTrace? On(MemoryTrace more, int steps)
    {
        // a block more is so many ops more; the last two of three blocks are alike, the first one may have ops less, for there may be nothing to train before it
        int block = more.Moments.Count - Moments.Count, head = Enumerable.Range(0, Moments.Count).FirstOrDefault(at => BlockBegins(at, block), -1);
        if (block < 1 || head < 0) return null;
        var moments = new List<MemoryMoment>(Moments.Count + block);
        for (int i = 0; i < head + 2 * block; i++) moments.Add(Moments[i].On(more.Moments[i], steps));
        for (int i = Moments.Count - head - block; i >= 1; i--) moments.Add(Moments[^i].On(more.Moments[^i], steps));
        return new MemoryTrace(Line(t => t.Weights), Line(t => t.Scales), Line(t => t.Adapters), Line(t => t.State), Line(t => t.Gradients), Line(t => t.LargestUnit), moments);

        long Line(Func<MemoryTrace, long> part) => part(this) + steps * (part(more) - part(this));
    }

    private bool BlockBegins(int at, int block)
    {
        if (Moments[at].Op.Length == 0 || at + 2 * block > Moments.Count) return false;
        for (int i = at; i < at + block; i++)
            if (Moments[i].Op != Moments[i + block].Op) return false;
        return true;
    }

    private static bool BlocksAreAlike(Recipe recipe)
    {
        var lora = recipe.Lora;
        return recipe.Mode == TrainingMode.Full
            || (lora.Layers is null or [] && lora.TargetPattern is null && lora.RankPattern.Count == 0 && lora.Targets.Concat(lora.Exclude).All(LlamaWeights.LinearNames.Contains));
    }

    private static Batch Make(Engine engine, Recipe recipe, PlannedBatch batch)
    {
        int left = batch.Counted;
        var rows = new TokenizedText[batch.Rows];
        for (int i = 0; i < rows.Length; i++)
        {
            int counted = Math.Min(left, batch.Length - 1);
            int[] labels = new int[batch.Length];
            labels.AsSpan(0, batch.Length - counted).Fill(TokenizedText.IgnoredLabel);
            rows[i] = new TokenizedText("plan", new int[batch.Length], labels, 0) { Weight = recipe.AnswerWeighting > 0 ? 0.5f : 1 };
            left -= counted;
        }
        return recipe.Batch.Packing ? Batch.Packed(engine, [.. rows.Select(r => (IReadOnlyList<TokenizedText>)[r])], batch.Length) : Batch.Padded(engine, rows);
    }

    private static long ScaleBytes(LinearLayer layer) => layer.Quantized is { } q ? q.SizeBytes - q.Codes.SizeBytes : 0;

    private static long UnitBytes(LlamaModel model) =>
        Math.Max(model.Blocks.Max(b => b.Linears.Sum(LayerBytes) + b.AttentionNorm.Weight.Value.SizeBytes + b.FeedForwardNorm.Weight.Value.SizeBytes),
            Math.Max(model.Embedding.Value.SizeBytes, model.Head is { } head ? LayerBytes(head) : 0));

    private static long LayerBytes(LinearLayer layer) =>
        (layer.Quantized?.SizeBytes ?? layer.Weight!.Value.SizeBytes) + (layer.Adapter?.Parameters.Sum(p => p.Value.SizeBytes) ?? 0);
}

/// <summary>Reads an engine's counters at the bounds of moments.</summary>
internal sealed class StepMoments
{
    private readonly Engine _engine;
    private readonly IReadOnlyList<Parameter> _trained;
    private readonly long _always;
    private readonly List<MemoryMoment> _moments = [];
    private long _held, _gradients;

    public StepMoments(Engine engine, IReadOnlyList<Parameter> trained) => (_engine, _trained, _always) = (engine, trained, engine.Memory.LiveBytes);

    public IReadOnlyList<MemoryMoment> All => _moments;

    public void Forget() => _moments.Clear();

    public void Begin()
    {
        _engine.ResetPeak();
        _held = _engine.Memory.LiveBytes - _always;
        _gradients = _trained.Sum(p => p.Gradient is { } g ? g.SizeBytes : 0);
    }

    public void End(string op) => Add(_held, op);

    /// <summary>Of the forward pass what it leaves is what the tape holds.</summary>
    public void EndForward() => Add(_engine.Memory.LiveBytes - _always, "");

    private void Add(long held, string op)
    {
        long before = _gradients, peak = _engine.Memory.PeakBytes - _always;
        Begin();
        _moments.Add(new MemoryMoment(peak, held, Math.Max(before, _gradients), op));
    }
}
