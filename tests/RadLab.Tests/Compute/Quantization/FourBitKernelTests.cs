using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using RadLab.Compute;

namespace RadLab.Tests;

/// <summary>Every instruction set, plain and streaming stores, whole tensors and shares of threads: the same bits.</summary>
public sealed unsafe class FourBitKernelTests
{
    private const int Count = 20_011; // odd, and neither a multiple of a vector nor of a block

    private delegate void ToF32(byte* packed, PlainScales scales, int blockSize, long start, long count, float* y);

    private delegate void ToBF16(byte* packed, PlainScales scales, int blockSize, long start, long count, ushort* y);

    [Theory, InlineData(32), InlineData(64), InlineData(1024)]
    public void All_kernels_give_the_same_bits(int blockSize)
    {
        var (packed, scales) = Encode<Nf4>(blockSize);
        var f32 = new Dictionary<string, ToF32> { ["portable"] = FourBitDequantizer.ToF32Portable<Nf4, PlainScales> };
        var bf16 = new Dictionary<string, ToBF16> { ["portable"] = FourBitDequantizer.ToBF16Portable<Nf4, PlainScales> };
        foreach (bool streaming in new[] { false, true })
        {
            if (Avx2.IsSupported)
            {
                f32[$"avx2 {streaming}"] = (p, s, b, start, n, y) => FourBitDequantizer.ToF32Avx2<Nf4, PlainScales>(p, s, b, start, n, y, streaming);
                bf16[$"avx2 {streaming}"] = (p, s, b, start, n, y) => FourBitDequantizer.ToBF16Avx2<Nf4, PlainScales>(p, s, b, start, n, y, streaming);
            }
            if (Avx512BW.IsSupported)
            {
                f32[$"avx512 {streaming}"] = (p, s, b, start, n, y) => FourBitDequantizer.ToF32Avx512<Nf4, PlainScales>(p, s, b, start, n, y, streaming);
                bf16[$"avx512 {streaming}"] = (p, s, b, start, n, y) => FourBitDequantizer.ToBF16Avx512<Nf4, PlainScales>(p, s, b, start, n, y, streaming);
            }
        }

        fixed (byte* p = packed)
        fixed (float* s = scales)
        {
            foreach (int start in new[] { 0, 2, 64, 96, 1022 })
            {
                byte[]? wide = null, narrow = null;
                foreach (var (name, kernel) in f32)
                {
                    byte[] bytes = Run<float>((q, n, y) => kernel((byte*)q, new PlainScales((float*)n), blockSize, start, Count - start, (float*)y), p, s, Count - start);
                    Assert.True((wide ??= bytes).AsSpan().SequenceEqual(bytes), $"float32, {name}, start {start}");
                }
                foreach (var (name, kernel) in bf16)
                {
                    byte[] bytes = Run<ushort>((q, n, y) => kernel((byte*)q, new PlainScales((float*)n), blockSize, start, Count - start, (ushort*)y), p, s, Count - start);
                    Assert.True((narrow ??= bytes).AsSpan().SequenceEqual(bytes), $"bf16, {name}, start {start}");
                }
            }
        }
    }

    [Fact]
    public void Shares_of_blocks_encode_like_the_whole()
    {
        var (packed, scales) = Encode<Nf4>(64);
        var x = WeightData.Weights(Count, seed: 9);
        byte[] parts = new byte[packed.Length];
        var partScales = new float[scales.Length];
        fixed (float* w = x, s = partScales)
        fixed (byte* p = parts)
        {
            for (long block = scales.Length - 5; block > -5; block -= 5)
                Assert.Equal(-1, FourBitQuantizer.Blocks<Nf4, F32Source, float>(w, Count, 64, Math.Max(block, 0), block + 5, p, s));
        }
        Assert.Equal(packed, parts);
        Assert.Equal(scales, partScales);
    }

    // Run once with each of DOTNET_EnableAVX512=0, DOTNET_EnableAVX2=0 and DOTNET_EnableHWIntrinsic=0: the constants must hold.
    [Fact]
    public void Outputs_have_the_recorded_hash_on_every_instruction_set()
    {
        Assert.Equal("a7ccecf7ae2ff4b0debc4835c6ca6baf430c85308f6f6af93d567df0e934c9c6", Hash<Nf4>());
        Assert.Equal("8c3e1e5efa0de1bc835e01309b67e8f8f9beb7a8217d1d49d6edd19fac859ef7", Hash<Fp4>());
    }

    private static string Hash<TCode>() where TCode : struct, IFourBitCode
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (int blockSize in new[] { 32, 64, 128, 4096 })
        {
            var (packed, scales) = Encode<TCode>(blockSize);
            var wide = new float[Count];
            var narrow = new ushort[Count - 34];
            FourBitBlocks.Dequantize<TCode>(packed, scales, blockSize, 0, wide);
            FourBitBlocks.Dequantize<TCode>(packed, scales, blockSize, 34, narrow);
            hash.AppendData(packed);
            hash.AppendData(MemoryMarshal.AsBytes<float>(scales));
            hash.AppendData(MemoryMarshal.AsBytes<float>(wide));
            hash.AppendData(MemoryMarshal.AsBytes<ushort>(narrow));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static (byte[] Packed, float[] Scales) Encode<TCode>(int blockSize) where TCode : struct, IFourBitCode
    {
        var packed = new byte[FourBitBlocks.PackedBytes(Count)];
        var scales = new float[FourBitBlocks.Blocks(Count, blockSize)];
        FourBitBlocks.Quantize<TCode>(WeightData.Weights(Count, seed: 9), blockSize, packed, scales);
        return (packed, scales);
    }

    // Into 64-byte aligned memory, so that streaming stores are taken, with a guard behind the end.
    private static byte[] Run<T>(Action<nint, nint, nint> kernel, byte* packed, float* scales, int count) where T : unmanaged
    {
        int bytes = count * sizeof(T);
        byte* y = (byte*)NativeMemory.AlignedAlloc((nuint)bytes + 64, 64);
        try
        {
            new Span<byte>(y, bytes + 64).Fill(0xa5);
            kernel((nint)packed, (nint)scales, (nint)y);
            Assert.Equal(-1, new Span<byte>(y + bytes, 64).IndexOfAnyExcept((byte)0xa5));
            return new Span<byte>(y, bytes).ToArray();
        }
        finally
        {
            NativeMemory.AlignedFree(y);
        }
    }
}
