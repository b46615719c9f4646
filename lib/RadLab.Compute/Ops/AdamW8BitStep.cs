namespace RadLab.Compute;

/// <summary>The two means of <see cref="AdamW8BitStep"/>: a code for each element, and the largest magnitude of each block of 256 in row-major order.</summary>
/// <param name="MeanCodes">U8, of <see cref="DynamicMap.Signed"/></param>
/// <param name="MeanAbsmax">F32, (ceil(count / 256)); zeros before the first step, whatever the codes are</param>
/// <param name="SquareCodes">U8, of <see cref="DynamicMap.Unsigned"/></param>
/// <param name="SquareAbsmax">As <paramref name="MeanAbsmax"/></param>
public readonly record struct AdamW8BitState(Tensor MeanCodes, Tensor MeanAbsmax, Tensor SquareCodes, Tensor SquareAbsmax);

/// <summary>AdamW whose means are kept in 8 bits, block by block (Dettmers et al., arXiv:2110.02861).</summary>
public static class AdamW8BitStep
{
    /// <summary>Elements that share one F32 factor of the mean and one of the square.</summary>
    public const int BlockSize = Int8Blocks.DefaultBlockSize;

    /// <summary>Updates one parameter and its two means.</summary>
    /// <remarks>
    /// <code>
    /// m = signed[code] * absmax of its block,   v = unsigned[code] * absmax of its block
    /// p, m, v as AdamWStep computes them in F32; p moves by the new m and v before they are rounded
    /// absmax = largest |m| (v) of the block,    code = nearest of m / absmax (v / absmax)
    /// </code>
    /// A negative m never becomes 0, so that momentum keeps its sign. An element whose gradient is NaN or infinite, or whose square overflows, is skipped:
    /// its parameter stays, its m and v become 0. Allocates nothing.
    /// </remarks>
    /// <param name="parameter">p, F32; or BF16 with <paramref name="master"/></param>
    /// <param name="gradient">F32, shape of p; stays as it is</param>
    /// <param name="state">Codes have the shape of p, or one dimension of the range's length.</param>
    /// <param name="step">t: 1 for the first update of this parameter</param>
    /// <param name="gradientScale">What clipping makes of the gradients</param>
    /// <param name="master">For a BF16 parameter: its F32 copy, which the step is taken on; shape as the codes</param>
    /// <param name="range">Which elements, beginning at a block's first; all when null.</param>
    public static void Apply(
        Tensor parameter, Tensor gradient, in AdamW8BitState state, AdamWSettings settings, long step, float gradientScale = 1, Tensor? master = null, ElementRange? range = null)
    {
        const string op = nameof(AdamW8BitStep);
        Check.DType(op, nameof(parameter), parameter, master is null ? DType.F32 : DType.BF16);
        if (master is { } copy) AdamWStep.CheckState(op, nameof(master), copy, parameter, range);
        AdamWStep.CheckGradient(op, gradient, parameter);
        if (range is { } part)
        {
            AdamWStep.CheckRange(op, parameter, part);
            Check.Value(part.First % BlockSize == 0, op, "range.First", "be a multiple of 256", part.First);
        }
        var whole = AdamWStep.Whole(parameter, range);
        var codes = range is null ? parameter.Shape : Shape.Create([(int)whole.Count]);
        var blocks = Shape.Create([(int)((whole.Count + BlockSize - 1) / BlockSize)]);
        CheckPart("state.MeanCodes", state.MeanCodes, DType.U8, codes);
        CheckPart("state.MeanAbsmax", state.MeanAbsmax, DType.F32, blocks);
        CheckPart("state.SquareCodes", state.SquareCodes, DType.U8, codes);
        CheckPart("state.SquareAbsmax", state.SquareAbsmax, DType.F32, blocks);
        AdamWStep.CheckStep(op, step, gradientScale);
        AdamW8BitStepKernels.Apply(parameter, master, gradient, state, new AdamWUpdate(settings, step, gradientScale), whole);

        void CheckPart(string name, Tensor t, DType dtype, Shape shape)
        {
            Check.DType(op, name, t, dtype);
            Check.Shape(op, name, t, shape);
            AdamWStep.CheckEngine(op, name, t, parameter);
        }
    }
}
