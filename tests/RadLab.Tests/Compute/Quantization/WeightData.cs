namespace RadLab.Tests;

/// <summary>Reproducible numbers for the quantization tests: a counter hashed to bits, so that no library's generator matters.</summary>
internal static class WeightData
{
    public static ulong Hash(ulong seed, ulong index)
    {
        ulong z = seed * 0x9e3779b97f4a7c15 + index * 0xd1b54a32d192ed03 + 0x2545f4914f6cdd1d;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform in [-1, 1), exactly representable.</summary>
    public static float Uniform(int seed, long index) => ((long)(Hash((ulong)seed, (ulong)index) >> 40) - (1 << 23)) / (float)(1 << 23);

    /// <summary>Sums of four uniforms, so mostly small with a few large ones, times a scale that changes every 50 elements; every 13th block of 64 is zero.</summary>
    public static float[] Weights(int count, int seed)
    {
        var x = new float[count];
        for (int i = 0; i < count; i++)
        {
            if (i / 64 % 13 == 12) continue;
            float sum = Uniform(seed, 4L * i) + Uniform(seed, 4L * i + 1) + Uniform(seed, 4L * i + 2) + Uniform(seed, 4L * i + 3);
            x[i] = sum * (1 + i / 50 % 7) * 0.01f;
        }
        return x;
    }

    public static readonly int[] Sizes = [1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 4095, 4096, 4097];
}
