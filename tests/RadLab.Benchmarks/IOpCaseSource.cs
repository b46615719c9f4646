using RadLab.Compute;

namespace RadLab.Benchmarks;

/// <summary>The cases of one or more ops, found by its type: a new op needs no edit of an existing file.</summary>
internal interface IOpCaseSource
{
    /// <summary>The cases with floats of <paramref name="dtype"/>.</summary>
    IEnumerable<OpCase> Of(DType dtype);
}
