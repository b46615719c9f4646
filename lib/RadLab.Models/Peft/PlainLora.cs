using System.Runtime.InteropServices;

namespace RadLab.Models;

/// <summary>An adapter that has changed its base, as one of twice the rank on the unchanged base, in PEFT's way.</summary>
/// <remarks><code>
/// W + s (B A - B0 A0) = base + s B A           A' = rows of A and A0,  B' = columns of B and -B0
/// </code></remarks>
internal static class PlainLora
{
    public static (Lora Settings, IEnumerable<CheckpointPart> Parts) Of(LoraAdapters adapters)
    {
        var settings = adapters.Settings;
        switch (settings.Init.Kind)
        {
            case LoraInitKind.Pissa:
                return (Doubled(settings), adapters.Layers.SelectMany(Parts));
            case LoraInitKind.LoftQ when settings.Init.Iterations != 1 || adapters.Layers.Any(a => a.Layer.Quantized is null):
                throw new ArgumentException("PeftFolder: an adapter that began by LoftQ is plain LoRA on a quantized base after one iteration only: the base of more is none that others could make; save it as it is.");
            default:
                // the base of LoftQ's first iteration is the quantized one that everybody has
                return (settings with { Init = LoraInit.Uniform }, adapters.Parameters.Select(p => CheckpointParts.As(new MemoryTensor(p), SafeTensorsDType.F32)));
        }
    }

    // s stays what it is: alpha / R and alpha / sqrt(R)
    private static Lora Doubled(Lora settings)
    {
        double factor = settings.UseRsLora ? Math.Sqrt(2) : 2;
        return settings with
        {
            Init = LoraInit.Uniform,
            Rank = 2 * settings.Rank,
            Alpha = factor * settings.Alpha,
            RankPattern = [.. settings.RankPattern.Select(p => KeyValuePair.Create(p.Key, 2 * p.Value))],
            AlphaPattern = [.. settings.AlphaPattern.Select(p => KeyValuePair.Create(p.Key, factor * p.Value))],
        };
    }

    private static IEnumerable<CheckpointPart> Parts(LoraAdapter adapter)
    {
        var start = adapter.Start!;
        int rank = adapter.Rank;
        yield return new CheckpointPart(new SafeTensorsSpec(adapter.A.Name, SafeTensorsDType.F32, [2 * rank, adapter.Layer.Inputs]), sink =>
        {
            sink(MemoryMarshal.AsBytes(adapter.A.Value.AsSpan<float>()));
            sink(MemoryMarshal.AsBytes(start.A.AsSpan<float>()));
        });
        yield return new CheckpointPart(new SafeTensorsSpec(adapter.B.Name, SafeTensorsDType.F32, [adapter.Layer.Outputs, 2 * rank]), sink =>
        {
            var row = new float[2 * rank];
            for (int o = 0; o < adapter.Layer.Outputs; o++)
            {
                adapter.B.Value.AsSpan<float>().Slice(o * rank, rank).CopyTo(row);
                for (int r = 0; r < rank; r++) row[rank + r] = -start.B.AsSpan<float>()[o * rank + r];
                sink(MemoryMarshal.AsBytes(row.AsSpan()));
            }
        });
        if (adapter.Magnitude is { } m) yield return CheckpointParts.As(new MemoryTensor(m), SafeTensorsDType.F32);
    }
}
