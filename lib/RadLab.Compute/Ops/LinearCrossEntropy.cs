using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

public static partial class Ops
{
    /// <summary>Output head and cross entropy in one: the loss of <c>x · headᵀ</c> without the logits of all rows ever existing.</summary>
    /// <remarks>
    /// <code>
    /// logits[i,v] = sum_c x[i,c] head[v,c]
    /// loss        = CrossEntropy(logits, labels, ignoreIndex, weights)
    /// dx         += dloss dlogits · head,   dhead += dloss dlogitsᵀ · x
    /// </code>
    /// Rows go through in chunks whose F32 logits take at most 16 MiB; ignored rows do not go through at all. W, the sum of weights, is known before, so
    /// the forward pass turns each chunk's logits into their gradient in place and multiplies on at once. Until backward the tape keeps dx (shape and dtype
    /// of x) and, only when the head trains, dhead (F32, shape of head: it becomes the head's gradient). Backward multiplies both with dloss.
    /// A frozen head costs no product and no memory; without recording nothing but the loss is computed.
    /// </remarks>
    /// <param name="x">(..., C), F32 or BF16: the last hidden states</param>
    /// <param name="head">(V, C), F32 or BF16, whatever the dtype of <paramref name="x"/></param>
    /// <param name="labels">(...), I32, each 0 to V - 1 or <paramref name="ignoreIndex"/></param>
    /// <param name="ignoreIndex">Rows with this label count for nothing.</param>
    /// <param name="weights">(...), F32, not negative; a constant: it gets no gradient.</param>
    /// <returns>One number, F32.</returns>
    public static Tensor LinearCrossEntropy(this Tape tape, Tensor x, Tensor head, Tensor labels, int ignoreIndex = -100, Tensor? weights = null)
    {
        Check.Op(nameof(LinearCrossEntropy), tape, x, head, labels);
        Check.Float(nameof(LinearCrossEntropy), nameof(x), x);
        Check.Float(nameof(LinearCrossEntropy), nameof(head), head);
        LabelShares.CheckShapes(nameof(LinearCrossEntropy), nameof(x), x, labels, weights);
        Check.Rank(nameof(LinearCrossEntropy), nameof(head), head, 2);
        if (head.Shape[1] != x.Shape.Last)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"LinearCrossEntropy: head must have rows of {x.Shape.Last} like x {x.Shape}, got {head.Shape}."));

        bool wantsX = tape.Recording && x.RequiresGrad, wantsHead = tape.Recording && head.RequiresGrad;
        using var shares = tape.Engine.Empty([(int)labels.Count]);
        int counted = LabelShares.Fill(nameof(LinearCrossEntropy), labels, weights, head.Shape[0], ignoreIndex, shares);
        using var dx = wantsX ? tape.Empty(x.Shape, x.State.GradientDType) : default;
        using var dhead = wantsHead ? tape.Empty(head.Shape) : default;
        var loss = tape.Empty([]);
        LinearCrossEntropyKernels.Run(x, head, labels, shares, counted, dx, dhead, loss);

        ReadOnlySpan<Tensor> saved = [wantsX ? dx : dhead, dhead];
        saved = saved[..((wantsX ? 1 : 0) + (wantsHead ? 1 : 0))];
        return tape.Record(nameof(LinearCrossEntropy), loss, s_linearCrossEntropyBackward, [x, head], saved, new OpArguments { Int0 = wantsX ? 1 : 0, Int1 = wantsHead ? 1 : 0 });
    }

    private static readonly BackwardFunction s_linearCrossEntropyBackward = static (_, node) =>
    {
        float up = node.OutputGradient.AsSpan<float>()[0];
        int next = 0;
        if (node.Arguments.Int0 == 1) GiveScaled(node, 0, node.Saved(next++), up);
        if (node.Arguments.Int1 == 1) GiveScaled(node, 1, node.Saved(next), up);
    };

    // The node is the only holder of the buffer, so it may be scaled in place; the view keeps its memory alive after the node is gone.
    private static void GiveScaled(TapeNode node, int input, Tensor gradient, float up)
    {
        if (!node.Wants(input)) return;
        if (up != 1f) ElementwiseKernels.Map(new TimesMap(up), gradient, gradient, gradient);
        node.GiveGradient(input, gradient.View(gradient.Shape));
    }

    private readonly struct TimesMap(float factor) : IMap
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> At(Vector512<float> a, Vector512<float> b) =>
            a * Vector512.Create(factor);
    }
}
