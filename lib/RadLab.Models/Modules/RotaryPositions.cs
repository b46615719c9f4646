using System.Globalization;
using System.Numerics;
using RadLab.Compute;

namespace RadLab.Models;

/// <summary>The rotation table that all layers of a model share. It grows with the longest text so far: a model for 131,072 positions that reads short reports needs no 64 MiB.</summary>
public sealed class RotaryPositions(Engine engine, LlamaConfig config) : IDisposable
{
    private const int Fewest = 512;

    private RopeTable? _table;

    /// <summary>A table that reaches at least <paramref name="positions"/> tokens.</summary>
    public RopeTable For(int positions)
    {
        if (_table is { } table && positions <= table.Positions) return table;
        if (positions > config.MaxPositions)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"LlamaModel: a text of {positions} tokens must fit the model's {config.MaxPositions} positions; cut it, or raise MaxPositions if the model was extended."));
        // as a long: the next power of two may lie above an int
        int length = (int)Math.Min(config.MaxPositions, (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(Fewest, positions)));
        _table?.Dispose();   // what a tape has recorded keeps its share of the old one
        _table = null;
        return _table = new RopeTable(engine, length, config.HeadWidth, config.RopeTheta,
            config.RopeScaling is { } s ? new RopeScaling(s.Factor, s.LowFreqFactor, s.HighFreqFactor, s.OriginalMaxPositions) : null);
    }

    public void Dispose() => _table?.Dispose();
}
