using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RadLab.Compute;

/// <content>AVX2: the lower and the upper eight lanes one after the other, so that all values stay in registers.</content>
internal static unsafe partial class FourBitGemv
{
    internal static void MultiplyAvx2<TCode, TScales>(
        byte* packed, TScales scales, int blockSize, int k, float* scratch, int rows, long n0, long n1, float* y, long stride)
        where TCode : struct, IFourBitCode
        where TScales : struct, IBlockScales =>
        Walk<Avx2Loop, TCode, TScales>(packed, scales, blockSize, k, scratch, rows, n0, n1, y, stride);

    private readonly struct Avx2Loop : IChunkLoop
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void One(uint* words, float* scales, int shift, int count, Vector512<float> values, float* x, float* sums, long ahead)
        {
            Vector256<float> low = values.GetLower(), high = values.GetUpper();
            for (int half = 0; half < 2; half++)
            {
                var acc = Vector256.Load(sums + 8 * half);
                uint* w = words + 8 * half;
                float* v = x + 8 * half;
                for (int i = 0; i < count; i++, w += 16, v += Chunk)
                {
                    Sse.Prefetch0(w + ahead);
                    var word = Vector256.Load(w);
                    var t = Look(word, word << 28, low, high) * Vector256.Load(v);
                    t = Fma.MultiplyAdd(Look(word >> 4, word << 24, low, high), Vector256.Load(v + 16), t);
                    t = Fma.MultiplyAdd(Look(word >> 8, word << 20, low, high), Vector256.Load(v + 32), t);
                    t = Fma.MultiplyAdd(Look(word >> 12, word << 16, low, high), Vector256.Load(v + 48), t);
                    t = Fma.MultiplyAdd(Look(word >> 16, word << 12, low, high), Vector256.Load(v + 64), t);
                    t = Fma.MultiplyAdd(Look(word >> 20, word << 8, low, high), Vector256.Load(v + 80), t);
                    t = Fma.MultiplyAdd(Look(word >> 24, word << 4, low, high), Vector256.Load(v + 96), t);
                    t = Fma.MultiplyAdd(Look(word >> 28, word, low, high), Vector256.Load(v + 112), t);
                    acc = Fma.MultiplyAdd(t, Scale(scales, shift, i, half), acc);
                }
                acc.Store(sums + 8 * half);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void Four(uint* words, float* scales, int shift, int count, Vector512<float> values, float* x, float* sums, long ahead)
        {
            Vector256<float> low = values.GetLower(), high = values.GetUpper();
            for (int half = 0; half < 2; half++, words += 8, x += 8, sums += 8)
            {
                Vector256<float> a0 = Vector256.Load(sums), a1 = Vector256.Load(sums + 16), a2 = Vector256.Load(sums + 32), a3 = Vector256.Load(sums + 48);
                for (int i = 0; i < count; i++)
                {
                    Sse.Prefetch0(words + 16 * i + ahead);
                    var word = Vector256.Load(words + 16 * i);
                    float* v = x + 4 * Chunk * i;
                    var weight = Look(word, word << 28, low, high);
                    Vector256<float> t0 = weight * Vector256.Load(v), t1 = weight * Vector256.Load(v + 16), t2 = weight * Vector256.Load(v + 32), t3 = weight * Vector256.Load(v + 48);
                    for (int s = 64; s < 512; s += 64)
                    {
                        word >>= 4;
                        weight = Look(word, word << 28, low, high);
                        t0 = Fma.MultiplyAdd(weight, Vector256.Load(v + s), t0);
                        t1 = Fma.MultiplyAdd(weight, Vector256.Load(v + s + 16), t1);
                        t2 = Fma.MultiplyAdd(weight, Vector256.Load(v + s + 32), t2);
                        t3 = Fma.MultiplyAdd(weight, Vector256.Load(v + s + 48), t3);
                    }
                    var scale = Scale(scales, shift, i, half);
                    a0 = Fma.MultiplyAdd(t0, scale, a0);
                    a1 = Fma.MultiplyAdd(t1, scale, a1);
                    a2 = Fma.MultiplyAdd(t2, scale, a2);
                    a3 = Fma.MultiplyAdd(t3, scale, a3);
                }
                a0.Store(sums);
                a1.Store(sums + 16);
                a2.Store(sums + 32);
                a3.Store(sums + 48);
            }
        }

        public static void OneByFourRows(in FourRows rows, int shift, int count, Vector512<float> values, float* x, float* sums, int pitch, long ahead) =>
            OneByOne<Avx2Loop>(rows, shift, count, values, x, sums, pitch, ahead);

        /// <summary>The scales of eight lanes, half a chunk.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<float> Scale(float* scales, int shift, int chunk, int half)
        {
            if (shift > 5) return Vector256.Create(scales[(2 * chunk + half) >> (shift - 6)]);
            float* two = scales + 4 * chunk + 2 * half;
            return Vector256.Create(Vector128.Create(two[0]), Vector128.Create(two[1]));
        }

        // The nibble's low three bits choose in both halves of the table; its fourth, moved to the sign, chooses the half.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<float> Look(Vector256<uint> entry, Vector256<uint> half, Vector256<float> low, Vector256<float> high) =>
            Avx.BlendVariable(Avx2.PermuteVar8x32(low, entry.AsInt32()), Avx2.PermuteVar8x32(high, entry.AsInt32()), half.AsSingle());
    }
}
