using System.Security.Cryptography;
using RadLab.Compute;
using RadLab.Training;

namespace RadLab.Tests;

/// <summary>A few parameters of several sizes, and steps on them with gradients that depend on the step alone.</summary>
internal sealed class OptimizerFixture : IDisposable
{
    // below and above the 4096 of 8-bit states, a multiple of 256 and none, and one larger than a page of the smallest budget
    public static readonly int[][] Shapes = [[7], [4095], [4096], [33, 257], [600, 513]];

    private readonly TemporaryFolder _folder = new();

    public OptimizerFixture(DType dtype = DType.F32, int threads = 2, int[][]? shapes = null)
    {
        Engine = new Engine(new EngineOptions { Threads = threads });
        Parameters = [.. (shapes ?? Shapes).Select((shape, i) => new Parameter($"p{i}", Engine.From(Numbers(((Shape)shape).Count, -1 - i), shape, dtype), trainable: true))];
    }

    public Engine Engine { get; }

    public Parameter[] Parameters { get; }

    public string Folder => _folder.Path;

    public IReadOnlyList<ParameterGroup> Groups => [new("first", Parameters[..2]) { WeightDecay = 0.2 }, new("second", Parameters[2..]) { LearningRateFactor = 3 }];

    public Optimizer New(OptimizerSettings settings) => Optimizer.Create(Engine, Groups, settings, Folder);

    // loss = sum of c p: the gradient is c
    public void Backward(int step)
    {
        using var tape = Engine.Tape();
        for (int i = 0; i < Parameters.Length; i++)
        {
            using var c = Engine.From(Numbers(Parameters[i].Shape.Count, 1000 * step + i), Parameters[i].Shape, Parameters[i].Value.DType);
            tape.Backward(tape.Sum(tape.Mul(Parameters[i].Value, c)));
            tape.Reset();
        }
    }

    public void Steps(Optimizer optimizer, int first, int count)
    {
        for (int step = first; step < first + count; step++)
        {
            Backward(step);
            optimizer.Step(0.01 / (step + 1));
        }
    }

    public float[][] Values => [.. Parameters.Select(p => p.Value.ToFloats())];

    /// <summary>The hash of each part of the state by its name; pieces put together.</summary>
    public static Dictionary<string, string> StateOf(Optimizer optimizer) => optimizer.State().GroupBy(s => s.Key, s => s.Value).ToDictionary(g => g.Key, g =>
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var t in g) Append(hash, t);
        return Convert.ToHexString(hash.GetHashAndReset());
    });

    public void Dispose()
    {
        foreach (var p in Parameters) p.Dispose();
        Engine.Dispose();
        _folder.Dispose();
    }

    // from -1 to 1; megabytes of them, so faster than Random
    private static float[] Numbers(long count, int seed)
    {
        var values = new float[count];
        uint state = (uint)seed * 2654435761u + 12345;
        for (int i = 0; i < values.Length; i++)
        {
            state = state * 1664525 + 1013904223;
            values[i] = (int)state / 2147483648f;
        }
        return values;
    }

    private static unsafe void Append(IncrementalHash hash, Tensor t)
    {
        using var lease = t.Acquire();
        hash.AppendData(new ReadOnlySpan<byte>(lease.Pointer, (int)t.SizeBytes));
    }
}
