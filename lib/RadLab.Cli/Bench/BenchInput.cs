using RadLab.Compute;

namespace RadLab.Cli;

/// <summary>Inputs of benchmarks: normal numbers by a fixed seed, so that every run works on the same data.</summary>
internal static class BenchInput
{
    public static Tensor Random(Engine engine, Shape shape, int seed, DType dtype = DType.F32, float scale = 1f)
    {
        var key = new RandomKey((ulong)seed, 0, 0);
        var values = new float[checked((int)shape.Count)];
        for (int i = 0; i < values.Length; i++) values[i] = scale * (2 * key.Uniform((ulong)i) - 1);
        return engine.From(values, shape, dtype);
    }
}
