using RadLab.Compute;

namespace RadLab.Tests;

public sealed class DecodedScalesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(40)]
    public void Scales_that_stay_decoded_change_no_bit(int rows)
    {
        using var engine = new Engine();
        // a nested block is 256 scales, 85 rows and a third
        using var weight = engine.From(WeightData.Weights(400 * 192, 3), [400, 192]);
        using var quantized = QuantizedWeight.Quantize(weight, WeightFormat.Nf4);
        using var x = engine.From(WeightData.Weights(rows * 192, 4), [rows, 192]);
        var (before, whole) = (Product(), Whole());
        long bytes = quantized.SizeBytes, live = engine.Memory.LiveBytes;

        quantized.KeepScalesDecoded();
        quantized.KeepScalesDecoded();
        Assert.Equal(4 * 400 * 192 / 64, quantized.SizeBytes - bytes);
        Assert.True(quantized.DoubleQuantized);
        Assert.Equal(before, Product());
        Assert.Equal(whole, Whole());

        quantized.Dispose();
        Assert.True(engine.Memory.LiveBytes < live);

        float[] Product()
        {
            using var tape = engine.Tape(recording: false);
            return tape.Nf4Linear(x, quantized).AsSpan<float>().ToArray();
        }

        float[] Whole()
        {
            using var y = quantized.Dequantize();
            return y.AsSpan<float>().ToArray();
        }
    }

    [Fact]
    public void Scales_in_F32_stay_as_they_are()
    {
        using var engine = new Engine();
        using var weight = engine.From(WeightData.Weights(64 * 64, 3), [64, 64]);
        using var quantized = QuantizedWeight.Quantize(weight, WeightFormat.Nf4, doubleQuantization: false);
        long bytes = quantized.SizeBytes;
        quantized.KeepScalesDecoded();
        Assert.Equal(bytes, quantized.SizeBytes);
    }
}
