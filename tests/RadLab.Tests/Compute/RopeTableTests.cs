using RadLab.Compute;

namespace RadLab.Tests;

public sealed class RopeTableTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 1 });

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void Entries_are_cosine_and_sine_of_position_times_frequency()
    {
        using var table = new RopeTable(_engine, positions: 5000, headWidth: 12, theta: 500_000);
        float[] cos = table.Cos.ToFloats(), sin = table.Sin.ToFloats();
        for (int t = 0; t < 5000; t++)
        {
            for (int i = 0; i < 6; i++)
            {
                double angle = t / Math.Pow(500_000, 2.0 * i / 12);
                Assert.Equal(Math.Cos(angle), cos[t * 6 + i], 6.1e-8);   // half a unit in the last place of F32, and the angle's own rounding
                Assert.Equal(Math.Sin(angle), sin[t * 6 + i], 6.1e-8);
            }
        }
    }

    [Fact]
    public void Llama_3_1_scaling_keeps_short_waves_stretches_long_ones_and_blends_between()
    {
        using var plain = new RopeTable(_engine, 1, headWidth: 128, theta: 500_000);
        using var scaled = new RopeTable(_engine, 1, headWidth: 128, theta: 500_000, new RopeScaling(8, 1, 4, 8192));
        int kept = 0, stretched = 0, blended = 0;
        for (int i = 0; i < 64; i++)
        {
            double f = plain.Frequencies[i], wavelength = 2 * Math.PI / f;
            double expected;
            if (wavelength < 8192 / 4.0)
            {
                expected = f;
                kept++;
            }
            else if (wavelength > 8192 / 1.0)
            {
                expected = f / 8;
                stretched++;
            }
            else
            {
                double smooth = (8192 / wavelength - 1) / (4 - 1);
                expected = (1 - smooth) * f / 8 + smooth * f;
                blended++;
            }
            Assert.Equal(expected, scaled.Frequencies[i], expected * 1e-14);
        }
        // the real shape of Llama 3.1 exercises all three branches
        Assert.Equal((29, 6, 29), (kept, blended, stretched));
    }

    [Fact]
    public void Scaling_reaches_the_table()
    {
        using var table = new RopeTable(_engine, 3, headWidth: 12, theta: 500_000, new RopeScaling(8, 1, 4, 32));
        Assert.Equal(Math.Cos(2 * table.Frequencies[5]), table.Cos.ToFloats()[2 * 6 + 5], 1e-7);
        Assert.Equal(Math.Pow(500_000, -10.0 / 12) / 8, table.Frequencies[5], 1e-12);
    }

    [Fact]
    public void Wrong_arguments_are_reported()
    {
        string Message(Func<RopeTable> make) => Assert.Throws<ArgumentException>(() => make().Dispose()).Message;
        Assert.Equal("RopeTable: headWidth must be even and positive, got 7.", Message(() => new RopeTable(_engine, 4, 7)));
        Assert.Equal("RopeTable: positions must be 1 to 16777216, got 0.", Message(() => new RopeTable(_engine, 0, 8)));
        Assert.Equal("RopeTable: positions times headWidth 128 must be at most 2147483647; make a shorter table: positions, got 16777216.", Message(() => new RopeTable(_engine, 1 << 24, 128)));
        Assert.Equal("RopeTable: theta must be finite and at least 1, got 0.5.", Message(() => new RopeTable(_engine, 4, 8, 0.5)));
        Assert.Equal("RopeTable: theta must be finite and at least 1, got NaN.", Message(() => new RopeTable(_engine, 4, 8, double.NaN)));
        Assert.Equal("RopeTable: scaling.Factor must be finite and at least 1, got 0.", Message(() => new RopeTable(_engine, 4, 8, 10, new RopeScaling(0, 1, 4, 32))));
        Assert.Equal("RopeTable: scaling.LowFrequencyFactor must be positive, got 0.", Message(() => new RopeTable(_engine, 4, 8, 10, new RopeScaling(8, 0, 4, 32))));
        Assert.Equal("RopeTable: scaling.HighFrequencyFactor must be finite and above LowFrequencyFactor, got 1.", Message(() => new RopeTable(_engine, 4, 8, 10, new RopeScaling(8, 1, 1, 32))));
        Assert.Equal("RopeTable: scaling.OriginalPositions must be positive, got 0.", Message(() => new RopeTable(_engine, 4, 8, 10, new RopeScaling(8, 1, 4, 0))));
    }
}
