using RadLab.Compute;

namespace RadLab.Models;

/// <summary>How a merge treats the linear layers.</summary>
/// <param name="Target">Format that the merged weights are kept in.</param>
/// <param name="Through">Null, or the form in which the adapter saw its base: that is what the update is added to.</param>
/// <param name="LoftQ">The form that LoftQ quantizes to.</param>
internal sealed record MergePlan(Engine Engine, AdapterFile Adapter, WeightFormat Target, QuantizedForm? Through, QuantizedForm LoftQ);

/// <summary>A linear layer's weight with the update in it, computed when it is read and forgotten when it is released: one layer is in memory at a time.</summary>
internal sealed class MergedTensor(MergePlan plan, string module, SourceTensor source, Action<MergedLayer> measured) : SourceTensor(source.Name, source.Shape, source.DType)
{
    private Tensor? _merged;

    public override void ReadFloats(long first, Span<float> destination) => Merged().AsSpan<float>().Slice(checked((int)first), destination.Length).CopyTo(destination);

    public override void ReadBytes(long offset, Span<byte> destination)
    {
        int width = DType.Bits() / 8;
        FloatBytes.Encode(Merged().AsSpan<float>().Slice(checked((int)(offset / width)), destination.Length / width), DType, destination);
    }

    public override void Release()
    {
        _merged?.Dispose();
        _merged = null;
    }

    private Tensor Merged()
    {
        if (_merged is { } there) return there;
        bool adapted = plan.Adapter.Settings.IsTarget(module);
        var w = CheckpointParts.Load(plan.Engine, source, Compute.DType.F32);
        if (!adapted)
        {
            using (w)
            {
                _merged = plan.Through is { } form ? RoundTrip(w, form) : Copy(w);
                return _merged.Value;
            }
        }
        using (w)
        using (var factors = plan.Adapter.Read(plan.Engine, module, (int)Shape[0], (int)Shape[1]))
        {
            var (rest, before) = Base(w, factors);
            using (rest)
            using (before)
            {
                var merged = LoraMerge.Merged(rest, factors.Scale, factors.A, factors.B, factors.Magnitude);
                _merged = merged;
                using var stored = Stored(merged);
                using var storedBefore = Stored(before);
                measured(MergedLayer.Measure(module, factors.A.Shape[0], before, merged, storedBefore, stored));
                return merged;
            }
        }
    }

    // What the adapter stands on, and the layer before training: the same but for an adapter that has changed its base.
    private (Tensor Under, Tensor Before) Base(Tensor w, LayerFactors factors)
    {
        var init = plan.Adapter.Settings.Init;
        if (!init.ChangesBase)
        {
            var plain = plan.Through is { } form ? RoundTrip(w, form) : Copy(w);
            return (plain, Copy(plain));
        }
        using var a = plan.Engine.Empty(factors.A.Shape);
        using var b = plan.Engine.Empty(factors.B.Shape);
        using var changed = LoraStart.Begin(init, w, plan.LoftQ, factors.Scale, a, b);
        var rest = init.Kind == LoraInitKind.Pissa && plan.Through is { } through ? RoundTrip(changed.Floats, through) : Copy(changed.Floats);
        return (rest, LoraStart.Plus(rest, factors.Scale, a, b));
    }

    private Tensor Stored(Tensor t)
    {
        if (plan.Target == WeightFormat.Nf4) return RoundTrip(t, new QuantizedForm(WeightFormat.Nf4));
        var copy = Copy(t);
        if (plan.Target == WeightFormat.BF16)
            foreach (ref float v in copy.AsSpan<float>()) v = BFloat16.ToSingle(BFloat16.FromSingle(v));
        return copy;
    }

    private static Tensor RoundTrip(Tensor t, QuantizedForm form)
    {
        using var q = QuantizedWeight.Quantize(t, form.Format, form.BlockSize, form.DoubleQuantization);
        return q.Dequantize();
    }

    private static Tensor Copy(Tensor t) => t.Engine.From(t.AsSpan<float>(), t.Shape);
}
