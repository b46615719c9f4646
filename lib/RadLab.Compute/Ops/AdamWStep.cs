using System.Globalization;

namespace RadLab.Compute;

/// <summary>Adam with decoupled weight decay (Loshchilov and Hutter, arXiv:1711.05101), in PyTorch's order of operations.</summary>
public static class AdamWStep
{
    /// <summary>Updates one F32 parameter and its two means.</summary>
    /// <remarks>
    /// <code>
    /// g  = scale * gradient
    /// p *= 1 - lr * wd
    /// m  = b1 * m + (1 - b1) * g
    /// v  = b2 * v + (1 - b2) * g^2
    /// p -= lr / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps)
    /// </code>
    /// Factors are computed in double and rounded once; all else is F32. Allocates nothing.
    /// </remarks>
    /// <param name="parameter">p, F32</param>
    /// <param name="gradient">F32, shape of p; stays as it is</param>
    /// <param name="mean">m, F32, shape of p, or one dimension of the range's length; zero before the first step</param>
    /// <param name="square">v, as m</param>
    /// <param name="step">t: 1 for the first update of this parameter</param>
    /// <param name="gradientScale">scale: what clipping makes of the gradients (<see cref="GradientNorm.ClipFactor"/>)</param>
    /// <param name="range">Which elements; all when null.</param>
    public static void Apply(
        Tensor parameter, Tensor gradient, Tensor mean, Tensor square, AdamWSettings settings, long step, float gradientScale = 1, ElementRange? range = null)
    {
        Check.DType(nameof(AdamWStep), nameof(parameter), parameter, DType.F32);
        Run(parameter, null, gradient, mean, square, settings, step, gradientScale, range);
    }

    /// <summary>The same for a BF16 parameter: the update is made on its master copy, and the parameter is that rounded to nearest.</summary>
    /// <param name="parameter">BF16; overwritten</param>
    /// <param name="master">p, F32, as m</param>
    /// <inheritdoc cref="Apply(Tensor, Tensor, Tensor, Tensor, AdamWSettings, long, float, ElementRange?)"/>
    public static void Apply(
        Tensor parameter, Tensor master, Tensor gradient, Tensor mean, Tensor square, AdamWSettings settings, long step, float gradientScale = 1, ElementRange? range = null)
    {
        Check.DType(nameof(AdamWStep), nameof(parameter), parameter, DType.BF16);
        Run(parameter, master, gradient, mean, square, settings, step, gradientScale, range);
    }

    /// <summary>Sets a master copy to the numbers of its BF16 parameter, which F32 holds exactly.</summary>
    /// <param name="master">F32, shape of the parameter, or one dimension of the range's length</param>
    public static void TakeMaster(Tensor parameter, Tensor master, ElementRange? range = null)
    {
        Check.DType(nameof(AdamWStep), nameof(parameter), parameter, DType.BF16);
        CheckState(nameof(AdamWStep), nameof(master), master, parameter, range);
        AdamWStepKernels.Widen(parameter, master, Whole(parameter, range).First);
    }

    private static void Run(
        Tensor parameter, Tensor? master, Tensor gradient, Tensor mean, Tensor square, in AdamWSettings settings, long step, float gradientScale, ElementRange? range)
    {
        if (master is { } copy) CheckState(nameof(AdamWStep), nameof(master), copy, parameter, range);
        CheckGradient(nameof(AdamWStep), gradient, parameter);
        CheckState(nameof(AdamWStep), nameof(mean), mean, parameter, range);
        CheckState(nameof(AdamWStep), nameof(square), square, parameter, range);
        CheckStep(nameof(AdamWStep), step, gradientScale);
        AdamWStepKernels.Apply(parameter, master, gradient, mean, square, new AdamWUpdate(settings, step, gradientScale), Whole(parameter, range));
    }

    internal static ElementRange Whole(Tensor parameter, ElementRange? range) => range ?? new ElementRange(0, parameter.Count);

    internal static void CheckStep(string op, long step, float gradientScale)
    {
        Check.Value(step >= 1, op, nameof(step), "be 1 or more", step);
        Check.Value(gradientScale is >= 0 and <= float.MaxValue, op, nameof(gradientScale), "be finite and 0 or more", gradientScale);
    }

    internal static void CheckGradient(string op, Tensor gradient, Tensor parameter)
    {
        Check.DType(op, nameof(gradient), gradient, DType.F32);
        Check.Shape(op, nameof(gradient), gradient, parameter.Shape);
        CheckEngine(op, nameof(gradient), gradient, parameter);
    }

    /// <summary>F32 numbers, one for each element of the parameter or of the range.</summary>
    internal static void CheckState(string op, string name, Tensor t, Tensor parameter, ElementRange? range)
    {
        Check.DType(op, name, t, DType.F32);
        if (range is { } part)
        {
            CheckRange(op, parameter, part);
            Check.Shape(op, name, t, Shape.Create([(int)part.Count]));
        }
        else Check.Shape(op, name, t, parameter.Shape);
        CheckEngine(op, name, t, parameter);
    }

    internal static void CheckRange(string op, Tensor parameter, ElementRange range)
    {
        if (range.First < 0 || range.Count is < 0 or > int.MaxValue || range.First > parameter.Count - range.Count)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"{op}: range must lie in the {parameter.Count} elements of parameter and hold at most {int.MaxValue}, got {range.Count} from {range.First} on."));
    }

    internal static void CheckEngine(string op, string name, Tensor t, Tensor parameter)
    {
        if (!ReferenceEquals(t.Engine, parameter.Engine)) throw new ArgumentException($"{op}: {name} belongs to another engine than parameter; make both with one engine.");
    }
}
