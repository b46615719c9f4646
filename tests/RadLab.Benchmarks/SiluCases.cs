using RadLab.Compute;

namespace RadLab.Benchmarks;

/// <summary>Silu's cases, in a file of their own: the pattern for a new op.</summary>
internal sealed class SiluCases : IOpCaseSource
{
    public IEnumerable<OpCase> Of(DType dtype) => [new OpCase("Silu", dtype, (t, x) => t.Silu(x[0]), [new OpInput([70, 257], dtype)])];
}
