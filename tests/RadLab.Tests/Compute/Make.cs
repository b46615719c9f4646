using RadLab.Compute;

namespace RadLab.Tests;

/// <summary>Tensors with pseudo-random contents for tests; the generator is the test's own, so that it shares nothing with the engine.</summary>
internal static class Make
{
    /// <summary>One, and one below, at and above the SIMD widths: the tail is where kernels break.</summary>
    public static readonly int[] Widths = [1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 257];

    /// <summary>All pairs as theory rows.</summary>
    public static TheoryData<TA, TB> Rows<TA, TB>(TA[] a, TB[] b)
    {
        var data = new TheoryData<TA, TB>();
        foreach (var x in a)
            foreach (var y in b)
                data.Add(x, y);
        return data;
    }

    public static float[] Values(long count, int seed, double low = -1, double high = 1)
    {
        var rng = new Random(seed);
        var values = new float[count];
        for (int i = 0; i < values.Length; i++) values[i] = (float)(low + (high - low) * rng.NextDouble());
        return values;
    }

    public static Tensor Random(Engine engine, Shape shape, int seed, bool requiresGrad = false, DType dtype = DType.F32, double low = -1, double high = 1)
    {
        var t = engine.From(Values(shape.Count, seed, low, high), shape, dtype);
        t.RequiresGrad = requiresGrad;
        return t;
    }

    /// <summary>What a tensor holds, in double: for BF16 the values after rounding, so that references start from the same numbers.</summary>
    public static double[] Doubles(this Tensor t) => Array.ConvertAll(t.ToFloats(), v => (double)v);
}
