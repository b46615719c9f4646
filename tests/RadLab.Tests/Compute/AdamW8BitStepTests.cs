using RadLab.Compute;

namespace RadLab.Tests;

public sealed class AdamW8BitStepTests : IDisposable
{
    private const int Block = 256;

    private static readonly AdamWSettings s_settings = new(LearningRate: 0.02, Beta1: 0.9, Beta2: 0.95, Epsilon: 1e-6, WeightDecay: 0.1);

    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    public static TheoryData<int> Sizes => [.. Make.Widths, 256, 512 + 13, 40_001];

    // Scalar arithmetic in the stated order, the maps rebuilt from their definition, the nearest code by search: nothing of the kernel is used.
    private sealed class Reference(float[] p)
    {
        private static readonly float[] s_signed = Map(signed: true), s_unsigned = Map(signed: false);

        public readonly float[] P = [.. p];
        public readonly byte[] M = new byte[p.Length], V = new byte[p.Length];
        public readonly float[] MeanAbsmax = new float[(p.Length + Block - 1) / Block], SquareAbsmax = new float[(p.Length + Block - 1) / Block];

        public void Step(float[] gradient, AdamWSettings s, int t, float scale)
        {
            float decay = (float)(1 - s.LearningRate * s.WeightDecay), rate = (float)(s.LearningRate / (1 - Power(s.Beta1, t))), root = (float)Math.Sqrt(1 - Power(s.Beta2, t));
            for (int block = 0; block < MeanAbsmax.Length; block++)
            {
                int first = block * Block, end = Math.Min(P.Length, first + Block);
                float[] m = new float[end - first], v = new float[end - first];
                for (int i = first; i < end; i++)
                {
                    float g = gradient[i] * scale;
                    float nextM = MathF.FusedMultiplyAdd(g, (float)(1 - s.Beta1), s_signed[M[i]] * MeanAbsmax[block] * (float)s.Beta1);
                    float nextV = MathF.FusedMultiplyAdd(g * (float)(1 - s.Beta2), g, s_unsigned[V[i]] * SquareAbsmax[block] * (float)s.Beta2);
                    if (!float.IsFinite(nextM) || !float.IsFinite(nextV)) continue;
                    P[i] = MathF.FusedMultiplyAdd(-rate, nextM / (MathF.Sqrt(nextV) / root + (float)s.Epsilon), P[i] * decay);
                    (m[i - first], v[i - first]) = (nextM, nextV);
                }
                MeanAbsmax[block] = m.Max(MathF.Abs);
                SquareAbsmax[block] = v.Max();
                for (int i = first; i < end; i++)
                {
                    M[i] = Nearest(s_signed, m[i - first], MeanAbsmax[block]);
                    if (m[i - first] < 0 && s_signed[M[i]] == 0) M[i]--;
                    V[i] = Nearest(s_unsigned, v[i - first], SquareAbsmax[block]);
                }
            }
        }

        private static byte Nearest(float[] map, float x, float absmax)
        {
            if (absmax == 0) return (byte)Array.IndexOf(map, 0f);
            float scaled = x * (1f / absmax);
            int code = 0;
            while (code < 255 && scaled > (map[code] + map[code + 1]) * 0.5f) code++;
            return (byte)code;
        }

        private static double Power(double x, int n) => n == 0 ? 1 : n % 2 == 0 ? Power(x * x, n / 2) : x * Power(x, n - 1);

        private static float[] Map(bool signed)
        {
            var values = new List<double> { 0, 1 };
            for (int i = 0; i < 7; i++)
            {
                int cells = signed ? 1 << i : 2 << i;
                for (int j = 0; j < cells; j++)
                {
                    double low = 0.1 + 0.9 * j / cells, high = 0.1 + 0.9 * (j + 1) / cells, value = (low + high) / 2 / Math.Round(Math.Pow(10, 6 - i));
                    values.Add(value);
                    if (signed) values.Add(-value);
                }
            }
            return [.. values.Order().Select(v => (float)v)];
        }
    }

    private AdamW8BitState NewState(int n)
    {
        int blocks = (n + Block - 1) / Block;
        return new(_engine.Zeros([n], DType.U8), _engine.Zeros([blocks]), _engine.Zeros([n], DType.U8), _engine.Zeros([blocks]));
    }

