using RadLab.Compute;

namespace RadLab.Training;

/// <summary>AdamW with its state in 32 or 8 bits; see <see cref="AdamWStep"/> and <see cref="AdamW8BitStep"/> for the formulas.</summary>
public sealed class AdamW : Optimizer
{
    private readonly double _learningRate;

    internal AdamW(Engine engine, IReadOnlyList<ParameterGroup> groups, OptimizerSettings settings, string? pageFolder) : base(engine, groups, settings, pageFolder)
    {
    }

    /// <summary>The short form for experiments: one group, 32 bits, all in memory, one learning rate.</summary>
    /// <param name="parameters">F32 or BF16, trainable; they stay their owner's.</param>
    /// <param name="maxGradientNorm">All gradients together are scaled down to this length; infinity only measures it.</param>
    public AdamW(IEnumerable<Parameter> parameters, AdamWSettings settings, double maxGradientNorm = double.PositiveInfinity)
        : this([.. parameters], settings, maxGradientNorm)
    {
    }

    private AdamW(Parameter[] parameters, AdamWSettings s, double maxGradientNorm)
        : base(EngineOf(parameters), [new ParameterGroup("parameters", parameters)], SettingsOf(s, maxGradientNorm), pageFolder: null) => _learningRate = s.LearningRate;

    /// <summary>A step with the learning rate that the constructor was given.</summary>
    /// <inheritdoc cref="Optimizer.Step(double)"/>
    public double Step() => Step(_learningRate);

    /// <summary>Running mean of the gradient of parameter <paramref name="index"/>; belongs to the optimizer. Only where it is kept in 32 bits and in memory.</summary>
    public Tensor Mean(int index) => Whole(index, "mean");

    /// <summary>Running mean of the squared gradient; as <see cref="Mean"/>.</summary>
    public Tensor Square(int index) => Whole(index, "square");

    /// <summary>The F32 copy of a BF16 parameter, which the parameter is the rounding of; belongs to the optimizer. Null for an F32 parameter.</summary>
    public Tensor? Master(int index) => States[index].HasMaster ? Whole(index, "master") : null;

    private Tensor Whole(int index, string part)
    {
        var state = States[index];
        int k = Array.FindIndex(state.Parts, p => p.Name == part);
        return k >= 0 && state.Pieces is [{ Range: null } piece]
            ? piece.Parts[k]
            : throw new InvalidOperationException($"AdamW: the {part} of {state.Parameter.Name} is kept in 8 bits or paged; save the optimizer and read the file.");
    }

    private static Engine EngineOf(Parameter[] parameters) =>
        parameters.Length > 0 ? parameters[0].Value.Engine : throw new ArgumentException("AdamW: parameters must not be empty; unfreeze the model or attach an adapter.");

    private static OptimizerSettings SettingsOf(AdamWSettings s, double maxGradientNorm)
    {
        OptimizerSettings.Require(s.LearningRate >= 0 && double.IsFinite(s.LearningRate), "LearningRate must be finite and 0 or more", s.LearningRate);
        OptimizerSettings.Require(maxGradientNorm > 0, "maxGradientNorm must be above 0", maxGradientNorm);
        return new OptimizerSettings { Beta1 = s.Beta1, Beta2 = s.Beta2, Epsilon = s.Epsilon, WeightDecay = s.WeightDecay, MaxGradientNorm = maxGradientNorm };
    }
}
