using RadLab.Compute;

namespace RadLab.Models;

/// <content>One forward pass with the cache: which rows it goes on with, where its tokens stand, and how they come in.</content>
public sealed partial class KvCache
{
    private readonly int[] _rows, _counts;
    private int _batch;
    private Tensor _positions, _rowTensor;

    /// <summary>True when no row of the pass has tokens before it: new tokens see each other only.</summary>
    internal bool StartsEmpty { get; private set; }

    /// <summary>Positions that the pass reaches, one past the last.</summary>
    internal int Reach { get; private set; }

    /// <summary>Before the first layer. Tensors of the pass belong to <paramref name="tape"/>.</summary>
    /// <param name="rows">The cache's row for each row of tokens; empty: row b for b.</param>
    /// <param name="counts">Tokens that count in each row, from the left; empty: all.</param>
    internal void Begin(Tape tape, Shape tokens, ReadOnlySpan<int> rows, ReadOnlySpan<int> counts)
    {
        if (tokens.Rank != 2 || tokens.Count == 0) throw new ArgumentException($"KvCache: tokens must have shape (B, T) and at least one token, got {tokens}.");
        if (tape.Recording) throw new ArgumentException("KvCache: a forward pass with a cache has no backward pass; use a tape that does not record.");
        var (B, T) = (tokens[0], tokens[1]);
        if (rows.IsEmpty ? B != Rows : rows.Length != B) throw new ArgumentException(Invariant($"KvCache: tokens {tokens} need one row of the cache each, got {(rows.IsEmpty ? Rows : rows.Length)}."));
        if (!counts.IsEmpty && counts.Length != B) throw new ArgumentException(Invariant($"KvCache: counts must have one number for each row of tokens {tokens}, got {counts.Length}."));
        (_batch, Reach, StartsEmpty) = (B, 0, true);
        for (int b = 0; b < B; b++)
        {
            int row = rows.IsEmpty ? b : rows[b], count = counts.IsEmpty ? T : counts[b];
            CheckRow(row);
            if (rows[..(rows.IsEmpty ? 0 : b)].Contains(row)) throw new ArgumentException(Invariant($"KvCache: row {row} is named twice; each row of tokens needs a row of its own."));
            if (count < 1 || count > T) throw new ArgumentException(Invariant($"KvCache: counts must be 1 to {T}, got {count}."));
            if (_lengths[row] > Capacity - count)
                throw new ArgumentException(Invariant($"KvCache: row {row} has {_lengths[row]} tokens and no room for {count} more in its {Capacity}; make the cache larger or the text shorter."));
            (_rows[b], _counts[b]) = (row, count);
            Reach = Math.Max(Reach, _lengths[row] + count);
            StartsEmpty &= _lengths[row] == 0;
        }

        _positions = tape.Empty(tokens, DType.I32);
        var positions = _positions.AsSpan<int>();
        for (int b = 0; b < B; b++)
            for (int t = 0; t < T; t++)
                positions[b * T + t] = _lengths[_rows[b]] + Math.Min(t, _counts[b] - 1);   // padding stands where the last token does
        _rowTensor = tape.Empty([B], DType.I32);
        _rows.AsSpan(0, B).CopyTo(_rowTensor.AsSpan<int>());
    }

    /// <summary>(B,T) I32</summary>
    internal Tensor Positions => _positions;

    /// <summary>Tokens of row <paramref name="b"/> of the pass that count.</summary>
    internal int Count(int b) => _counts[b];

    /// <summary>Puts the pass's keys and values, (B,T,K,D), behind those that are there.</summary>
    internal void Store(int layer, Tensor keys, Tensor values)
    {
        Store(keys, _keys[layer]);
        Store(values, _values[layer]);
    }

    /// <summary>Attention of the pass's queries, (B,T,H,D), over all that is stored for them.</summary>
    internal Tensor Attend(Tape tape, int layer, Tensor q) => tape.AttentionDecode(q, _keys[layer], _values[layer], _positions, _rowTensor);

    /// <summary>After the last layer: the new tokens count from now on.</summary>
    internal void End()
    {
        for (int b = 0; b < _batch; b++) _lengths[_rows[b]] += _counts[b];
    }

    private void Store(Tensor from, Tensor to)
    {
        var (T, heads, width) = (from.Shape[1], from.Shape[2], from.Shape[3]);
        for (int b = 0; b < _batch; b++)
            for (int t = 0; t < _counts[b]; t++)
                for (int head = 0; head < heads; head++)
                    CopyRow(from, ((b * T + t) * heads + head) * width, to, ((_rows[b] * heads + head) * Capacity + _lengths[_rows[b]] + t) * width, width);
    }

    private static void CopyRow(Tensor from, int source, Tensor to, int target, int width)
    {
        switch (from.DType, to.DType)
        {
            case (DType.F32, DType.F32):
                from.AsSpan<float>().Slice(source, width).CopyTo(to.AsSpan<float>()[target..]);
                break;
            case (DType.BF16, DType.BF16):
                from.AsSpan<ushort>().Slice(source, width).CopyTo(to.AsSpan<ushort>()[target..]);
                break;
            case (DType.F32, DType.BF16):
                TensorBytes.Write(to, target, from.AsSpan<float>().Slice(source, width));
                break;
            default:
                var bits = from.AsSpan<ushort>().Slice(source, width);
                var wide = to.AsSpan<float>().Slice(target, width);
                for (int i = 0; i < width; i++) wide[i] = BFloat16.ToSingle(bits[i]);
                break;
        }
    }
}
