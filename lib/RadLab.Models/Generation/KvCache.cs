using System.Globalization;
using RadLab.Compute;

namespace RadLab.Models;

/// <summary>
/// Keys and values of the tokens that a model has read, so that the next token costs one row of work instead of the whole text. Rows are texts, of different lengths;
/// memory is taken once: 2 · layers · rows · capacity · K · D numbers.
/// </summary>
/// <remarks>A forward pass that throws, such as one that was interrupted, leaves every length as it was: the same tokens can be given again.</remarks>
public sealed partial class KvCache : IDisposable
{
    private readonly LlamaModel _model;
    private readonly Tensor[] _keys, _values;   // by layer, (rows, K, capacity, D)
    private readonly int[] _lengths;

    /// <param name="rows">Texts at the same time.</param>
    /// <param name="capacity">Tokens that a text can have; at most the model's positions.</param>
    /// <param name="dtype">F32 or BF16; null: that of the model's hidden states, which loses nothing.</param>
    public KvCache(LlamaModel model, int rows, int capacity, DType? dtype = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        var config = model.Config;
        (_model, Rows, Capacity, DType) = (model, rows, capacity, dtype ?? model.Activations);
        if (rows < 1) throw new ArgumentException(Invariant($"KvCache: rows must be at least 1, got {rows}."));
        if (capacity < 1 || capacity > config.MaxPositions) throw new ArgumentException(Invariant($"KvCache: capacity must be 1 to the model's {config.MaxPositions} positions, got {capacity}."));
        if (!DType.IsFloat()) throw new ArgumentException($"KvCache: dtype must be F32 or BF16, got {DType}.");
        long perLayer = (long)rows * capacity * config.KeyValueHeads * config.HeadWidth;
        if (perLayer > int.MaxValue) throw new ArgumentException(Invariant($"KvCache: rows times capacity must be at most {int.MaxValue / config.KeyValueHeads / config.HeadWidth} for this model, got {rows} times {capacity}; generate for fewer texts at once."));

        _lengths = new int[rows];
        _rows = new int[rows];
        _counts = new int[rows];
        (_keys, _values) = (new Tensor[config.Layers], new Tensor[config.Layers]);
        Shape shape = [rows, config.KeyValueHeads, capacity, config.HeadWidth];
        try
        {
            for (int layer = 0; layer < config.Layers; layer++)
            {
                _keys[layer] = model.Engine.Empty(shape, DType);
                _values[layer] = model.Engine.Empty(shape, DType);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public int Rows { get; }

    /// <summary>Tokens that a row can hold.</summary>
    public int Capacity { get; }

    public DType DType { get; }

    /// <summary>Tokens in each row.</summary>
    public ReadOnlySpan<int> Lengths => _lengths;

    public long SizeBytes => _keys.Sum(k => k.SizeBytes) + _values.Sum(v => v.SizeBytes);

    /// <summary>Forgets all tokens of a row from <paramref name="length"/> on.</summary>
    public void Truncate(int row, int length)
    {
        CheckRow(row);
        if (length < 0 || length > _lengths[row]) throw new ArgumentException(Invariant($"KvCache: row {row} can be cut to 0 to {_lengths[row]} tokens, got {length}."));
        _lengths[row] = length;
    }

    /// <summary>Makes row <paramref name="to"/> a copy of row <paramref name="from"/>.</summary>
    /// <param name="first">The rows are known to agree in all tokens before this one: those are not copied.</param>
    public void CopyRow(int from, int to, int first = 0)
    {
        CheckRow(from);
        CheckRow(to);
        int length = _lengths[from];
        if (first < 0 || first > Math.Min(length, _lengths[to]))
            throw new ArgumentException(Invariant($"KvCache: rows {from} and {to} have {length} and {_lengths[to]} tokens and cannot agree in the first {first}."));
        if (from != to && first < length)
        {
            for (int layer = 0; layer < _keys.Length; layer++)
            {
                CopyTokens(_keys[layer], from, to, first, length);
                CopyTokens(_values[layer], from, to, first, length);
            }
        }
        _lengths[to] = length;
    }

    /// <summary>Forgets all tokens.</summary>
    public void Clear() => _lengths.AsSpan().Clear();

    public void Dispose()
    {
        foreach (var t in _keys) t.Dispose();
        foreach (var t in _values) t.Dispose();
    }

    private void CopyTokens(Tensor t, int from, int to, int first, int length)
    {
        var (heads, width) = (_model.Config.KeyValueHeads, _model.Config.HeadWidth);
        for (int head = 0; head < heads; head++)
        {
            int source = ((from * heads + head) * Capacity + first) * width, target = ((to * heads + head) * Capacity + first) * width, count = (length - first) * width;
            if (DType == DType.F32) t.AsSpan<float>().Slice(source, count).CopyTo(t.AsSpan<float>()[target..]);
            else t.AsSpan<ushort>().Slice(source, count).CopyTo(t.AsSpan<ushort>()[target..]);
        }
    }

    private void CheckRow(int row)
    {
        if ((uint)row >= (uint)Rows) throw new ArgumentException(Invariant($"KvCache: row must be 0 to {Rows - 1}, got {row}."));
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
