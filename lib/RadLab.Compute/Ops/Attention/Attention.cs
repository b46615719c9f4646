using System.Globalization;

namespace RadLab.Compute;

public static partial class Ops
{
    internal const int MaxHeadWidth = 256;

    /// <summary>
    /// Scaled dot-product attention in tiles with a running softmax (Dao et al., arXiv:2205.14135; Dao, arXiv:2307.08691); grouped key and value heads
    /// (Ainslie et al., arXiv:2305.13245). Memory grows with T, never with T x S.
    /// </summary>
    /// <remarks>
    /// For each b and h, with key head h / (H/K) and i over the keys that query t sees:
    /// <code>
    /// s[t,i] = scale * sum_d q[t,d] * k[i,d]
    /// p[t,i] = exp(s[t,i] - L[t]),   L[t] = log sum_i exp(s[t,i])
    /// y[t]   = sum_i p[t,i] * v[i]
    /// dv[i] += sum_t p[t,i] * dy[t]                                   (over the heads of the group as well)
    /// g[t,i] = p[t,i] * (dy[t] . v[i] - dy[t] . y[t])
    /// dq[t] += scale * sum_i g[t,i] * k[i]
    /// dk[i] += scale * sum_t g[t,i] * q[t]
    /// </code>
    /// A query that sees no key gives zeros and gets and gives no gradient.
    /// Backward keeps q, k, v, y and L (one float per query and head) and computes p again; dy . y is taken from y as stored, in BF16 as rounded. Scores, softmax and sums are F32 whatever the dtype.
    /// While they run, each thread holds k and v of one head in F32, and backward sums of dk and dv in F32, each not larger than q or k (the larger) in F32.
    /// Key i adds to a sum after key i-1, in tiles of 64 keys: results do not depend on threads or instruction set.
    /// </remarks>
    /// <param name="q">(B,T,H,D), F32 or BF16; D up to 256</param>
    /// <param name="k">(B,S,K,D), dtype of <paramref name="q"/>; H a multiple of K</param>
    /// <param name="v">(B,S,K,D), dtype of <paramref name="q"/></param>
    /// <param name="options">Causal limit, packed segments, padding, scale.</param>
    /// <returns>(B,T,H,D), dtype of <paramref name="q"/>.</returns>
    public static Tensor Attention(this Tape tape, Tensor q, Tensor k, Tensor v, AttentionOptions options = default)
    {
        Check.Op(nameof(Attention), tape, q, k, v);
        float scale = CheckAttention(tape, q, k, v, options);

        var y = tape.Empty(q.Shape, q.DType);
        var shape = new AttentionShape(q.Shape, k.Shape, options.Causal, scale);
        using var logSum = tape.Empty([shape.B, shape.K, shape.Rows]);
        AttentionKernels.Forward(tape, shape, q, k, v, options.Segments, options.Lengths, y, logSum);

        // a mask that is not there leaves its place to logSum, so that the places are fixed
        return tape.Record(nameof(Attention), y, s_attentionBackward, [q, k, v], [q, k, v, y, logSum, options.Segments ?? logSum, options.Lengths ?? logSum],
            new OpArguments
            {
                Scalar = scale,
                Int0 = options.Causal ? 1 : 0,
                Int1 = options.Segments is null ? 0 : 1,
                Int2 = options.Lengths is null ? 0 : 1,
            });
    }

    private static readonly BackwardFunction s_attentionBackward = static (tape, node) =>
    {
        var (q, k, v, y, logSum) = (node.Saved(0), node.Saved(1), node.Saved(2), node.Saved(3), node.Saved(4));
        var arguments = node.Arguments;
        Tensor? segments = arguments.Int1 == 0 ? null : node.Saved(5);
        Tensor? lengths = arguments.Int2 == 0 ? null : node.Saved(6);
        var shape = new AttentionShape(q.Shape, k.Shape, arguments.Int0 != 0, arguments.Scalar);
        AttentionKernels.Backward(tape, node, shape, q, k, v, segments, lengths, y, logSum);
    };

    // Returns the scale. Messages are built only where they are thrown: a warm op allocates nothing.
    private static float CheckAttention(Tape tape, Tensor q, Tensor k, Tensor v, in AttentionOptions options)
    {
        const string op = nameof(Attention);
        Check.Float(op, nameof(q), q);
        Check.Rank(op, nameof(q), q, 4);
        Check.Rank(op, nameof(k), k, 4);
        Check.SameDType(op, nameof(k), k, nameof(q), q);
        Check.SameDType(op, nameof(v), v, nameof(q), q);
        var (B, T, H, D) = (q.Shape[0], q.Shape[1], q.Shape[2], q.Shape[3]);
        var (S, K) = (k.Shape[1], k.Shape[2]);
        if (k.Shape[0] != B || k.Shape[3] != D) throw new ArgumentException($"{op}: k must have shape ({B}, S, K, {D}) to fit q {q.Shape}, got {k.Shape}.");
        Check.Shape(op, nameof(v), v, k.Shape);
        if (D is < 1 or > MaxHeadWidth) throw new ArgumentException($"{op}: the head width D must be 1 to {MaxHeadWidth}, got {D}.");
        if (H < 1 || K < 1 || H % K != 0) throw new ArgumentException($"{op}: the heads of q must be a multiple of the heads of k, got {H} and {K}.");
        if ((long)T * (H / K) > int.MaxValue / 2 || S > int.MaxValue / 2)
            throw new ArgumentException($"{op}: q and k must hold fewer tokens, got {q.Shape} and {k.Shape}; split the sequence.");
        if (options.Causal && S < T) throw new ArgumentException($"{op}: causal attention needs at least as many keys as queries, got {S} keys for {T} queries.");

        if (options.Segments is { } segments)
        {
            Check.Op(op, tape, segments);
            Check.DType(op, "segments", segments, DType.I32);
            Check.Shape(op, "segments", segments, [B, T]);
            if (S != T) throw new ArgumentException($"{op}: segments need one key per query, got {S} keys for {T} queries.");
        }
        if (options.Lengths is { } lengths)
        {
            Check.Op(op, tape, lengths);
            Check.DType(op, "lengths", lengths, DType.I32);
            Check.Shape(op, "lengths", lengths, [B]);
            using var lease = lengths.Acquire();
            var values = lengths.AsSpan<int>();
            for (int b = 0; b < values.Length; b++)
                if (values[b] < 0 || values[b] > S) throw new ArgumentException($"{op}: lengths[{b}] must be 0 to {S}, the number of keys, got {values[b]}.");
        }

        float scale = options.Scale ?? 1f / MathF.Sqrt(D);
        if (!float.IsFinite(scale) || scale <= 0)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{op}: scale must be a positive number, got {scale}."));
        return scale;
    }
}
