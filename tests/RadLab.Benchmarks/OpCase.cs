using System.Security.Cryptography;
using RadLab.Compute;

namespace RadLab.Benchmarks;

/// <summary>One tensor to call an op on.</summary>
/// <param name="Trains">Ask for its gradient.</param>
/// <param name="Below">I32: values are 0 to this, exclusively.</param>
internal readonly record struct OpInput(Shape Shape, DType DType, bool Trains = true, int Below = 0);

/// <summary>One call of one op. The first word of <paramref name="Name"/> is the op's.</summary>
internal sealed record OpCase(string Name, DType DType, Func<Tape, OpInputs, Tensor> Call, OpInput[] Inputs)
{
    public string Op => Name.Split(' ')[0];

    public override string ToString() => $"{Name} {DType}";

    /// <summary>One line for the result and for each gradient: name and SHA-256 of the bits.</summary>
    public List<string> Fingerprint(Engine engine, OpInputs inputs)
    {
        using var tape = engine.Tape();
        var lines = new List<string>();
        var y = Call(tape, inputs);
        lines.Add(Line("y", y));
        if (y.RequiresGrad)
        {
            using var dy = OpInputs.Make(engine, new OpInput(y.Shape, y.DType), seed: 99);
            tape.Backward(y, dy);
            for (int i = 0; i < Inputs.Length; i++)
                if (inputs[i].Gradient is { } gradient)
                    lines.Add(Line($"d{i}", gradient));
        }
        return lines;
    }

    private unsafe string Line(string what, Tensor t)
    {
        using var lease = t.Acquire();
        return $"{this} {what} {t.DType} {t.Shape} {Convert.ToHexStringLower(SHA256.HashData(new ReadOnlySpan<byte>(lease.Pointer, checked((int)t.SizeBytes))))}";
    }
}

/// <summary>The inputs of a case, made of fixed numbers, and what the case makes of them once.</summary>
internal sealed class OpInputs : IDisposable
{
    private readonly Engine _engine;
    private readonly Tensor[] _tensors;
    private QuantizedWeight? _quantized;
    private RopeTable? _rope;

    public OpInputs(Engine engine, OpCase call)
    {
        _engine = engine;
        _tensors = [.. call.Inputs.Select((input, i) => Make(engine, input, i))];
    }

    public Tensor this[int i] => _tensors[i];

    /// <summary>Input <paramref name="i"/> quantized.</summary>
    public QuantizedWeight Quantized(int i, WeightFormat format) => _quantized ??= QuantizedWeight.Quantize(_tensors[i], format);

    public RopeTable Rope(int positions, int headWidth) => _rope ??= new RopeTable(_engine, positions, headWidth);

    /// <summary>All tensors that the op may read.</summary>
    public IEnumerable<Tensor> Tensors
    {
        get
        {
            List<Tensor> all = [.. _tensors];
            if (_quantized is { } q) all.AddRange([q.Codes, q.Scales, .. q.NestedAbsmax is { } a ? [a] : Array.Empty<Tensor>(), .. q.NestedMap is { } m ? [m] : Array.Empty<Tensor>()]);
            if (_rope is { } r) all.AddRange([r.Cos, r.Sin]);
            return all;
        }
    }

    /// <summary>Numbers from -1 to 1 that repeat exactly: a linear congruential generator in integers.</summary>
    public static Tensor Make(Engine engine, OpInput input, int seed)
    {
        uint state = (uint)seed * 2654435761u + 12345;
        uint Next() => (state = state * 1664525 + 1013904223) >> 8;
        if (input.DType == DType.I32)
        {
            var ids = new int[input.Shape.Count];
            for (int i = 0; i < ids.Length; i++) ids[i] = (int)(Next() % (uint)input.Below);
            return engine.From(ids, input.Shape);
        }
        var values = new float[input.Shape.Count];
        for (int i = 0; i < values.Length; i++) values[i] = (int)Next() / 8388608f - 1f;
        var t = engine.From(values, input.Shape, input.DType);
        t.RequiresGrad = input.Trains;
        return t;
    }

    public void Dispose()
    {
        foreach (var t in _tensors) t.Dispose();
        _quantized?.Dispose();
        _rope?.Dispose();
    }
}
