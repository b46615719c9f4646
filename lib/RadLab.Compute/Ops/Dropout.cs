using System.Globalization;

namespace RadLab.Compute;

public static partial class Ops
{
    /// <summary>Zeroes each element with a given probability and scales the others up, so that the mean stays (Srivastava et al., JMLR 15, 2014).</summary>
    /// <remarks>
    /// <code>
    /// keep[i] = key.At(i) >= probability * 2^32
    /// y[i]    = keep[i] ? x[i] / (1 - probability) : 0
    /// dx[i]  += keep[i] ? dy[i] / (1 - probability) : 0
    /// </code>
    /// Backward keeps nothing: the mask is drawn again from the key and the element's index, the same for any device, number of threads and
    /// instruction set. Give every layer and step its own key (<see cref="RandomKey.Stream"/>, <see cref="RandomKey.Step"/>).
    /// </remarks>
    /// <param name="x">Any shape, F32 or BF16</param>
    /// <param name="probability">Of being zeroed, from 0 to below 1.</param>
    /// <returns>Shape and dtype of <paramref name="x"/>; <paramref name="x"/> itself where the probability is 0.</returns>
    public static Tensor Dropout(this Tape tape, Tensor x, float probability, RandomKey key)
    {
        Check.Op(nameof(Dropout), tape, x);
        Check.Float(nameof(Dropout), nameof(x), x);
        if (!(probability is >= 0 and < 1))
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Dropout: probability must be from 0 to below 1, got {probability}."));
        if (probability == 0) return x;

        var y = tape.Empty(x.Shape, x.DType);
        DropoutKernels.Run(x, probability, key, y, add: false);
        return tape.Record(nameof(Dropout), y, s_dropoutBackward, [x], [], new OpArguments { Scalar = probability, Key = key });
    }

    private static readonly BackwardFunction s_dropoutBackward = static (_, node) =>
    {
        if (node.TryGradient(0, out var dx, out bool fresh))
            DropoutKernels.Run(node.OutputGradient, node.Arguments.Scalar, node.Arguments.Key, dx, add: !fresh);
    };
}
