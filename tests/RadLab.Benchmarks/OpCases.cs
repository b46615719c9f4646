using RadLab.Compute;

namespace RadLab.Benchmarks;

/// <summary>
/// Every op of the engine with inputs to call it on, in F32 and in BF16: results and gradients are compared over instruction sets, numbers of threads and
/// paged memory. A new op brings its cases in a file of its own, as a class that implements <see cref="IOpCaseSource"/>.
/// </summary>
internal static class OpCases
{
    public static IEnumerable<OpCase> All => [.. Of(DType.F32), .. Of(DType.BF16), .. Added(DType.F32), .. Added(DType.BF16)];

    private static IEnumerable<OpCase> Added(DType dtype) => typeof(OpCases).Assembly.GetTypes()
        .Where(type => type.IsClass && !type.IsAbstract && typeof(IOpCaseSource).IsAssignableFrom(type))
        .OrderBy(type => type.Name, StringComparer.Ordinal)
        .SelectMany(type => ((IOpCaseSource)Activator.CreateInstance(type)!).Of(dtype));

    // Shapes of several chunks, so that threads share the work, and of widths that leave a tail behind 16 lanes.
    private static OpCase[] Of(DType dtype)
    {
        OpInput F(params int[] shape) => new(shape, dtype);
        OpInput Frozen(params int[] shape) => new(shape, dtype, Trains: false);
        OpInput Single(params int[] shape) => new(shape, DType.F32);
        OpInput Ids(int below, params int[] shape) => new(shape, DType.I32, Trains: false, Below: below);
        OpCase Op(string name, Func<Tape, OpInputs, Tensor> call, params OpInput[] inputs) => new(name, dtype, call, inputs);
        var key = new RandomKey(1, 2, 3);

        return
        [
            Op("Add", (t, x) => t.Add(x[0], x[1]), F(70, 257), F(70, 257)),
            Op("Add bias", (t, x) => t.Add(x[0], x[1]), F(70, 257), F(257)),
            Op("Attention", (t, x) => t.Attention(x[0], x[1], x[2], new AttentionOptions { Causal = true }), F(2, 70, 4, 24), F(2, 70, 2, 24), F(2, 70, 2, 24)),
            Op("Attention packed", (t, x) => t.Attention(x[0], x[1], x[2], new AttentionOptions { Segments = x[3], Lengths = x[4] }), F(2, 33, 3, 16), F(2, 33, 3, 16), F(2, 33, 3, 16), Ids(2, 2, 33), Ids(33, 2)),
            Op("AttentionDecode", (t, x) => t.AttentionDecode(x[0], x[1], x[2], x[3], x[4]), Frozen(3, 2, 6, 24), Frozen(4, 2, 130, 24), Frozen(4, 2, 130, 24), Ids(130, 3, 2), Ids(4, 3)),
            Op("Cast", (t, x) => t.Cast(x[0], dtype == DType.F32 ? DType.BF16 : DType.F32), F(70, 257)),
            Op("Concat", (t, x) => t.Concat(1, x[0], x[1], x[0]), F(7, 5, 33), F(7, 2, 33)),
            Op("CrossEntropy", (t, x) => t.CrossEntropy(x[0], x[1]), F(37, 257), Ids(257, 37)),
            Op("DoraScale", (t, x) => t.DoraScale(x[0], x[1], x[2], x[3], x[4], 0.5f), F(33, 97), Single(97), Frozen(97, 130), Single(8, 130), Single(97, 8)),
            Op("DoraScale Nf4", (t, x) => t.DoraScale(x[0], x[1], x.Quantized(2, WeightFormat.Nf4), x[3], x[4], 0.5f), F(33, 97), Single(97), Frozen(97, 131), Single(8, 131), Single(97, 8)),
            Op("Dropout", (t, x) => t.Dropout(x[0], 0.3f, key), F(70, 257)),
            Op("Embedding", (t, x) => t.Embedding(x[0], x[1]), Ids(19, 3, 40), F(19, 65)),
            Op("Gelu", (t, x) => t.Gelu(x[0]), F(70, 257)),
            Op("Gelu tanh", (t, x) => t.Gelu(x[0], GeluForm.Tanh), F(70, 257)),
            Op("LayerNorm", (t, x) => t.LayerNorm(x[0], x[1], x[2]), F(70, 257), F(257), F(257)),
            Op("Linear", (t, x) => t.Linear(x[0], x[1], x[2]), F(2, 65, 130), F(201, 130), F(201)),
            Op("Linear of one row", (t, x) => t.Linear(x[0], x[1]), F(1, 257), F(130, 257)),
            Op("LinearCrossEntropy", (t, x) => t.LinearCrossEntropy(x[0], x[1], x[2]), F(37, 65), F(201, 65), Ids(201, 37)),
            Op("LoraLinear", (t, x) => t.LoraLinear(x[0], x[1], x[0], x[2], x[3], 0.5f), F(33, 130), Frozen(97, 130), F(8, 130), F(97, 8)),
            Op("LoraLinear Nf4", (t, x) => t.LoraLinear(x[0], x.Quantized(1, WeightFormat.Nf4), x[2], x[3], x[4], 0.5f), F(33, 128), Frozen(97, 128), F(33, 128), F(8, 128), F(97, 8)),
            Op("MatMul", (t, x) => t.MatMul(x[0], x[1]), F(2, 37, 130), F(2, 130, 201)),
            Op("MatMul transposed", (t, x) => t.MatMul(x[0], x[1], transposeA: true, transposeB: true), F(130, 67), F(201, 130)),
            Op("Mean", (t, x) => t.Mean(x[0]), F(70, 257)),
            Op("Mul", (t, x) => t.Mul(x[0], x[1]), F(70, 257), F(70, 257)),
            Op("Nf4Linear", (t, x) => t.Nf4Linear(x[0], x.Quantized(1, WeightFormat.Nf4)), F(33, 128), Frozen(97, 128)),
            Op("Nf4Linear of one row", (t, x) => t.Nf4Linear(x[0], x.Quantized(1, WeightFormat.Fp4)), new OpInput([1, 128], dtype, Trains: false), Frozen(97, 128)),
            Op("Nf4Linear Int8", (t, x) => t.Nf4Linear(x[0], x.Quantized(1, WeightFormat.Int8)), F(33, 128), Frozen(97, 128)),
            Op("Reshape", (t, x) => t.Reshape(x[0], [257, 70]), F(70, 257)),
            Op("RmsNorm", (t, x) => t.RmsNorm(x[0], x[1]), F(70, 257), F(257)),
            Op("Rope", (t, x) => t.Rope(x[0], x.Rope(64, 24), start: 5), F(2, 33, 3, 24)),
            Op("Rope positions", (t, x) => t.Rope(x[0], x.Rope(64, 24), x[1]), F(2, 33, 3, 24), Ids(64, 2, 33)),
            Op("Scale", (t, x) => t.Scale(x[0], 0.3f), F(70, 257)),
            Op("Slice", (t, x) => t.Slice(x[0], 1, 3, 5), F(9, 11, 33)),
            Op("Softmax", (t, x) => t.Softmax(x[0]), F(70, 257)),
            Op("Sum", (t, x) => t.Sum(x[0]), F(70, 257)),
            Op("SwiGlu", (t, x) => t.SwiGlu(x[0], x[1]), F(70, 257), F(70, 257)),
            Op("Transpose", (t, x) => t.Transpose(x[0]), F(3, 37, 65)),
            Op("Transpose heads", (t, x) => t.Transpose(x[0], 1, 2), F(3, 17, 4, 33)),
        ];
    }
}
