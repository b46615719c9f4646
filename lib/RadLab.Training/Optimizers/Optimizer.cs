using RadLab.Compute;

namespace RadLab.Training;

/// <summary>Updates parameters by their gradients; the learning rate comes from outside with each step.</summary>
/// <remarks>
/// A BF16 parameter has a master copy in F32 that the steps are taken on, and is the rounding of it: a step is often smaller than the distance of two BF16 numbers
/// and would otherwise be lost. The copies are part of the state.
/// </remarks>
public abstract partial class Optimizer : IDisposable
{
    private readonly Engine _engine;
    private readonly ParameterGroup[] _groups;
    private readonly ParameterState[] _states;
    private readonly Tensor[] _gradients;
    private readonly StateMemory _memory;
    private bool _halfWay;

    private protected Optimizer(Engine engine, IReadOnlyList<ParameterGroup> groups, OptimizerSettings settings, string? pageFolder)
    {
        ArgumentNullException.ThrowIfNull(settings);
        settings.Check();
        (_engine, _groups, Settings) = (engine, [.. groups], settings);
        CheckParameters();
        _states = [.. _groups.SelectMany(group => group.Parameters.Select(p => new ParameterState(p, group, settings.Kind)))];
        _gradients = new Tensor[_states.Length];
        Parameters = [.. _states.Select(s => s.Parameter)];
        _memory = new StateMemory(engine, _states, settings.StateBudgetBytes, pageFolder);
        try
        {
            TakeMasters();
        }
        catch
        {
            _memory.Dispose();
            throw;
        }
    }

    /// <summary>An optimizer of the kind that the settings name.</summary>
    /// <param name="groups">Together all that trains; no parameter twice, no name twice.</param>
    /// <param name="pageFolder">Where a state larger than <see cref="OptimizerSettings.StateBudgetBytes"/> lies; its file goes away with the optimizer.</param>
    public static Optimizer Create(Engine engine, IReadOnlyList<ParameterGroup> groups, OptimizerSettings settings, string? pageFolder = null) =>
        new AdamW(engine, groups, settings, pageFolder);

    public OptimizerSettings Settings { get; }

    public IReadOnlyList<ParameterGroup> Groups => _groups;

    /// <summary>Of all groups, in their order.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Updates so far.</summary>
    public long Steps { get; private protected set; }

    /// <summary>Of the whole state, in memory or paged; <see cref="OptimizerSettings.StateBytes"/> predicts it.</summary>
    public long StateBytes => _memory.Bytes;

    /// <summary>Null where the whole state is in memory.</summary>
    public PagedTensors? Pages => _memory.Paged;

    /// <summary>Clips the gradients, updates every parameter and frees the gradients. All or nothing: an interrupt waits until it is done.</summary>
    /// <returns>The length of all gradients before clipping.</returns>
    /// <exception cref="ArithmeticException">A gradient holds a NaN or an infinity: the message names the first; nothing was changed.</exception>
    public double Step(double learningRate)
    {
        OptimizerSettings.Require(learningRate >= 0 && double.IsFinite(learningRate), "learningRate must be finite and 0 or more", learningRate);
        CheckWhole();
        for (int i = 0; i < _states.Length; i++)
        {
            var p = _states[i].Parameter;
            _gradients[i] = p.Gradient
                ?? throw new InvalidOperationException($"AdamW: {p.Name} has no gradient; run backward first, and leave out what does not take part in the loss.");
        }
        using var whole = _engine.DeferInterrupts();
        double norm = Norm();
        float scale = Settings.MaxGradientNorm > 0 ? GradientNorm.ClipFactor(norm, Settings.MaxGradientNorm) : 1;
        _halfWay = true;
        foreach (var state in _states)
        {
            state.Step(StepOf(state.Group, learningRate), Steps + 1, scale);
            state.Parameter.ClearGradient();
        }
        Steps++;
        _halfWay = false;
        return norm;
    }

    /// <summary>Takes the master copies anew from the BF16 parameters: after those were given other numbers from outside.</summary>
    public void TakeMasters()
    {
        foreach (var state in _states) state.TakeMaster();
    }

    public void Dispose()
    {
        _memory.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected IReadOnlyList<ParameterState> States => _states;

    private AdamWSettings StepOf(ParameterGroup group, double learningRate) =>
        new(learningRate * group.LearningRateFactor, Settings.Beta1, Settings.Beta2, Settings.Epsilon, group.WeightDecay ?? Settings.WeightDecay);

    private double Norm()
    {
        try
        {
            return GradientNorm.Of(_engine, _gradients);
        }
        catch (NonFiniteGradientException e)
        {
            throw new ArithmeticException(
                $"AdamW: the gradient of {_states[e.Index].Parameter.Name} holds a NaN or an infinity; nothing was changed: skip this step, or lower the learning rate and look at the batch.", e);
        }
    }

    private void CheckWhole()
    {
        if (_halfWay) throw new InvalidOperationException("AdamW: a step or a load was broken off half-way, so parameters and state do not belong together; go on from the last checkpoint.");
    }

    private void CheckParameters()
    {
        var seen = new HashSet<string>();
        foreach (var group in _groups)
        {
            OptimizerSettings.Require(group.LearningRateFactor >= 0 && double.IsFinite(group.LearningRateFactor), $"LearningRateFactor of group '{group.Name}' must be finite and 0 or more", group.LearningRateFactor);
            OptimizerSettings.Require(group.WeightDecay is null or >= 0 and < double.PositiveInfinity, $"WeightDecay of group '{group.Name}' must be finite and 0 or more", group.WeightDecay ?? 0);
            foreach (var p in group.Parameters)
            {
                if (!p.Trainable) throw new ArgumentException($"AdamW: {p.Name} is frozen; leave it out or unfreeze it.");
                if (!ReferenceEquals(p.Value.Engine, _engine)) throw new ArgumentException($"AdamW: {p.Name} belongs to another engine; make model and optimizer with one.");
                if (!seen.Add(p.Name)) throw new ArgumentException($"AdamW: {p.Name} must occur once in all groups, got it twice.");
            }
        }
        if (seen.Count == 0) throw new ArgumentException("AdamW: parameters must not be empty; unfreeze the model or attach an adapter.");
    }
}
