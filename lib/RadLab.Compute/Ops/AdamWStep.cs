using System.Globalization;

namespace RadLab.Compute;

/// <summary>The numbers of one AdamW update.</summary>
/// <param name="LearningRate">lr</param>
/// <param name="Beta1">b1, of the mean of gradients</param>
/// <param name="Beta2">b2, of the mean of their squares</param>
/// <param name="Epsilon">Added to the root of that mean</param>
/// <param name="WeightDecay">wd, decoupled: times lr, applied before the step</param>
public sealed record AdamWSettings(double LearningRate, double Beta1 = 0.9, double Beta2 = 0.999, double Epsilon = 1e-8, double WeightDecay = 0.01);

/// <summary>Adam with decoupled weight decay (Loshchilov and Hutter, arXiv:1711.05101), in PyTorch's order of operations.</summary>
public static class AdamWStep
{
    /// <summary>Updates one parameter and its two means.</summary>
    /// <remarks>
    /// <code>
    /// p *= 1 - lr * wd
    /// m  = b1 * m + (1 - b1) * g
    /// v  = b2 * v + (1 - b2) * g^2
    /// p -= lr / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps)
    /// </code>
    /// Factors are computed in double and rounded once; all else is F32. Allocates nothing.
    /// </remarks>
    /// <param name="parameter">p, F32</param>
    /// <param name="gradient">g, F32, shape of p</param>
    /// <param name="mean">m, F32, shape of p; zero before the first step</param>
    /// <param name="square">v, as m</param>
    /// <param name="step">t: 1 for the first update of this parameter</param>
    public static void Apply(Tensor parameter, Tensor gradient, Tensor mean, Tensor square, AdamWSettings settings, long step)
    {
        CheckTensor(nameof(parameter), parameter, parameter);
        CheckTensor(nameof(gradient), gradient, parameter);
        CheckTensor(nameof(mean), mean, parameter);
        CheckTensor(nameof(square), square, parameter);
        if (step < 1) throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"AdamWStep: step must be 1 or more, got {step}."));
        AdamWStepKernels.Apply(parameter, gradient, mean, square, settings, step);
    }

    /// <summary>The same for a BF16 parameter: the update is made on its master copy, and the parameter is that rounded to nearest.</summary>
    /// <param name="parameter">BF16; overwritten</param>
    /// <param name="master">p, F32, shape of the parameter</param>
    /// <inheritdoc cref="Apply(Tensor, Tensor, Tensor, Tensor, AdamWSettings, long)"/>
    public static void Apply(Tensor parameter, Tensor master, Tensor gradient, Tensor mean, Tensor square, AdamWSettings settings, long step)
    {
        CheckMaster(parameter, master);
        Apply(master, gradient, mean, square, settings, step);
        ElementwiseKernels.Copy(master, parameter);
    }

    /// <summary>Sets a master copy to the numbers of its BF16 parameter, which F32 holds exactly.</summary>
    public static void TakeMaster(Tensor parameter, Tensor master)
    {
        CheckMaster(parameter, master);
        ElementwiseKernels.Copy(parameter, master);
    }

    private static void CheckMaster(Tensor parameter, Tensor master)
    {
        Check.DType(nameof(AdamWStep), nameof(parameter), parameter, DType.BF16);
        CheckTensor(nameof(master), master, parameter);
    }

    private static void CheckTensor(string name, Tensor t, Tensor parameter)
    {
        Check.DType(nameof(AdamWStep), name, t, DType.F32);
        Check.Shape(nameof(AdamWStep), name, t, parameter.Shape);
        if (!ReferenceEquals(t.Engine, parameter.Engine)) throw new ArgumentException($"AdamWStep: {name} belongs to another engine than parameter; make both with one engine.");
    }
}
