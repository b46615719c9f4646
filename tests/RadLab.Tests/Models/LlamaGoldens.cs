using System.Runtime.InteropServices;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

/// <summary>Reference values of three tiny Llamas, computed in double precision by another implementation and stored as F32.</summary>
internal static class LlamaGoldens
{
    /// <summary>What F32 arithmetic meets against them, relative to the largest value of a tensor: logits and gradients.</summary>
    public const double Tolerance = 5e-6;

    public static readonly string[] Models = ["llama2-mha", "llama3-gqa", "llama31-scaled-tied"];

    public static string Folder(string model) => Path.Combine(AppContext.BaseDirectory, "Goldens", "llama", model);

    public static TheoryData<string> ModelNames => new(Models);

    /// <param name="set"><c>full</c>, <c>lora</c>, <c>rslora</c>, <c>dora</c> or <c>greedy</c>.</param>
    public static SafeTensorsReader Open(string model, string set) => SafeTensorsReader.Open(Path.Combine(Folder(model), $"expected.{set}.safetensors"));

    public static float[] Floats(this SafeTensorsReader file, string name)
    {
        var values = new float[file.Get(name).ByteCount / sizeof(float)];
        file.Read(name, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    public static int[] Ints(this SafeTensorsReader file, string name)
    {
        var values = new long[file.Get(name).ByteCount / sizeof(long)];
        file.Read(name, MemoryMarshal.AsBytes(values.AsSpan()));
        return Array.ConvertAll(values, v => checked((int)v));
    }

    /// <summary>The batch that all files of a model use: tokens and labels, (2, 40).</summary>
    public static (Tensor Tokens, Tensor Labels) Batch(Engine engine, string model)
    {
        using var file = Open(model, "full");
        Shape shape = [.. file.Get("input_ids").Shape.Select(d => (int)d)];
        return (engine.From(file.Ints("input_ids"), shape), engine.From(file.Ints("labels"), shape));
    }

    /// <summary>max |actual - expected| must stay within tolerance × max |expected|.</summary>
    public static void Near(SafeTensorsReader file, string name, float[] actual, double tolerance = Tolerance)
    {
        float[] expected = file.Floats(name);
        Assert.Equal(expected.Length, actual.Length);
        double largest = expected.Max(v => Math.Abs((double)v));
        double error = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(float.IsFinite(actual[i]), $"{name}: element {i} is {actual[i]}");
            error = Math.Max(error, Math.Abs((double)expected[i] - actual[i]));
        }
        Assert.True(error <= tolerance * largest, $"{name}: off by {error:G3}, {error / largest:G3} of the largest value {largest:G4}; allowed {tolerance:G2}");
    }
}
