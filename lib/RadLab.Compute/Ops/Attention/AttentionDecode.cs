using System.Globalization;

namespace RadLab.Compute;

public static partial class Ops
{
    /// <summary>Attention of a few new tokens over a cache of keys and values: the step of generation. Inference only, without a backward pass.</summary>
    /// <remarks>
    /// The formula of <see cref="Attention"/>: token t of row b sees keys 0 to n = positions[b,t] of cache row c = rows[b], head h those of key head g = h / (H/K).
    /// <code>
    /// s[i]       = sum_d q[b,t,h,d] * keys[c,g,i,d] / sqrt(D),   i = 0 .. n
    /// y[b,t,h,d] = sum_i exp(s[i]) * values[c,g,i,d] / sum_i exp(s[i])
    /// </code>
    /// Reads each visible key and value once for four query rows and nothing behind them, so that a cache may be larger than what is in it. Sums in F32;
    /// keys add up in order, in tiles of 64: the result of a row depends neither on the other rows nor on threads or instruction set.
    /// </remarks>
    /// <param name="q">(B,T,H,D), F32 or BF16; D up to 256</param>
    /// <param name="keys">(R,K,P,D), F32 or BF16 whatever q is; H a multiple of K, P the cache's capacity</param>
    /// <param name="values">Shape and dtype of <paramref name="keys"/>.</param>
    /// <param name="positions">(B,T) I32, each 0 to P - 1: the last key that the token sees, its own.</param>
    /// <param name="rows">(B) I32, each 0 to R - 1; null: row b of the cache belongs to row b, and R = B.</param>
    /// <returns>(B,T,H,D), dtype of <paramref name="q"/>.</returns>
    public static Tensor AttentionDecode(this Tape tape, Tensor q, Tensor keys, Tensor values, Tensor positions, Tensor? rows = null)
    {
        const string op = nameof(AttentionDecode);
        Check.Op(op, tape, q, keys, values, positions);
        if (tape.Recording && (q.RequiresGrad || keys.RequiresGrad || values.RequiresGrad))
            throw new ArgumentException($"{op}: has no backward pass, but an input wants a gradient; use a tape that does not record, or Attention.");
        int last = CheckAttentionDecode(tape, q, keys, values, positions, rows);

        var y = tape.Empty(q.Shape, q.DType);
        AttentionDecodeKernels.Forward(q, keys, values, positions, rows, last, y);
        return y;
    }

    // Returns the largest position.
    private static int CheckAttentionDecode(Tape tape, Tensor q, Tensor keys, Tensor values, Tensor positions, Tensor? rows)
    {
        const string op = nameof(AttentionDecode);
        Check.Float(op, nameof(q), q);
        Check.Float(op, nameof(keys), keys);
        Check.Rank(op, nameof(q), q, 4);
        Check.Rank(op, nameof(keys), keys, 4);
        Check.SameDType(op, nameof(values), values, nameof(keys), keys);
        Check.Shape(op, nameof(values), values, keys.Shape);
        var (B, T, H, D) = (q.Shape[0], q.Shape[1], q.Shape[2], q.Shape[3]);
        var (R, K, P) = (keys.Shape[0], keys.Shape[1], keys.Shape[2]);
        if (keys.Shape[3] != D) throw new ArgumentException($"{op}: keys must have shape (R, K, P, {D}) to fit q {q.Shape}, got {keys.Shape}.");
        if (D is < 1 or > MaxHeadWidth) throw new ArgumentException($"{op}: the head width D must be 1 to {MaxHeadWidth}, got {D}.");
        if (H < 1 || K < 1 || H % K != 0) throw new ArgumentException($"{op}: the heads of q must be a multiple of the heads of keys, got {H} and {K}.");
        Check.DType(op, nameof(positions), positions, DType.I32);
        Check.Shape(op, nameof(positions), positions, [B, T]);
        int last = CheckBelow(op, nameof(positions), positions, P);
        if (rows is { } r)
        {
            Check.Op(op, tape, r);
            Check.DType(op, nameof(rows), r, DType.I32);
            Check.Shape(op, nameof(rows), r, [B]);
            CheckBelow(op, nameof(rows), r, R);
        }
        else if (R != B) throw new ArgumentException($"{op}: keys must have {B} rows like q {q.Shape} where rows are not given, got {keys.Shape}.");
        return last;
    }

    // Returns the largest value.
    private static int CheckBelow(string op, string argument, Tensor t, int limit)
    {
        using var lease = t.Acquire();
        var values = t.AsSpan<int>();
        int most = 0;
        for (int i = 0; i < values.Length; i++)
        {
            if ((uint)values[i] >= (uint)limit)
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{op}: {argument} must be 0 to {limit - 1}, but element {i} is {values[i]}."));
            most = Math.Max(most, values[i]);
        }
        return most;
    }
}
