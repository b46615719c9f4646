using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using RadLab.Compute;

namespace RadLab.Tests;

public sealed unsafe class FourBitGemvTests
{
    private delegate void Kernel(byte* packed, PlainScales scales, int blockSize, int k, float* scratch, int rows, long n0, long n1, float* y, long stride);

    // K and block size: partial last chunks of 128, and several tiles of 4096
    private static readonly (int K, int BlockSize)[] s_wholeBlocks =
    [
        (32, 32), (96, 32), (128, 32), (160, 32), (8192 + 224, 32), (64, 64), (128, 64), (192, 64), (4096, 64), (8192 + 64, 64),
        (128, 128), (384, 128), (1024, 512), (12288, 4096),
    ];

    private static readonly (int K, int BlockSize)[] s_straddling =
        [(1, 64), (7, 64), (63, 64), (65, 64), (127, 32), (129, 64), (200, 64), (257, 4096), (300, 128)];

    public static TheoryData<int, int> WholeBlocks => Data(s_wholeBlocks);

    public static TheoryData<int, int> Widths => Data([.. s_wholeBlocks, .. s_straddling]);

    private static TheoryData<int, int> Data((int K, int BlockSize)[] cases)
    {
        var data = new TheoryData<int, int>();
        foreach (var (k, blockSize) in cases) data.Add(k, blockSize);
        return data;
    }

