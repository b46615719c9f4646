using RadLab.Compute;

namespace RadLab.Models;

/// <summary>The low-rank factors beside one linear layer; see <see cref="Lora"/> for the formula.</summary>
public sealed class LoraAdapter : Adapter
{
    private readonly AdapterDropout _dropout;
    private readonly uint _index;

    private LoraAdapter(LinearLayer layer, Lora settings, Parameter a, Parameter b, Parameter? magnitude, StartFactors? start, AdapterDropout dropout, uint index)
    {
        (Layer, Scale, A, B, Magnitude, Start, _dropout, _index) = (layer, settings.ScaleOf(layer.Module), a, b, magnitude, start, dropout, index);
        Parameters = magnitude is null ? [a, b] : [a, b, magnitude];
    }

    public LinearLayer Layer { get; }

    /// <summary>s</summary>
    public float Scale { get; }

    /// <summary>R</summary>
    public int Rank => A.Shape[0];

    /// <summary>(R, Inputs), F32</summary>
    public Parameter A { get; }

    /// <summary>(Outputs, R), F32</summary>
    public Parameter B { get; }

    /// <summary>m, (Outputs), F32; null without DoRA.</summary>
    public Parameter? Magnitude { get; }

    public override IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>A and B as they began, where the base has been changed by them: base and start together are the layer as it was.</summary>
    internal StartFactors? Start { get; }

    public override Tensor Forward(Tape tape, Tensor x)
    {
        using var scope = tape.Scope();
        var z = Dropped(tape, x);
        var (a, b) = (A.Value, B.Value);
        if (Layer.Quantized is { } quantized)
        {
            var y = tape.LoraLinear(x, quantized, z, a, b, Scale);
            return scope.Keep(Magnitude is { } m ? tape.DoraScale(y, m.Value, quantized, a, b, Scale) : y);
        }
        else
        {
            var weight = Layer.Weight!.Value;
            var y = tape.LoraLinear(x, weight, z, a, b, Scale);
            return scope.Keep(Magnitude is { } m ? tape.DoraScale(y, m.Value, weight, a, b, Scale) : y);
        }
    }

    /// <summary>s·B·A·dropout(x) alone.</summary>
    internal Tensor Product(Tape tape, Tensor x)
    {
        using var scope = tape.Scope();
        return scope.Keep(tape.Scale(tape.Linear(tape.Linear(Dropped(tape, x), A.Value), B.Value), Scale));
    }

    /// <summary>Undoes what <see cref="LoraInit.ChangesBase"/> did to the layer. Weights in 32 or 16 bits come back but for rounding; quantized ones, and dense ones where the original is given, exactly.</summary>
    internal void RestoreBase(OriginalWeights? original)
    {
        if (Start is not { } start) return;
        if (original is not null)
        {
            using var w = original.Read(Layer.Engine, Layer);
            Layer.SetBase(w);
            return;
        }
        using var rest = Layer.Floats();
        using var sum = LoraStart.Plus(rest, start.Scale, start.A, start.B);
        Layer.SetBase(sum);
    }

    private protected override void Free()
    {
        base.Free();
        Start?.Dispose();
    }

    internal static LoraAdapter Create(Engine engine, LinearLayer layer, Lora settings, AdapterDropout dropout, uint index, ulong seed, OriginalWeights? original)
    {
        var adapter = Empty(engine, layer, settings, dropout, index);
        try
        {
            if (settings.Init.ChangesBase) adapter.ChangeBase(settings.Init, original);
            else adapter.Draw(settings.Init, new RandomKey(seed, RandomStreams.Adapters + index, 0));
            if (adapter.Magnitude is { } m) adapter.Norms(m.Value);
            return adapter;
        }
        catch
        {
            adapter.Dispose();
            throw;
        }
    }