    private static void Free(AdamW8BitState s)
    {
        foreach (var t in new[] { s.MeanCodes, s.MeanAbsmax, s.SquareCodes, s.SquareAbsmax }) t.Dispose();
    }

    // gradients over many orders of magnitude, so that all decades of the maps occur, with zeros and negative zeros among them
    private static float[] Gradient(int n, int seed) => [.. Make.Values(n, seed).Select((v, i) => i % 7 == 3 ? 0 : i % 11 == 5 ? -0f : v * v * v * v * v)];

    [Theory, MemberData(nameof(Sizes))]
    public void Several_steps_are_the_scalar_definition_bit_for_bit(int n)
    {
        float[] start = Make.Values(n, seed: 1);
        using var p = _engine.From(start, [n]);
        var state = NewState(n);
        var reference = new Reference(start);
        for (int t = 1; t <= 6; t++)
        {
            float[] values = Gradient(n, 100 + t);
            using var g = _engine.From(values, [n]);
            AdamW8BitStep.Apply(p, g, state, s_settings, t, gradientScale: 0.3f);
            reference.Step(values, s_settings, t, 0.3f);

            Assert.Equal(reference.MeanAbsmax, state.MeanAbsmax.ToFloats());
            Assert.Equal(reference.SquareAbsmax, state.SquareAbsmax.ToFloats());
            Assert.Equal(reference.M, state.MeanCodes.AsSpan<byte>().ToArray());
            Assert.Equal(reference.V, state.SquareCodes.AsSpan<byte>().ToArray());
            Assert.Equal(reference.P, p.ToFloats());
        }
        Free(state);
    }

    [Theory, InlineData(float.NaN), InlineData(float.PositiveInfinity), InlineData(float.NegativeInfinity), InlineData(3e30f)]
    public void An_element_whose_gradient_is_not_finite_is_skipped_and_forgets_its_means(float bad)
    {
        const int n = 600, at = 300;
        float[] start = Make.Values(n, seed: 1), first = Gradient(n, 2), second = Gradient(n, 3);
        using var p = _engine.From(start, [n]);
        using var g1 = _engine.From(first, [n]);
        var state = NewState(n);
        var reference = new Reference(start);
        AdamW8BitStep.Apply(p, g1, state, s_settings, 1);
        reference.Step(first, s_settings, 1, 1);
        float before = p.ToFloats()[at];
        second[at] = bad;
        using var g2 = _engine.From(second, [n]);

        AdamW8BitStep.Apply(p, g2, state, s_settings, 2);

        reference.Step(second, s_settings, 2, 1);
        Assert.Equal(before, p.ToFloats()[at]);
        Assert.Equal(0f, DynamicMap.Signed.Values[state.MeanCodes.AsSpan<byte>()[at]]);
        Assert.Equal(0f, DynamicMap.Unsigned.Values[state.SquareCodes.AsSpan<byte>()[at]]);
        Assert.Equal(reference.P, p.ToFloats());
        Assert.All(state.SquareAbsmax.ToFloats(), a => Assert.True(float.IsFinite(a)));
        Free(state);
    }

    [Fact]
    public void A_small_negative_mean_does_not_become_zero()
    {
        using var p = _engine.Zeros([2]);
        using var g = _engine.From([1f, -1e-9f], [2]);
        var state = NewState(2);
        AdamW8BitStep.Apply(p, g, state, s_settings, 1);
        Assert.Equal(DynamicMap.Signed.ZeroCode - 1, state.MeanCodes.AsSpan<byte>()[1]);
        Free(state);
    }

