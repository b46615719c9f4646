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
        Parameters = [.. (shapes ?? Shapes).Select((shape, i) => new Parameter($"p{i}", Make.Random(Engine, shape, seed: i, dtype: dtype), trainable: true))];
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
            using var c = Make.Random(Engine, Parameters[i].Shape, seed: 1000 * step + i, dtype: Parameters[i].Value.DType);
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

    /// <summary>The state by name; pieces put together.</summary>
    public static Dictionary<string, string> StateOf(Optimizer optimizer) => optimizer.State().GroupBy(s => s.Key, s => s.Value)
        .ToDictionary(g => g.Key, g => Convert.ToHexString([.. g.SelectMany(Bytes)]));

    public void Dispose()
    {
        foreach (var p in Parameters) p.Dispose();
        Engine.Dispose();
        _folder.Dispose();
    }

    private static unsafe byte[] Bytes(Tensor t)
    {
        using var lease = t.Acquire();
        return new ReadOnlySpan<byte>(lease.Pointer, (int)t.SizeBytes).ToArray();
    }
}
