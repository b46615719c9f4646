using RadLab.Compute;

namespace RadLab.Models;

/// <summary>An adapter added to the weight that it stands beside.</summary>
internal static class LoraMerge
{
    /// <summary>W' = W + s B A, or m / |W + s B A| * (W + s B A) row by row with DoRA.</summary>
    /// <param name="w">(O, C), F32</param>
    /// <param name="a">(R, C), F32</param>
    /// <param name="b">(O, R), F32</param>
    /// <param name="magnitude">m, (O), F32; null without DoRA</param>
    /// <returns>(O, C), F32; owned by the caller.</returns>
    public static Tensor Merged(Tensor w, float scale, Tensor a, Tensor b, Tensor? magnitude)
    {
        var sum = LoraStart.Plus(w, scale, a, b);
        if (magnitude is not { } m) return sum;
        using var norms = Dora.RowNorms(sum);
        int C = sum.Shape[1];
        for (int o = 0; o < sum.Shape[0]; o++)
        {
            float norm = norms.AsSpan<float>()[o];
            float gain = norm == 0 ? 0 : m.AsSpan<float>()[o] / norm;   // as DoraScale: a row of norm 0 gives 0
            foreach (ref float v in sum.AsSpan<float>().Slice(o * C, C)) v *= gain;
        }
        return sum;
    }
}

/// <summary>What became of one layer's update when it was merged.</summary>
/// <param name="UpdateNorm">|W' - W|, what the adapter adds, as one vector.</param>
/// <param name="ErrorNorm">How far the stored weight is from W', beside that: |stored - W'| / |W' - W|; 0 without an update.</param>
/// <param name="Survived">
/// The part of the update that the stored weights have: (stored - stored without the update)·(W' - W) / |W' - W|². 1 in F32; rounding and quantizing
/// move many weights not at all and others too far. 1 without an update.
/// </param>
public sealed record MergedLayer(string Module, int Rank, double UpdateNorm, double ErrorNorm, double Survived)
{
    /// <param name="before">W, F32</param>
    /// <param name="merged">W', F32</param>
    /// <param name="storedBefore">W as the target's format would keep it, F32</param>
    /// <param name="stored">W' as the target's format keeps it, F32</param>
    internal static MergedLayer Measure(string module, int rank, Tensor before, Tensor merged, Tensor storedBefore, Tensor stored)
    {
        ReadOnlySpan<float> w = before.AsSpan<float>(), target = merged.AsSpan<float>(), was = storedBefore.AsSpan<float>(), now = stored.AsSpan<float>();
        double update = 0, error = 0, common = 0;
        for (int i = 0; i < w.Length; i++)
        {
            double d = (double)target[i] - w[i], e = (double)now[i] - target[i];
            update += d * d;
            error += e * e;
            common += d * ((double)now[i] - was[i]);
        }
        return update == 0 ? new MergedLayer(module, rank, 0, 0, 1) : new MergedLayer(module, rank, Math.Sqrt(update), Math.Sqrt(error / update), common / update);
    }
}
