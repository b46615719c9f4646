using RadLab.Compute;

namespace RadLab.Tests;

public sealed class AttentionDecodeTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });

    public void Dispose() => _engine.Dispose();

    // Widths one below, at and above vectors (16) and four of them; positions around tiles of 64 keys; blocks of one, some and four query rows.
    public static TheoryData<DType, DType, int, int, int, int, int[]> Cases
    {
        get
        {
            var data = new TheoryData<DType, DType, int, int, int, int, int[]>();
            (int T, int H, int K, int D, int[] Last)[] sizes =
            [
                (1, 1, 1, 4, [0]), (1, 2, 2, 12, [1]), (1, 4, 2, 16, [62, 3]), (1, 3, 3, 17, [63]), (1, 4, 1, 33, [64]), (1, 5, 1, 48, [65]),
                (1, 2, 2, 64, [127, 0, 128]), (1, 6, 2, 80, [129]), (1, 1, 1, 128, [70]), (1, 2, 1, 256, [5]), (2, 3, 1, 15, [66, 1]), (3, 4, 2, 31, [64]), (7, 2, 2, 64, [100, 9]), (5, 1, 1, 72, [4]),
            ];
            foreach (var (q, cache) in new[] { (DType.F32, DType.F32), (DType.F32, DType.BF16), (DType.BF16, DType.F32), (DType.BF16, DType.BF16) })
                foreach (var s in sizes) data.Add(q, cache, s.T, s.H, s.K, s.D, s.Last);
            return data;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Every_token_attends_to_the_keys_up_to_its_position(DType dtype, DType cache, int T, int H, int K, int D, int[] last)
    {
        const int P = 140;
        int B = last.Length, R = B + 2;
        using var q = Make.Random(_engine, [B, T, H, D], 1, dtype: dtype, low: -2, high: 2);
        using var keys = Make.Random(_engine, [R, K, P, D], 2, dtype: cache, low: -2, high: 2);
        using var values = Make.Random(_engine, [R, K, P, D], 3, dtype: cache);
        int[] positions = [.. from b in last from t in Enumerable.Range(0, T) select Math.Max(0, b - T + 1 + t)];
        int[] rows = [.. Enumerable.Range(0, B).Select(b => (2 * b + 1) % R)];
        using var at = _engine.From(positions, [B, T]);
        using var slots = _engine.From(rows, [B]);
        Spoil(keys, rows, last);
        Spoil(values, rows, last);

        using var tape = _engine.Tape(recording: false);
        double[] actual = tape.AttentionDecode(q, keys, values, at, slots).Doubles();
        Tolerances.Close(Reference(q, keys, values, positions, rows), actual, Tolerances.Of(dtype));
    }

    [Fact]
    public void Without_rows_each_text_has_the_row_of_its_number()
    {
        using var q = Make.Random(_engine, [3, 1, 2, 16], 1);
        using var keys = Make.Random(_engine, [3, 2, 20, 16], 2);
        using var values = Make.Random(_engine, [3, 2, 20, 16], 3);
        using var at = _engine.From([19, 0, 7], [3, 1]);
        using var tape = _engine.Tape(recording: false);
        Tolerances.Close(Reference(q, keys, values, [19, 0, 7], [0, 1, 2]), tape.AttentionDecode(q, keys, values, at).Doubles(), Tolerances.F32);
    }

    [Fact]
    public void It_agrees_with_Attention_over_the_same_keys()
    {
        using var q = Make.Random(_engine, [1, 9, 4, 24], 1);
        using var k = Make.Random(_engine, [1, 75, 2, 24], 2);
        using var v = Make.Random(_engine, [1, 75, 2, 24], 3);
        using var at = _engine.From([.. Enumerable.Range(66, 9)], [1, 9]);
        using var tape = _engine.Tape(recording: false);
        double[] expected = tape.Attention(q, k, v, new AttentionOptions { Causal = true }).Doubles();
        double[] actual = tape.AttentionDecode(q, tape.Transpose(k, 1, 2), tape.Transpose(v, 1, 2), at).Doubles();
        Tolerances.Close(expected, actual, Tolerances.F32);
    }

    [Fact]
    public void A_row_has_the_same_bits_alone_and_among_others_and_for_any_number_of_threads()
    {
        float[] alone = Run(1, H: 1), among = Run(2, H: 3), four = Run(4, H: 3);
        Assert.Equal(among, four);
        Assert.Equal(alone, among[..alone.Length]);

        static float[] Run(int threads, int H)
        {
            using var engine = new Engine(new EngineOptions { Threads = threads });
            using var q = engine.From(Make.Values(3 * 40, 1)[..(H * 40)], [1, 1, H, 40]);
            using var keys = Make.Random(engine, [1, 1, 500, 40], 2);
            using var values = Make.Random(engine, [1, 1, 500, 40], 3);
            using var at = engine.From([499], [1, 1]);
            using var tape = engine.Tape(recording: false);
            return tape.AttentionDecode(q, keys, values, at).ToFloats();
        }
    }

    [Fact]
    public void Messages_name_argument_requirement_and_what_was_given()
    {
        using var tape = _engine.Tape(recording: false);
        using var q = Make.Random(_engine, [2, 1, 4, 8], 1);
        using var k = Make.Random(_engine, [2, 2, 10, 8], 2);
        using var at = _engine.From([9, 9], [2, 1]);

        Refused("AttentionDecode: keys must have 4 dimensions, got (2, 8).", () => tape.AttentionDecode(q, T([2, 8]), k, at));
        Refused("AttentionDecode: values must have shape (2, 2, 10, 8), got (2, 2, 9, 8).", () => tape.AttentionDecode(q, k, T([2, 2, 9, 8]), at));
        Refused("AttentionDecode: values must be F32 like keys, got BF16.", () => tape.AttentionDecode(q, k, T([2, 2, 10, 8], DType.BF16), at));
        Refused("AttentionDecode: keys must have shape (R, K, P, 8) to fit q (2, 1, 4, 8), got (2, 2, 10, 6).", () => tape.AttentionDecode(q, T([2, 2, 10, 6]), T([2, 2, 10, 6]), at));
        Refused("AttentionDecode: the heads of q must be a multiple of the heads of keys, got 4 and 3.", () => tape.AttentionDecode(q, T([2, 3, 10, 8]), T([2, 3, 10, 8]), at));
        Refused("AttentionDecode: the head width D must be 1 to 256, got 258.", () => tape.AttentionDecode(T([1, 1, 1, 258]), T([1, 1, 1, 258]), T([1, 1, 1, 258]), I([0], [1, 1])));
        Refused("AttentionDecode: positions must have shape (2, 1), got (2).", () => tape.AttentionDecode(q, k, k, I([0, 0], [2])));
        Refused("AttentionDecode: positions must be I32, got F32.", () => tape.AttentionDecode(q, k, k, T([2, 1])));
        Refused("AttentionDecode: positions must be 0 to 9, but element 1 is 10.", () => tape.AttentionDecode(q, k, k, I([0, 10], [2, 1])));
        Refused("AttentionDecode: positions must be 0 to 9, but element 0 is -1.", () => tape.AttentionDecode(q, k, k, I([-1, 0], [2, 1])));
        Refused("AttentionDecode: rows must be 0 to 1, but element 1 is 2.", () => tape.AttentionDecode(q, k, k, at, I([0, 2], [2])));
        Refused("AttentionDecode: keys must have 2 rows like q (2, 1, 4, 8) where rows are not given, got (3, 2, 10, 8).", () => tape.AttentionDecode(q, T([3, 2, 10, 8]), T([3, 2, 10, 8]), at));
        q.RequiresGrad = true;
        using var recording = _engine.Tape();
        Refused("AttentionDecode: has no backward pass, but an input wants a gradient; use a tape that does not record, or Attention.", () => recording.AttentionDecode(q, k, k, at));

        Tensor T(Shape shape, DType dtype = DType.F32) => tape.Empty(shape, dtype);
        Tensor I(int[] values, Shape shape)
        {
            var t = tape.Empty(shape, DType.I32);
            t.CopyFrom(values);
            return t;
        }
    }

    private static void Refused(string message, Func<Tensor> call) => Assert.Equal(message, Assert.Throws<ArgumentException>(() => { call(); }).Message);

    // What nobody may read: other rows of the cache, and all keys past the last.
    private static void Spoil(Tensor cache, int[] rows, int[] last)
    {
        var (R, K, P, D) = (cache.Shape[0], cache.Shape[1], cache.Shape[2], cache.Shape[3]);
        float[] values = cache.ToFloats();
        for (int i = 0; i < values.Length; i++)
        {
            int row = i / (K * P * D), position = i / D % P, b = Array.IndexOf(rows, row);
            if (b < 0 || position > last[b]) values[i] = float.NaN;
        }
        cache.CopyFrom(values);
    }

    private static double[] Reference(Tensor q, Tensor keys, Tensor values, int[] positions, int[] rows)
    {
        var (B, T, H, D) = (q.Shape[0], q.Shape[1], q.Shape[2], q.Shape[3]);
        var (K, P) = (keys.Shape[1], keys.Shape[2]);
        double[] dq = q.Doubles(), dk = keys.Doubles(), dv = values.Doubles(), y = new double[dq.Length];
        for (int b = 0; b < B; b++)
            for (int t = 0; t < T; t++)
                for (int h = 0; h < H; h++)
                {
                    int at = ((b * T + t) * H + h) * D, cache = (rows[b] * K + h / (H / K)) * P * D, n = positions[b * T + t] + 1;
                    double[] s = [.. Enumerable.Range(0, n).Select(i => Enumerable.Range(0, D).Sum(d => dq[at + d] * dk[cache + i * D + d]) / Math.Sqrt(D))];
                    double max = s.Max(), sum = s.Sum(v => Math.Exp(v - max));
                    for (int i = 0; i < n; i++)
                        for (int d = 0; d < D; d++) y[at + d] += Math.Exp(s[i] - max) / sum * dv[cache + i * D + d];
                }
        return y;
    }
}
