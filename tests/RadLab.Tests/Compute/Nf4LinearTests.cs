using RadLab.Compute;

namespace RadLab.Tests;

public sealed class Nf4LinearTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    public static TheoryData<int, int, int, WeightFormat, bool> Cases
    {
        get
        {
            // rows of x, O, C: rows and columns that no block, tile, or byte divides
            var data = new TheoryData<int, int, int, WeightFormat, bool>();
            foreach (var (rows, O, C) in new[] { (1, 48, 64), (3, 5, 7), (8, 49, 130), (9, 100, 256), (20, 51, 33), (33, 130, 600), (40, 64, 128) })
                foreach (var format in new[] { WeightFormat.Nf4, WeightFormat.Fp4, WeightFormat.Int8 })
                    foreach (bool nested in new[] { false, true })
                        if (!nested || format != WeightFormat.Int8) data.Add(rows, O, C, format, nested);
            return data;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Forward_and_dx_match_the_definition_on_the_decoded_weight(int rows, int O, int C, WeightFormat format, bool nested)
    {
        using var w = Make.Random(_engine, [O, C], seed: 2);
        using var q = QuantizedWeight.Quantize(w, format, 64, nested);
        using var decoded = q.Dequantize();
        foreach (var dtype in new[] { DType.F32, DType.BF16 })
        {
            using var x = Make.Random(_engine, [rows, C], seed: 1, requiresGrad: true, dtype: dtype);
            using var dy = Make.Random(_engine, [rows, O], seed: 3, dtype: dtype);
            using var tape = _engine.Tape();
            var y = tape.Nf4Linear(x, q);
            Tolerances.Close(MatMulTests.Reference(x.Doubles(), false, decoded.Doubles(), true, rows, O, C), y.Doubles(), Tolerances.Of(dtype), "y");
            tape.Backward(y, dy);
            Tolerances.Close(MatMulTests.Reference(dy.Doubles(), false, decoded.Doubles(), false, rows, C, O), x.Gradient!.Value.Doubles(), Tolerances.Of(dtype), "dx");
        }
    }

    [Theory, InlineData(true), InlineData(false)]
    public void More_than_16_rows_give_the_bits_of_a_linear_layer_with_the_decoded_weight(bool nested)
    {
        using var w = Make.Random(_engine, [100, 300], seed: 2);
        using var q = QuantizedWeight.Quantize(w, doubleQuantization: nested);
        using var decoded = q.Dequantize();
        using var x = Make.Random(_engine, [40, 300], seed: 1);
        using var tape = _engine.Tape(recording: false);
        Assert.Equal(tape.Linear(x, decoded).ToFloats(), tape.Nf4Linear(x, q).ToFloats());
    }

    // Chunks of the joint work begin and end inside each weight; 9 rows and BF16 go one by one.
    [Theory, InlineData(1, DType.F32), InlineData(3, DType.F32), InlineData(8, DType.F32), InlineData(9, DType.F32), InlineData(1, DType.BF16)]
    public void Maps_of_one_input_have_the_bits_that_each_has_alone(int rows, DType dtype)
    {
        using var w = Make.Random(_engine, [150, 320], seed: 2);
        using var u = Make.Random(_engine, [700, 320], seed: 3);
        using var first = QuantizedWeight.Quantize(w);
        using var second = QuantizedWeight.Quantize(u, doubleQuantization: false);
        using var third = QuantizedWeight.Quantize(w, WeightFormat.Fp4);
        using var other = QuantizedWeight.Quantize(w, blockSize: 32);
        using var x = Make.Random(_engine, [rows, 320], seed: 1, dtype: dtype);
        using var tape = _engine.Tape(recording: false);
        float[] a = tape.Nf4Linear(x, first).ToFloats(), b = tape.Nf4Linear(x, second).ToFloats(), c = tape.Nf4Linear(x, third).ToFloats();
        var three = tape.Nf4Linear(x, first, second, third);
        Assert.Equal(a, three.First.ToFloats());
        Assert.Equal(b, three.Second.ToFloats());
        Assert.Equal(c, three.Third.ToFloats());
        var two = tape.Nf4Linear(x, second, other);
        Assert.Equal(b, two.First.ToFloats());
        Assert.Equal(tape.Nf4Linear(x, other).ToFloats(), two.Second.ToFloats());
    }

    [Fact]
    public void Maps_of_one_input_have_the_gradient_of_both()
    {
        using var w = Make.Random(_engine, [6, 64], seed: 2);
        using var u = Make.Random(_engine, [6, 64], seed: 3);
        using var first = QuantizedWeight.Quantize(w);
        using var second = QuantizedWeight.Quantize(u);
        using var x = Make.Random(_engine, [2, 64], seed: 1, requiresGrad: true);
        GradCheck.Run(_engine, t =>
        {
            var (a, b, _) = t.Nf4Linear(x, first, second);
            return t.Mul(a, b);
        }, x);
    }

    [Fact]
    public void Backward_matches_finite_differences()
    {
        using var w = Make.Random(_engine, [6, 70], seed: 2);
        using var q = QuantizedWeight.Quantize(w);
        using var x = Make.Random(_engine, [2, 70], seed: 1, requiresGrad: true);
        GradCheck.Run(_engine, t => t.Nf4Linear(x, q), x);
    }

    [Fact]
    public void No_full_decoded_matrix_ever_exists()
    {
        const int O = 1024, C = 1024;
        using var w = Make.Random(_engine, [O, C], seed: 2);
        using var q = QuantizedWeight.Quantize(w);
        w.Dispose();
        using var x = Make.Random(_engine, [32, C], seed: 1, requiresGrad: true);
        using var dy = Make.Random(_engine, [32, O], seed: 3);
        using var tape = _engine.Tape();
        _engine.ResetPeak();
        long before = _engine.Memory.LiveBytes;
        tape.Backward(tape.Nf4Linear(x, q), dy);
        // y, its gradient, dx, and the packed block of 384 × N: half of the matrix would already be 2 MiB
        long most = (3L * 32 * 1024 + 384L * (1024 + 48 + 64)) * 4;
        Assert.InRange(_engine.Memory.PeakBytes - before, 1, most + 4096);
    }

    [Fact]
    public void Its_size_is_4_127_bits_per_weight_with_double_quantization()
    {
        using var w = Make.Random(_engine, [512, 512], seed: 2);
        using var plain = QuantizedWeight.Quantize(w, doubleQuantization: false);
        using var nested = QuantizedWeight.Quantize(w);
        Assert.Equal(4.5, plain.SizeBytes * 8.0 / w.Count, 6);
        Assert.Equal(4.127, (nested.SizeBytes - 1024) * 8.0 / w.Count, 3);   // without the map of 256 floats, which does not grow
    }

    [Fact]
    public void A_wrong_width_and_a_weight_with_nan_are_reported()
    {
        using var w = Make.Random(_engine, [4, 64], seed: 2);
        using var q = QuantizedWeight.Quantize(w);
        using var x = _engine.Zeros([2, 3]);
        using var tape = _engine.Tape();
        var e = Assert.Throws<ArgumentException>(() => tape.Nf4Linear(x, q));
        Assert.Equal("Nf4Linear: x must have 64 columns like weight (4, 64), got (2, 3).", e.Message);

        using var right = _engine.Zeros([2, 64]);
        using var wide = Make.Random(_engine, [4, 96], seed: 3);
        using var other = QuantizedWeight.Quantize(wide);
        e = Assert.Throws<ArgumentException>(() => tape.Nf4Linear(right, q, other));
        Assert.Equal("Nf4Linear: x must have 96 columns like weight (4, 96), got (2, 64).", e.Message);

        w.AsSpan<float>()[70] = float.NaN;
        e = Assert.Throws<ArgumentException>(() => QuantizedWeight.Quantize(w));
        Assert.Equal("QuantizedWeight: weight must be finite, but element 70 is not; check the checkpoint it comes from.", e.Message);
        e = Assert.Throws<ArgumentException>(() => QuantizedWeight.Quantize(w, WeightFormat.F32));
        Assert.Equal("QuantizedWeight: format must be Nf4, Fp4 or Int8, got F32.", e.Message);
    }
}
