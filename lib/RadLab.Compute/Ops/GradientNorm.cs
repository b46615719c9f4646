using System.Globalization;

namespace RadLab.Compute;

/// <summary>Length of all gradients taken as one vector, and clipping to it (Pascanu et al., arXiv:1211.5063).</summary>
public static class GradientNorm
{
    // what PyTorch's clip_grad_norm_ adds to the norm
    private const double Epsilon = 1e-6;

    /// <summary>sqrt(sum of the squares of all elements of all gradients); 0 without any.</summary>
    /// <remarks>Squares are exact in double and are added there, so no finite gradient overflows; in one fixed order, whatever the number of threads.</remarks>
    /// <param name="gradients">F32 or BF16, of this engine</param>
    /// <exception cref="NonFiniteGradientException">A gradient holds a NaN or an infinity.</exception>
    public static double Of(Engine engine, params ReadOnlySpan<Tensor> gradients)
    {
        ArgumentNullException.ThrowIfNull(engine);
        if (engine.Options.DryRun) return 0;   // there are no numbers to measure
        double total = 0;
        for (int i = 0; i < gradients.Length; i++)
        {
            var g = gradients[i];
            if (!ReferenceEquals(g.Engine, engine))
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"GradientNorm: gradient {i} {g.Shape} belongs to another engine; make both with one engine."));
            if (!g.DType.IsFloat())
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"GradientNorm: gradient {i} {g.Shape} must be F32 or BF16, got {g.DType}."));
            double squares = GradientNormKernels.SumOfSquares(g);
            if (!double.IsFinite(squares)) throw new NonFiniteGradientException(i, g.Shape);
            total += squares;
        }
        return Math.Sqrt(total);
    }

    /// <summary>Scales all gradients by min(1, maxNorm / (norm + 1e-6)), as PyTorch does; leaves every bit alone where that is 1.</summary>
    /// <param name="maxNorm">Above 0; infinity only measures.</param>
    /// <returns>The norm before clipping.</returns>
    /// <exception cref="NonFiniteGradientException">A gradient holds a NaN or an infinity; nothing was scaled.</exception>
    public static double Clip(Engine engine, ReadOnlySpan<Tensor> gradients, double maxNorm)
    {
        if (!(maxNorm > 0)) throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"GradientNorm: maxNorm must be above 0, got {maxNorm}."));
        double norm = Of(engine, gradients);
        float factor = ClipFactor(norm, maxNorm);
        if (factor == 1) return norm;

        // all or none: half of the gradients scaled would be a wrong step that nobody sees
        using var whole = engine.DeferInterrupts();
        foreach (var g in gradients) ElementwiseKernels.Map(new ScaleMap(factor), g, g, g);
        return norm;
    }

    /// <summary>What <see cref="Clip"/> multiplies gradients of this length by: for optimizers, which do so while they read them.</summary>
    public static float ClipFactor(double norm, double maxNorm) => (float)Math.Min(1, maxNorm / (norm + Epsilon));
}

/// <summary>A gradient holds a NaN or an infinity.</summary>
public sealed class NonFiniteGradientException(int index, Shape shape) : ArithmeticException(string.Create(CultureInfo.InvariantCulture,
    $"GradientNorm: gradient {index} {shape} holds a NaN or an infinity; do not apply this step: skip it, or lower the learning rate and look at the batch."))
{
    /// <summary>Which of the gradients, the first if several.</summary>
    public int Index { get; } = index;
}
