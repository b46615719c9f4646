using RadLab.Compute;

namespace RadLab.Models;

/// <summary>The low-rank factors beside one linear layer; see <see cref="Lora"/> for the formula.</summary>
public sealed class LoraAdapter : Adapter
{
    private readonly AdapterDropout _dropout;
    private readonly uint _index;

    private LoraAdapter(LinearLayer layer, Lora settings, Parameter a, Parameter b, Parameter? magnitude, AdapterDropout dropout, uint index)
    {
        (Layer, Scale, A, B, Magnitude, _dropout, _index) = (layer, settings.Scale, a, b, magnitude, dropout, index);
        Parameters = magnitude is null ? [a, b] : [a, b, magnitude];
    }

    public LinearLayer Layer { get; }

    /// <summary>s</summary>
    public float Scale { get; }

    /// <summary>(R, Inputs), F32</summary>
    public Parameter A { get; }

    /// <summary>(Outputs, R), F32</summary>
    public Parameter B { get; }

    /// <summary>m, (Outputs), F32; null without DoRA.</summary>
    public Parameter? Magnitude { get; }

    public override IReadOnlyList<Parameter> Parameters { get; }

    public override Tensor Forward(Tape tape, Tensor x)
    {
        using var scope = tape.Scope();
        var z = _dropout.Apply(tape, x, _index);
        var low = tape.Scale(tape.Linear(z, A.Value), Scale);
        var y = tape.Add(Layer.Product(tape, x), tape.Linear(low, B.Value));
        if (Magnitude is { } m)
        {
            y = Layer.Quantized is { } quantized
                ? tape.DoraScale(y, m.Value, quantized, A.Value, B.Value, Scale)
                : tape.DoraScale(y, m.Value, Layer.Weight!.Value, A.Value, B.Value, Scale);
        }
        return scope.Keep(y);
    }

    internal static LoraAdapter Create(Engine engine, LinearLayer layer, Lora settings, AdapterDropout dropout, uint index, ulong seed)
    {
        var a = new Parameter(LoraWeights.A(layer.Module), engine.Empty([settings.Rank, layer.Inputs]), trainable: true);
        var b = new Parameter(LoraWeights.B(layer.Module), engine.Zeros([layer.Outputs, settings.Rank]), trainable: true);
        // Kaiming's uniform bound with a = sqrt(5), as PEFT has it
        float bound = (float)(1 / Math.Sqrt(layer.Inputs));
        var values = a.Value.AsSpan<float>();
        new RandomKey(seed, RandomStreams.Adapters + index, 0).FillUniform(values);
        foreach (ref float v in values) v = (2 * v - 1) * bound;
        return new LoraAdapter(layer, settings, a, b, settings.UseDora ? StartMagnitude(engine, layer) : null, dropout, index);
    }

    // B is zero, so that the norms are those of W
    private static Parameter StartMagnitude(Engine engine, LinearLayer layer)
    {
        var norms = layer.Quantized is { } quantized ? Dora.RowNorms(quantized) : Dora.RowNorms(layer.Weight!.Value);
        return new Parameter(LoraWeights.Magnitude(layer.Module), norms, trainable: true);
    }
}