    /// <summary>An adapter whose numbers the caller puts in.</summary>
    internal static LoraAdapter Empty(Engine engine, LinearLayer layer, Lora settings, AdapterDropout dropout, uint index)
    {
        int rank = settings.RankOf(layer.Module);
        var a = new Parameter(LoraWeights.A(layer.Module), engine.Empty([rank, layer.Inputs]), trainable: true);
        var b = new Parameter(LoraWeights.B(layer.Module), engine.Zeros([layer.Outputs, rank]), trainable: true);
        var magnitude = settings.UseDora ? new Parameter(LoraWeights.Magnitude(layer.Module), engine.Empty([layer.Outputs]), trainable: true) : null;
        var start = settings.Init.ChangesBase ? new StartFactors(layer, engine.Empty([rank, layer.Inputs]), engine.Empty([layer.Outputs, rank]), settings.ScaleOf(layer.Module)) : null;
        return new LoraAdapter(layer, settings, a, b, magnitude, start, dropout, index);
    }

    private Tensor Dropped(Tape tape, Tensor x) => _dropout.Apply(tape, x, _index);

    private void Draw(LoraInit init, RandomKey key)
    {
        var values = A.Value.AsSpan<float>();
        if (init.Kind == LoraInitKind.Gaussian)
        {
            key.FillNormal(values);
            float deviation = 1f / Rank;
            foreach (ref float v in values) v *= deviation;
            return;
        }
        // Kaiming's uniform bound with a = sqrt(5), as PEFT has it
        float bound = (float)(1 / Math.Sqrt(Layer.Inputs));
        key.FillUniform(values);
        foreach (ref float v in values) v = (2 * v - 1) * bound;
    }

    private void ChangeBase(LoraInit init, OriginalWeights? original)
    {
        if (Layer.Quantized is not null && original is null)
            throw new ArgumentException($"Lora: {init.Kind} on {Layer.Module} needs the weights that were quantized; give original, the folder in 16 or 32 bits.");
        using var w = original?.Read(Layer.Engine, Layer) ?? Layer.Floats();
        using var rest = LoraStart.Begin(init, w, Layer.Form ?? LoftQForm, Scale, A.Value, B.Value);
        A.Value.AsSpan<float>().CopyTo(Start!.A.AsSpan<float>());
        B.Value.AsSpan<float>().CopyTo(Start.B.AsSpan<float>());
        rest.GiveTo(Layer);
    }

    // PEFT's, where the layer itself is not quantized
    internal static QuantizedForm LoftQForm { get; } = new(WeightFormat.Nf4, DoubleQuantization: false);

    // of W + s B A
    private void Norms(Tensor magnitude)
    {
        using var w = Start is null ? default : Layer.Floats();
        using var sum = Start is null ? default : LoraStart.Plus(w, Scale, A.Value, B.Value);
        // without a changed base B is zero, and the weight need not be copied
        using var norms = Start is not null ? Dora.RowNorms(sum) : Layer.Quantized is { } q ? Dora.RowNorms(q) : Dora.RowNorms(Layer.Weight!.Value);
        norms.AsSpan<float>().CopyTo(magnitude.AsSpan<float>());
    }
}

/// <summary>What stands in for an adapter that has changed its base while it is not active: its factors as they began. Nothing of it trains.</summary>
internal sealed class StartFactors(LinearLayer layer, Tensor a, Tensor b, float scale) : Adapter
{
    /// <summary>(R, Inputs), F32</summary>
    public Tensor A => a;

    /// <summary>(Outputs, R), F32</summary>
    public Tensor B => b;

    public float Scale => scale;

    public override IReadOnlyList<Parameter> Parameters => [];

    public override Tensor Forward(Tape tape, Tensor x) =>
        layer.Quantized is { } q ? tape.LoraLinear(x, q, x, a, b, scale) : tape.LoraLinear(x, layer.Weight!.Value, x, a, b, scale);

    private protected override void Free()
    {
        a.Dispose();
        b.Dispose();
    }
}
