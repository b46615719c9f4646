using RadLab.Compute;

namespace RadLab.Models;

/// <summary>Numbers of a model that has not been trained: each tensor has its own stream of the seed.</summary>
internal sealed class RandomWeights : IWeights
{
    private const float Deviation = 0.02f;
    private const int Piece = 1 << 16;

    private readonly Engine _engine;
    private readonly ulong _seed;
    private readonly Dictionary<string, uint> _streams;

    public RandomWeights(Engine engine, LlamaConfig config, ulong seed)
    {
        (_engine, _seed) = (engine, seed);
        uint next = RandomStreams.Weights;
        _streams = LlamaWeights.Parameters(config).ToDictionary(p => p.Name, _ => next++);
    }

    public DType Exact(string name) => DType.F32;

    public bool In16Bits(string name) => false;

    public bool Quantized => false;

    public QuantizedWeight? ReadQuantized(string name, Shape shape) => null;

    public Tensor Read(string name, Shape shape, DType dtype)
    {
        var t = _engine.Empty(shape, dtype);
        var key = new RandomKey(_seed, _streams[name], 0);
        var piece = new float[Math.Min(Piece, shape.Count)];
        for (long at = 0; at < shape.Count; at += piece.Length)
        {
            var part = piece.AsSpan(0, (int)Math.Min(piece.Length, shape.Count - at));
            if (shape.Rank == 1)
            {
                part.Fill(1f);
            }
            else
            {
                key.FillNormal(part, (ulong)at);
                foreach (ref float v in part) v *= Deviation;
            }
            TensorBytes.Write(t, at, part);
        }
        return t;
    }
}

/// <summary>Which stream of a seed is for what, so that one seed serves a whole run.</summary>
internal static class RandomStreams
{
    public const uint Weights = 0x0100_0000;
    public const uint Adapters = 0x0200_0000;
    public const uint AdapterDropout = 0x0300_0000;
    public const uint Sampling = 0x0500_0000;
}
