namespace RadLab.Compute;

public static partial class Ops
{
    /// <summary>Mean negative log-likelihood of the labels under softmax(logits), over the labels that count.</summary>
    /// <remarks>
    /// <code>
    /// ce[i]         = log sum_v exp(logits[i,v]) - logits[i, labels[i]]
    /// loss          = sum_i w[i] ce[i] / W,   W = sum_i w[i],   both over labels[i] != ignoreIndex;  w = 1 where not given
    /// dlogits[i,v] += dloss w[i] / W (softmax(logits)[i,v] - [v = labels[i]]),  nothing for ignored rows
    /// </code>
    /// Row losses are F32 with the row's maximum subtracted first; their sum is double, in order of rows. Backward keeps the logits, the labels and three
    /// floats per row. Where the logits come from a linear layer, <see cref="LinearCrossEntropy"/> does without them.
    /// A batch without a label that counts throws: its mean does not exist, and a zero in its place would look like a perfect batch.
    /// </remarks>
    /// <param name="logits">(..., V), F32 or BF16; an infinite or NaN logit shows in the loss</param>
    /// <param name="labels">(...), I32, each 0 to V - 1 or <paramref name="ignoreIndex"/></param>
    /// <param name="ignoreIndex">Rows with this label count for nothing.</param>
    /// <param name="weights">(...), F32, not negative; a constant: it gets no gradient.</param>
    /// <returns>One number, F32.</returns>
    public static Tensor CrossEntropy(this Tape tape, Tensor logits, Tensor labels, int ignoreIndex = -100, Tensor? weights = null)
    {
        Check.Op(nameof(CrossEntropy), tape, logits, labels);
        Check.Float(nameof(CrossEntropy), nameof(logits), logits);
        LabelShares.CheckShapes(nameof(CrossEntropy), nameof(logits), logits, labels, weights);

        using var rows = tape.Empty([3, (int)labels.Count]);   // share, maximum, 1 / sum of exp
        LabelShares.Fill(nameof(CrossEntropy), labels, weights, logits.Shape.Last, ignoreIndex, rows);
        var loss = tape.Empty([]);
        CrossEntropyKernels.Forward(logits, labels, rows, loss);
        return tape.Record(nameof(CrossEntropy), loss, s_crossEntropyBackward, [logits], [logits, labels, rows]);
    }

    private static readonly BackwardFunction s_crossEntropyBackward = static (_, node) =>
    {
        if (node.TryGradient(0, out var dlogits, out bool fresh))
            CrossEntropyKernels.Backward(node.Saved(0), node.Saved(1), node.Saved(2), node.OutputGradient, dlogits, fresh);
    };
}
