using RadLab.Compute;

namespace RadLab.Tests;

/// <summary>The loop behind the gradients of shared weights, seen through RmsNorm: all paths (64 columns, 16, a tail) and all pairs of dtypes.</summary>
public sealed class ColumnSumsTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    public static TheoryData<DType, DType> DTypePairs => Make.Rows([DType.F32, DType.BF16], [DType.F32, DType.BF16]);

    [Theory, MemberData(nameof(DTypePairs))]
    public void A_weight_gradient_sums_every_row_of_its_column(DType dtype, DType weightDType)
    {
        foreach (int C in new[] { 1, 16, 63, 64, 65, 80, 128, 200 })
        {
            using var x = Make.Random(_engine, [30, C], seed: 1, dtype: dtype);
            using var w = Make.Random(_engine, [C], seed: 2, requiresGrad: true, dtype: weightDType);
            using var dy = Make.Random(_engine, [30, C], seed: 3, dtype: dtype);
            using var tape = _engine.Tape();

            // twice: a gradient that is already there is added to
            for (int i = 0; i < 2; i++)
            {
                tape.Backward(tape.RmsNorm(x, w), dy);
                tape.Reset();
            }

            var (values, up, expected) = (x.Doubles(), dy.Doubles(), new double[C]);
            for (int r = 0; r < 30; r++)
            {
                double s = 1 / Math.Sqrt(values.Skip(r * C).Take(C).Average(v => v * v) + 1e-5f);
                for (int c = 0; c < C; c++) expected[c] += 2 * up[r * C + c] * values[r * C + c] * s;
            }
            Tolerances.Close(expected, w.Gradient!.Value.Doubles(), Tolerances.Of(weightDType), $"C = {C}");
        }
    }
}