    // 300 and 40,000 numbers: pieces that end within a block and pieces of several chunks
    [Theory, InlineData(DType.F32), InlineData(DType.BF16)]
    public void Pieces_give_the_bits_of_the_whole_and_a_master_those_of_the_parameter(DType dtype)
    {
        const int n = 40_300, cut = 256 * 7;
        using var p = Make.Random(_engine, [n], seed: 1, dtype: DType.BF16);
        using var whole = _engine.From(p.ToFloats(), [n]);
        using var pieces = _engine.From(p.ToFloats(), [n], dtype);
        using var g = Make.Random(_engine, [n], seed: 2);
        var state = NewState(n);
        ElementRange[] ranges = [new(0, cut), new(cut, n - cut)];
        var parts = ranges.Select(r => (Range: r, State: NewState((int)r.Count), Master: _engine.Empty([(int)r.Count]))).ToList();
        foreach (var part in parts)
            if (dtype == DType.BF16) AdamWStep.TakeMaster(pieces, part.Master, part.Range);
        for (int t = 1; t <= 3; t++)
        {
            AdamW8BitStep.Apply(whole, g, state, s_settings, t);
            foreach (var part in parts) AdamW8BitStep.Apply(pieces, g, part.State, s_settings, t, master: dtype == DType.BF16 ? part.Master : null, range: part.Range);
        }
        Assert.Equal(state.MeanCodes.AsSpan<byte>().ToArray(), parts.SelectMany(x => x.State.MeanCodes.AsSpan<byte>().ToArray()));
        Assert.Equal(state.SquareAbsmax.ToFloats(), parts.SelectMany(x => x.State.SquareAbsmax.ToFloats()));
        if (dtype == DType.BF16) Assert.Equal(whole.ToFloats(), parts.SelectMany(x => x.Master.ToFloats()));
        Assert.Equal(Array.ConvertAll(whole.ToFloats(), v => dtype == DType.BF16 ? BFloat16.ToSingle(BFloat16.FromSingle(v)) : v), pieces.ToFloats());
        Free(state);
        foreach (var part in parts)
        {
            Free(part.State);
            part.Master.Dispose();
        }
    }

    [Fact]
    public void It_allocates_nothing()
    {
        using var p = Make.Random(_engine, [1000], seed: 1);
        using var g = Make.Random(_engine, [1000], seed: 2);
        var state = NewState(1000);
        Warm.AssertNoAllocation(_engine, _ => AdamW8BitStep.Apply(p, g, state, s_settings, 3));
        Free(state);
    }

    [Fact]
    public void Wrong_arguments_are_reported()
    {
        using var p = _engine.Zeros([600]);
        using var half = _engine.Zeros([600], DType.BF16);
        var state = NewState(600);
        var small = NewState(40);
        Assert.Equal("AdamW8BitStep: parameter must be F32, got BF16.", Message(() => AdamW8BitStep.Apply(half, p, state, s_settings, 1)));
        Assert.Equal("AdamW8BitStep: parameter must be BF16, got F32.", Message(() => AdamW8BitStep.Apply(p, p, state, s_settings, 1, master: p)));
        Assert.Equal("AdamW8BitStep: gradient must be F32, got BF16.", Message(() => AdamW8BitStep.Apply(p, half, state, s_settings, 1)));
        Assert.Equal("AdamW8BitStep: state.MeanCodes must have shape (600), got (40).", Message(() => AdamW8BitStep.Apply(p, p, state with { MeanCodes = small.MeanCodes }, s_settings, 1)));
        Assert.Equal("AdamW8BitStep: state.MeanAbsmax must have shape (3), got (1).", Message(() => AdamW8BitStep.Apply(p, p, state with { MeanAbsmax = small.MeanAbsmax }, s_settings, 1)));
        Assert.Equal("AdamW8BitStep: state.SquareCodes must be U8, got F32.", Message(() => AdamW8BitStep.Apply(p, p, state with { SquareCodes = p }, s_settings, 1)));
        Assert.Equal("AdamW8BitStep: state.SquareAbsmax must have shape (3), got (1).", Message(() => AdamW8BitStep.Apply(p, p, state with { SquareAbsmax = small.SquareAbsmax }, s_settings, 1)));
        Assert.Equal("AdamW8BitStep: step must be 1 or more, got 0.", Message(() => AdamW8BitStep.Apply(p, p, state, s_settings, 0)));
        Assert.Equal("AdamW8BitStep: gradientScale must be finite and 0 or more, got -1.", Message(() => AdamW8BitStep.Apply(p, p, state, s_settings, 1, gradientScale: -1)));
        Assert.Equal("AdamW8BitStep: range.First must be a multiple of 256, got 40.", Message(() => AdamW8BitStep.Apply(p, p, small, s_settings, 1, range: new ElementRange(40, 40))));
        Assert.Equal("AdamW8BitStep: range must lie in the 600 elements of parameter and hold at most 2147483647, got 89 from 512 on.", Message(() => AdamW8BitStep.Apply(p, p, small, s_settings, 1, range: new ElementRange(512, 89))));
        Free(state);
        Free(small);

        static string Message(Action action) => Assert.Throws<ArgumentException>(action).Message;
    }
}
