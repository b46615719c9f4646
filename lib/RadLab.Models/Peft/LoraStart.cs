using RadLab.Compute;

namespace RadLab.Models;

/// <summary>The factors that PiSSA and LoftQ begin with, and what they leave of the base.</summary>
internal static class LoraStart
{
    /// <summary>What the layer's own product is computed with from now on; see <see cref="LoraInit"/>.</summary>
    /// <param name="w">(O, C), F32</param>
    /// <param name="form">LoftQ: how the base is quantized.</param>
    /// <param name="a">(R, C), F32; overwritten</param>
    /// <param name="b">(O, R), F32; overwritten</param>
    public static NewBase Begin(LoraInit init, Tensor w, QuantizedForm form, float scale, Tensor a, Tensor b) =>
        init.Kind == LoraInitKind.Pissa ? Pissa(init, w, scale, a, b) : LoftQ(init, w, form, scale, a, b);

    /// <summary>w + s·b·a in F32; owned by the caller.</summary>
    public static Tensor Plus(Tensor w, float scale, Tensor a, Tensor b)
    {
        using var tape = w.Engine.Tape(recording: false);
        var product = tape.MatMul(b, a);
        var scaled = tape.Scale(product, scale);
        product.Dispose();
        return tape.Keep(tape.Add(w, scaled));
    }

    private static NewBase Pissa(LoraInit init, Tensor w, float scale, Tensor a, Tensor b)
    {
        int rank = a.Shape[0];
        var triplets = init.Iterations is { } n ? Svd.Subspace(w, rank, n) : Svd.Exact(w, rank);
        triplets.Factors(scale, a, b);
        // from the factors as they were rounded: base and factors together are w again
        return new NewBase(Plus(w, -scale, a, b), null);
    }

    private static NewBase LoftQ(LoraInit init, Tensor w, QuantizedForm form, float scale, Tensor a, Tensor b)
    {
        var q = QuantizedWeight.Quantize(w, form.Format, form.BlockSize, form.DoubleQuantization);
        for (int i = 1; ; i++)
        {
            var decoded = q.Dequantize();
            try
            {
                using (var lost = Minus(w, decoded)) Svd.Subspace(lost, a.Shape[0], LoraInit.LoftQSubspaceIterations).Factors(scale, a, b);
                if (i == init.Iterations) return new NewBase(decoded, q);
            }
            catch
            {
                decoded.Dispose();
                q.Dispose();
                throw;
            }
            decoded.Dispose();
            q.Dispose();
            using var rest = Plus(w, -scale, a, b);
            q = QuantizedWeight.Quantize(rest, form.Format, form.BlockSize, form.DoubleQuantization);
        }
    }

    private static Tensor Minus(Tensor x, Tensor y)
    {
        using var tape = x.Engine.Tape(recording: false);
        return tape.Keep(tape.Add(x, tape.Scale(y, -1f)));
    }
}

/// <summary>A layer's weight after <see cref="LoraStart.Begin"/>.</summary>
/// <param name="floats">F32; owned by this.</param>
/// <param name="quantized">LoftQ: what the floats are decoded from; owned by this. Null for PiSSA.</param>
internal sealed class NewBase(Tensor floats, QuantizedWeight? quantized) : IDisposable
{
    private QuantizedWeight? _quantized = quantized;

    public Tensor Floats => floats;

    /// <summary>Puts it under a layer in the layer's own format.</summary>
    public void GiveTo(LinearLayer layer)
    {
        if (layer.Quantized is null || _quantized is null)
        {
            layer.SetBase(floats);
            return;
        }
        layer.SetBase(_quantized);
        _quantized = null;
    }

    public void Dispose()
    {
        floats.Dispose();
        _quantized?.Dispose();
    }
}
