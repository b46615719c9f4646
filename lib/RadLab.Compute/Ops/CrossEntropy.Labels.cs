using System.Globalization;

namespace RadLab.Compute;

/// <summary>Which labels count, and for how much: what the two cross entropies share before any logit is touched.</summary>
internal static unsafe class LabelShares
{
    /// <param name="x">Logits or hidden states, whose rows the labels belong to.</param>
    public static void CheckShapes(string op, string argument, Tensor x, Tensor labels, Tensor? weights)
    {
        Check.DType(op, nameof(labels), labels, DType.I32);
        Check.MinRank(op, argument, x, 1);
        Span<int> dims = stackalloc int[x.Shape.Rank];
        x.Shape.CopyTo(dims);
        var rows = Shape.Create(dims[..^1]);
        Check.Shape(op, nameof(labels), labels, rows);
        if (weights is not { } w) return;
        w.RequireData();
        Check.DType(op, nameof(weights), w, DType.F32);
        Check.Shape(op, nameof(weights), w, rows);
        if (w.RequiresGrad) throw new ArgumentException($"{op}: weights must not require a gradient, because they are constants of the loss.");
    }

    /// <summary>
    /// shares[i] = w[i] / W, 0 where label i does not count; returns how many are not 0. W is known before the first product, so gradients need no second pass.
    /// </summary>
    /// <param name="shares">At least as many floats as there are labels.</param>
    public static int Fill(string op, Tensor labels, Tensor? weights, int V, int ignoreIndex, Tensor shares)
    {
        using var ll = labels.Acquire();
        using var ls = shares.Acquire();
        int n = (int)labels.Count;
        if (weights is not { } w) return Fill(op, ll.I32, null, n, V, ignoreIndex, ls.F32);
        using var lw = w.Acquire();
        return Fill(op, ll.I32, lw.F32, n, V, ignoreIndex, ls.F32);
    }

    private static int Fill(string op, int* labels, float* weights, int n, int V, int ignoreIndex, float* shares)
    {
        double sum = 0;
        for (int i = 0; i < n; i++)
        {
            shares[i] = 0;
            if (labels[i] == ignoreIndex) continue;
            if ((uint)labels[i] >= (uint)V)
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                    $"{op}: label {labels[i]} at position {i} must be 0 to {V - 1} or the ignore index {ignoreIndex}."));
            shares[i] = weights == null ? 1 : weights[i];
            if (!(shares[i] >= 0 && float.IsFinite(shares[i])))
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{op}: weight {shares[i]} at position {i} must be finite and not negative."));
            sum += shares[i];
        }
        if (sum == 0)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"{op}: no label is counted: all {n} are the ignore index {ignoreIndex} or have weight 0; leave such batches out."));

        int counted = 0;
        for (int i = 0; i < n; i++)
        {
            shares[i] = (float)(shares[i] / sum);
            if (shares[i] != 0) counted++;
        }
        return counted;
    }

    /// <summary>sum_i shares[i] losses[i], in double and ascending; divided by the sum of the rounded shares, so that their roundings cancel.</summary>
    public static float Mean(float* shares, float* losses, int n)
    {
        double sum = 0, total = 0;
        for (int i = 0; i < n; i++)
        {
            if (shares[i] == 0) continue;
            sum += (double)shares[i] * losses[i];
            total += shares[i];
        }
        return (float)(sum / total);
    }
}
