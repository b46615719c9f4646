using RadLab.Compute;

namespace RadLab.Tests;

public sealed class TensorDataTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    [Theory, InlineData(1), InlineData(15), InlineData(16), InlineData(1000)]
    public void Floats_go_in_and_come_out_unchanged(int count)
    {
        float[] values = Make.Values(count, seed: 3);
        using var t = _engine.From(values, [count]);
        Assert.Equal(values, t.ToFloats());
    }

    [Fact]
    public void Values_are_rounded_to_BF16_to_nearest_even()
    {
        // 1 + 2^-8 is half way between 1 and 1 + 2^-7, and 1 + 3·2^-8 between 1 + 2^-7 and 1 + 2^-6
        float[] values = [1f + 1f / 256, 1f + 3f / 256, -0f, float.PositiveInfinity, float.NegativeInfinity, float.NaN, float.MaxValue, float.Epsilon];
        using var t = _engine.From(values, [8], DType.BF16);
        float[] back = t.ToFloats();
        Assert.Equal(1f, back[0]);
        Assert.Equal(1f + 1f / 64, back[1]);
        Assert.True(float.IsNegative(back[2]) && back[2] == 0);
        Assert.Equal(float.PositiveInfinity, back[3]);
        Assert.Equal(float.NegativeInfinity, back[4]);
        Assert.True(float.IsNaN(back[5]));
        Assert.Equal(float.PositiveInfinity, back[6]);
        Assert.Equal(0f, back[7]);
    }

    [Fact]
    public void Every_BF16_pattern_survives_a_round_trip_through_F32()
    {
        for (int bits = 0; bits <= ushort.MaxValue; bits++)
        {
            float wide = BFloat16.ToSingle((ushort)bits);
            ushort back = BFloat16.FromSingle(wide);
            if (float.IsNaN(wide)) Assert.True(float.IsNaN(BFloat16.ToSingle(back)));
            else Assert.Equal(bits, back);
        }
    }

    [Fact]
    public void Signalling_NaN_that_would_round_to_infinity_stays_NaN()
    {
        float signalling = BitConverter.UInt32BitsToSingle(0x7F800001);
        Assert.True(float.IsNaN(BFloat16.ToSingle(BFloat16.FromSingle(signalling))));
    }

    [Fact]
    public void Integers_go_in_and_come_out_unchanged()
    {
        using var t = _engine.From([1, -2, int.MaxValue], [3]);
        Assert.Equal(DType.I32, t.DType);
        Assert.Equal([1, -2, int.MaxValue], t.ToInts());
    }

    [Fact]
    public void Zeros_are_zero_also_in_reused_memory()
    {
        var t = _engine.From(Make.Values(5000, 1), [5000]);
        t.Dispose();
        using var zeros = _engine.Zeros([5000]);
        Assert.All(zeros.ToFloats(), v => Assert.Equal(0f, v));
    }

    [Fact]
    public void Scalars_and_empty_tensors_are_tensors()
    {
        using var scalar = _engine.From([2.5f], []);
        Assert.Equal(2.5f, scalar.Item());
        using var empty = _engine.From(ReadOnlySpan<float>.Empty, [0, 4]);
        Assert.Empty(empty.ToFloats());
        empty.Clear();
    }

    [Fact]
    public void An_element_type_that_does_not_fit_is_reported()
    {
        using var f = _engine.Zeros([2]);
        using var b = _engine.Zeros([2], DType.BF16);
        using var i = _engine.Zeros([2], DType.I32);
        using var l = _engine.Zeros([2], DType.I64);
        using var u = _engine.Zeros([2], DType.U8);
        Assert.Equal("AsSpan: a F32 tensor cannot be read as Int32.", Assert.Throws<ArgumentException>(() => f.AsSpan<int>()).Message);
        Assert.Throws<ArgumentException>(() => b.AsSpan<float>());
        Assert.Throws<ArgumentException>(() => i.AsSpan<float>());
        Assert.Throws<ArgumentException>(() => l.AsSpan<int>());
        Assert.Throws<ArgumentException>(() => u.AsSpan<sbyte>());
        Assert.Equal([0L, 0], l.AsSpan<long>().ToArray());
        Assert.Equal([0, 0], u.AsSpan<byte>().ToArray());
        Assert.Equal([0, 0], b.AsSpan<ushort>().ToArray());
        Assert.Equal("ToFloats: needs F32 or BF16, got I32.", Assert.Throws<ArgumentException>(() => i.ToFloats()).Message);
        Assert.Equal("ToInts: needs I32, got F32.", Assert.Throws<ArgumentException>(() => f.ToInts()).Message);
        Assert.Equal("CopyFrom: floats need an F32 or BF16 tensor, got I32.", Assert.Throws<ArgumentException>(() => i.CopyFrom([1f, 2f])).Message);
        Assert.Equal("CopyFrom: integers need an I32 tensor, got F32.", Assert.Throws<ArgumentException>(() => f.CopyFrom([1, 2])).Message);
        Assert.Equal("Item: needs one element, got shape (2).", Assert.Throws<ArgumentException>(() => f.Item()).Message);
        Assert.Equal("CopyFrom: a tensor of shape (2) needs 2 values, got 3.", Assert.Throws<ArgumentException>(() => f.CopyFrom([1f, 2f, 3f])).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => _engine.Empty([2], (DType)99));
    }

    [Fact]
    public void A_tensor_with_more_elements_than_a_span_holds_says_how_to_read_it()
    {
        // 2 GiB of address space; no page of it is touched
        using var big = _engine.Empty([2, 1 << 30], DType.U8);
        var e = Assert.Throws<ArgumentException>(() => big.AsSpan<byte>());
        Assert.Equal("AsSpan: a tensor of shape (2, 1073741824) has 2147483648 elements and a span holds at most 2147483647; read it by Rows.", e.Message);
        Assert.Equal(1 << 30, big.Rows(1, 1).AsSpan<byte>().Length);
    }

    [Fact]
    public void A_constructor_that_fails_leaves_no_memory_behind()
    {
        Assert.Throws<ArgumentException>(() => _engine.From([1f, 2f, 3f], [2]));
        Assert.Throws<ArgumentException>(() => _engine.From([1, 2, 3], [2]));
        Assert.Throws<ArgumentException>(() => _engine.From([1f, 2f], [2], DType.I32));
        _engine.Interrupt();
        Assert.Throws<OperationCanceledException>(() => _engine.Zeros([2]));
        Assert.Equal(0, _engine.Memory.LiveBytes);
    }
}