    [Theory, MemberData(nameof(Widths))]
    public void The_product_matches_the_definition_for_one_to_eight_vectors(int k, int blockSize)
    {
        int matrixRows = Rows(k);
        var (packed, scales) = Encode<Nf4>(matrixRows * k, blockSize);
        var weights = new float[matrixRows * k];
        FourBitBlocks.Dequantize<Nf4>(packed, scales, blockSize, 0, weights);
        for (int rows = 1; rows <= FourBitGemv.MaxRows; rows++)
        {
            var x = Inputs(rows * k);
            var y = Multiply<Nf4>(packed, scales, blockSize, k, x, rows, matrixRows);
            for (int r = 0; r < rows; r++)
            {
                for (int n = 0; n < matrixRows; n++)
                {
                    double sum = 0, magnitude = 0;
                    for (int i = 0; i < k; i++)
                    {
                        double term = (double)x[r * k + i] * weights[n * k + i];
                        sum += term;
                        magnitude += Math.Abs(term);
                    }
                    // k/16 + 20 roundings at most on the way of a term, each of half a unit: 2^-24 of the magnitudes
                    Assert.True(Math.Abs(y[r * matrixRows + n] - sum) <= (k / 16 + 20) * Math.ScaleB(1, -24) * magnitude, $"rows {rows}, r {r}, n {n}: {y[r * matrixRows + n]} for {sum}");
                }
            }
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void A_vector_gets_the_same_bits_in_any_company_and_any_share_of_rows(int k, int blockSize)
    {
        int matrixRows = Rows(k);
        var (packed, scales) = Encode<Nf4>(matrixRows * k, blockSize);
        var x = Inputs(8 * k);
        var all = Multiply<Nf4>(packed, scales, blockSize, k, x, 8, matrixRows);
        for (int rows = 1; rows < 8; rows++)
            Assert.Equal(all.Take(rows * matrixRows), Multiply<Nf4>(packed, scales, blockSize, k, x, rows, matrixRows, split: rows * 9 % matrixRows));
    }

    [Theory, MemberData(nameof(WholeBlocks))]
    public void All_kernels_give_the_same_bits(int k, int blockSize)
    {
        int matrixRows = Rows(k);
        var (packed, scales) = Encode<Nf4>(matrixRows * k, blockSize);
        foreach (int rows in new[] { 1, 3, 6 })
        {
            var x = Inputs(rows * k);
            var expected = Run(FourBitGemv.MultiplyPortable<Nf4, PlainScales>);
            if (Avx2.IsSupported) Assert.Equal(expected, Run(FourBitGemv.MultiplyAvx2<Nf4, PlainScales>));
            if (Avx512F.IsSupported) Assert.Equal(expected, Run(FourBitGemv.MultiplyAvx512<Nf4, PlainScales>));

            byte[] Run(Kernel kernel)
            {
                var y = new float[rows * matrixRows];
                var scratch = new float[FourBitGemv.ScratchFloats(rows, k)];
                fixed (byte* p = packed)
                fixed (float* s = scales, v = x, w = scratch, d = y)
                {
                    FourBitGemv.Arrange(v, k, rows, k, blockSize, w);
                    kernel(p, new PlainScales(s), blockSize, k, w, rows, 0, matrixRows, d, matrixRows);
                }
                return MemoryMarshal.AsBytes<float>(y).ToArray();
            }
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void Nested_scales_give_what_their_decoded_values_give(int k, int blockSize)
    {
        int matrixRows = Rows(k);
        var (packed, scales) = Encode<Nf4>(matrixRows * k, blockSize);
        var codes = new byte[scales.Length];
        var absmax = new float[DoubleQuantization.NestedBlocks(scales.Length)];
        float[] map = DynamicMap.Signed.Values.ToArray();
        float offset = DoubleQuantization.Quantize(scales, codes, absmax);
        DoubleQuantization.Dequantize(codes, map, absmax, offset, scales);
        var x = Inputs(2 * k);
        var expected = Multiply<Nf4>(packed, scales, blockSize, k, x, 2, matrixRows);

        var y = new float[2 * matrixRows];
        var scratch = new float[FourBitGemv.ScratchFloats(2, k)];
        fixed (byte* p = packed, c = codes)
        fixed (float* m = map, a = absmax, v = x, w = scratch, d = y)
        {
            FourBitGemv.Arrange(v, k, 2, k, blockSize, w);
            FourBitGemv.Multiply<Nf4, NestedScales>(p, new NestedScales(c, m, a, offset), blockSize, k, w, 2, 0, matrixRows, d, matrixRows);
        }
        Assert.Equal(expected, y);
    }

    // Run once with each of DOTNET_EnableAVX512=0, DOTNET_EnableAVX2=0 and DOTNET_EnableHWIntrinsic=0: the constant must hold.
    [Fact]
    public void Outputs_have_the_recorded_hash_on_every_instruction_set()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (k, blockSize) in new[] { (4096, 64), (224, 32), (512, 256), (203, 64) })
        {
            var (packed, scales) = Encode<Nf4>(4 * k, blockSize);
            hash.AppendData(MemoryMarshal.AsBytes<float>(Multiply<Nf4>(packed, scales, blockSize, k, Inputs(5 * k), 5, 4)));
            (packed, scales) = Encode<Fp4>(4 * k, blockSize);
            hash.AppendData(MemoryMarshal.AsBytes<float>(Multiply<Fp4>(packed, scales, blockSize, k, Inputs(5 * k), 5, 4)));
        }
        Assert.Equal("21bb4e3aa29cab2c06e3b293d3fc405067a99c63a456d5754f1faee38619d369", Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    // more matrix rows than a band of 32 where that is cheap
    private static int Rows(int k) => k <= 300 ? 70 : 5;

    private static float[] Inputs(int count) => [.. Enumerable.Range(0, count).Select(i => WeightData.Uniform(77, i))];

    private static (byte[] Packed, float[] Scales) Encode<TCode>(int count, int blockSize) where TCode : struct, IFourBitCode
    {
        var packed = new byte[FourBitBlocks.PackedBytes(count)];
        var scales = new float[FourBitBlocks.Blocks(count, blockSize)];
        FourBitBlocks.Quantize<TCode>(WeightData.Weights(count, seed: 3), blockSize, packed, scales);
        return (packed, scales);
    }

    private static float[] Multiply<TCode>(byte[] packed, float[] scales, int blockSize, int k, float[] x, int rows, int n, int split = 0)
        where TCode : struct, IFourBitCode
    {
        var y = new float[rows * n];
        var scratch = new float[FourBitGemv.ScratchFloats(rows, k)];
        fixed (byte* p = packed)
        fixed (float* s = scales, v = x, w = scratch, d = y)
        {
            FourBitGemv.Arrange(v, k, rows, k, blockSize, w);
            FourBitGemv.Multiply<TCode, PlainScales>(p, new PlainScales(s), blockSize, k, w, rows, split, n, d, n);
            FourBitGemv.Multiply<TCode, PlainScales>(p, new PlainScales(s), blockSize, k, w, rows, 0, split, d, n);
        }
        return y;
    }
}
