using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RadLab.Compute;

/// <content>AVX-512: 16 words of 32 bits are a chunk of 128 weights; nibble s of all lanes is one look-up among 16 values.</content>
internal static unsafe partial class FourBitGemv
{
    internal static void MultiplyAvx512<TCode, TScales>(
        byte* packed, TScales scales, int blockSize, int k, float* scratch, int rows, long n0, long n1, float* y, long stride)
        where TCode : struct, IFourBitCode
        where TScales : struct, IBlockScales =>
        Walk<Avx512Loop, TCode, TScales>(packed, scales, blockSize, k, scratch, rows, n0, n1, y, stride);

    private readonly struct Avx512Loop : IChunkLoop
    {
        // One loop per width of a block, so that the scales of a chunk are one load and one permutation.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void One(uint* words, float* scales, int shift, int count, Vector512<float> values, float* x, float* sums, long ahead)
        {
            var acc = Vector512.Load(sums);
            if (shift == 6)
            {
                for (int i = 0; i < count; i++, words += 16, x += Chunk, scales += 2)
                    acc = Vector512.FusedMultiplyAdd(Sum(words, values, x, ahead), Two(scales), acc);
            }
            else if (shift == 5)
            {
                for (int i = 0; i < count; i++, words += 16, x += Chunk, scales += 4)
                    acc = Vector512.FusedMultiplyAdd(Sum(words, values, x, ahead), Quarters(scales), acc);
            }
            else
            {
                for (int i = 0; i < count; i++, words += 16, x += Chunk)
                    acc = Vector512.FusedMultiplyAdd(Sum(words, values, x, ahead), Vector512.Create(scales[i >> (shift - 7)]), acc);
            }
            acc.Store(sums);
        }

        // The even nibbles of all lanes come to the lowest four bits by loading from one, two and three bytes further on, which costs the two busy ports nothing.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void OneByFourRows(in FourRows rows, int shift, int count, Vector512<float> values, float* x, float* sums, int pitch, long ahead)
        {
            byte* w0 = rows.Words0, w1 = rows.Words1, w2 = rows.Words2, w3 = rows.Words3;
            float* s0 = rows.Scales0, s1 = rows.Scales1, s2 = rows.Scales2, s3 = rows.Scales3;
            Vector512<float> a0 = Vector512.Load(sums), a1 = Vector512.Load(sums + pitch), a2 = Vector512.Load(sums + 2 * pitch), a3 = Vector512.Load(sums + 3 * pitch);
            for (int i = 0; i < count; i++, x += Chunk)
            {
                Sse.Prefetch0(w0 + ahead);
                Sse.Prefetch0(w1 + ahead);
                Sse.Prefetch0(w2 + ahead);
                Sse.Prefetch0(w3 + ahead);
                Vector512<float> even = Vector512.Load(x), odd = Vector512.Load(x + 16);
                var t0 = Two(w0, values, even, odd);
                var t1 = Two(w1, values, even, odd);
                var t2 = Two(w2, values, even, odd);
                var t3 = Two(w3, values, even, odd);
                (even, odd) = (Vector512.Load(x + 32), Vector512.Load(x + 48));
                t0 = AddTwo(w0 + 1, values, even, odd, t0);
                t1 = AddTwo(w1 + 1, values, even, odd, t1);
                t2 = AddTwo(w2 + 1, values, even, odd, t2);
                t3 = AddTwo(w3 + 1, values, even, odd, t3);
                (even, odd) = (Vector512.Load(x + 64), Vector512.Load(x + 80));
                t0 = AddTwo(w0 + 2, values, even, odd, t0);
                t1 = AddTwo(w1 + 2, values, even, odd, t1);
                t2 = AddTwo(w2 + 2, values, even, odd, t2);
                t3 = AddTwo(w3 + 2, values, even, odd, t3);
                (even, odd) = (Vector512.Load(x + 96), Vector512.Load(x + 112));
                t0 = AddTwo(w0 + 3, values, even, odd, t0);
                t1 = AddTwo(w1 + 3, values, even, odd, t1);
                t2 = AddTwo(w2 + 3, values, even, odd, t2);
                t3 = AddTwo(w3 + 3, values, even, odd, t3);
                if (shift == 6)
                {
                    a0 = Vector512.FusedMultiplyAdd(t0, Two(s0 + 2 * i), a0);
                    a1 = Vector512.FusedMultiplyAdd(t1, Two(s1 + 2 * i), a1);
                    a2 = Vector512.FusedMultiplyAdd(t2, Two(s2 + 2 * i), a2);
                    a3 = Vector512.FusedMultiplyAdd(t3, Two(s3 + 2 * i), a3);
                }
                else
                {
                    a0 = Vector512.FusedMultiplyAdd(t0, Scale(s0, shift, i), a0);
                    a1 = Vector512.FusedMultiplyAdd(t1, Scale(s1, shift, i), a1);
                    a2 = Vector512.FusedMultiplyAdd(t2, Scale(s2, shift, i), a2);
                    a3 = Vector512.FusedMultiplyAdd(t3, Scale(s3, shift, i), a3);
                }
                w0 += 64;
                w1 += 64;
                w2 += 64;
                w3 += 64;
            }
            a0.Store(sums);
            a1.Store(sums + pitch);
            a2.Store(sums + 2 * pitch);
            a3.Store(sums + 3 * pitch);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void Four(uint* words, float* scales, int shift, int count, Vector512<float> values, float* x, float* sums, long ahead)
        {
            Vector512<float> a0 = Vector512.Load(sums), a1 = Vector512.Load(sums + 16), a2 = Vector512.Load(sums + 32), a3 = Vector512.Load(sums + 48);
            for (int i = 0; i < count; i++, words += 16, x += 4 * Chunk)
            {
                Sse.Prefetch0(words + ahead);
                var w = Vector512.Load(words);
                var v = Avx512F.PermuteVar16x32(values, w.AsInt32());
                Vector512<float> t0 = v * Vector512.Load(x), t1 = v * Vector512.Load(x + 16), t2 = v * Vector512.Load(x + 32), t3 = v * Vector512.Load(x + 48);
                for (int s = 64; s < 512; s += 64)
                {
                    w >>= 4;
                    v = Avx512F.PermuteVar16x32(values, w.AsInt32());
                    t0 = Vector512.FusedMultiplyAdd(v, Vector512.Load(x + s), t0);
                    t1 = Vector512.FusedMultiplyAdd(v, Vector512.Load(x + s + 16), t1);
                    t2 = Vector512.FusedMultiplyAdd(v, Vector512.Load(x + s + 32), t2);
                    t3 = Vector512.FusedMultiplyAdd(v, Vector512.Load(x + s + 48), t3);
                }
                var scale = shift == 6 ? Two(scales + 2 * i) : Scale(scales, shift, i);
                a0 = Vector512.FusedMultiplyAdd(t0, scale, a0);
                a1 = Vector512.FusedMultiplyAdd(t1, scale, a1);
                a2 = Vector512.FusedMultiplyAdd(t2, scale, a2);
                a3 = Vector512.FusedMultiplyAdd(t3, scale, a3);
            }
            a0.Store(sums);
            a1.Store(sums + 16);
            a2.Store(sums + 32);
            a3.Store(sums + 48);
        }

        /// <summary>The products of the lowest two nibbles of each lane.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> Two(byte* words, Vector512<float> values, Vector512<float> even, Vector512<float> odd)
        {
            var w = Vector512.Load(words).AsUInt32();
            return Vector512.FusedMultiplyAdd(Avx512F.PermuteVar16x32(values, (w >> 4).AsInt32()), odd, Avx512F.PermuteVar16x32(values, w.AsInt32()) * even);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> AddTwo(byte* words, Vector512<float> values, Vector512<float> even, Vector512<float> odd, Vector512<float> sum)
        {
            var w = Vector512.Load(words).AsUInt32();
            sum = Vector512.FusedMultiplyAdd(Avx512F.PermuteVar16x32(values, w.AsInt32()), even, sum);
            return Vector512.FusedMultiplyAdd(Avx512F.PermuteVar16x32(values, (w >> 4).AsInt32()), odd, sum);
        }

        /// <summary>Two scales, eight lanes each.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> Two(float* scales) => Avx512F.PermuteVar16x32(
            Vector512.Create(*(double*)scales).AsSingle(), Vector512.Create(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1));

        /// <summary>The scales of chunk <paramref name="i"/> where a block is not 64 weights.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> Scale(float* scales, int shift, int i) => shift == 5 ? Quarters(scales + 4 * i) : Vector512.Create(scales[i >> (shift - 7)]);

        /// <summary>Four scales, four lanes each.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> Quarters(float* scales) => Avx512F.PermuteVar16x32(
            Vector128.Load(scales).ToVector256Unsafe().ToVector512Unsafe(), Vector512.Create(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> Sum(uint* words, Vector512<float> values, float* x, long ahead)
        {
            // the look-up sees the low four bits of each lane only
            Sse.Prefetch0(words + ahead);
            var w = Vector512.Load(words);
            var t = Avx512F.PermuteVar16x32(values, w.AsInt32()) * Vector512.Load(x);
            t = Vector512.FusedMultiplyAdd(Avx512F.PermuteVar16x32(values, (w >> 4).AsInt32()), Vector512.Load(x + 16), t);
            t = Vector512.FusedMultiplyAdd(Avx512F.PermuteVar16x32(values, (w >> 8).AsInt32()), Vector512.Load(x + 32), t);
            t = Vector512.FusedMultiplyAdd(Avx512F.PermuteVar16x32(values, (w >> 12).AsInt32()), Vector512.Load(x + 48), t);
            t = Vector512.FusedMultiplyAdd(Avx512F.PermuteVar16x32(values, (w >> 16).AsInt32()), Vector512.Load(x + 64), t);
            t = Vector512.FusedMultiplyAdd(Avx512F.PermuteVar16x32(values, (w >> 20).AsInt32()), Vector512.Load(x + 80), t);
            t = Vector512.FusedMultiplyAdd(Avx512F.PermuteVar16x32(values, (w >> 24).AsInt32()), Vector512.Load(x + 96), t);
            return Vector512.FusedMultiplyAdd(Avx512F.PermuteVar16x32(values, (w >> 28).AsInt32()), Vector512.Load(x + 112), t);
        }
    }
}
