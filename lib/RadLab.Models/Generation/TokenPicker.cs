using System.Globalization;
using System.Runtime.Intrinsics;

namespace RadLab.Models;

/// <summary>Chooses one token from a row of scores, or a few best. Ties go to the smaller id; sums run in a fixed order in double.</summary>
/// <remarks>Workspaces are made once: choosing allocates nothing.</remarks>
internal sealed class TokenPicker(int vocabulary)
{
    private readonly int[] _order = new int[vocabulary];
    private readonly int[] _seenIn = new int[vocabulary];
    private int _seenMark;

    /// <summary>Weakens the tokens of a text, each once.</summary>
    public void Penalize(Span<float> scores, ReadOnlySpan<int> text, double penalty)
    {
        if (penalty == 1) return;
        if (++_seenMark == int.MaxValue)
        {
            _seenIn.AsSpan().Clear();
            _seenMark = 1;
        }
        foreach (int token in text)
        {
            if (_seenIn[token] == _seenMark) continue;
            _seenIn[token] = _seenMark;
            double score = scores[token];
            scores[token] = (float)(score < 0 ? score * penalty : score / penalty);
        }
    }

    /// <summary>The token with the highest score.</summary>
    public static int Greedy(ReadOnlySpan<float> scores)
    {
        var highest = Vector512.Create(float.NegativeInfinity);
        int i = 0;
        for (; i <= scores.Length - 16; i += 16) highest = Vector512.Max(highest, Vector512.Create(scores.Slice(i, 16)));   // hands on a NaN
        float most = float.NegativeInfinity;
        for (int lane = 0; lane < 16; lane++) most = MathF.Max(most, highest.GetElement(lane));
        for (; i < scores.Length; i++) most = MathF.Max(most, scores[i]);
        int best = float.IsFinite(most) ? scores.IndexOf(most) : -1;
        return best >= 0 ? best : throw NotFinite(most);
    }

    /// <summary>Draws from probabilities, of which <see cref="GenerationOptions.TopK"/> and <see cref="GenerationOptions.TopP"/> leave a part.</summary>
    /// <param name="uniform">From [0, 1).</param>
    public int Draw(ReadOnlySpan<float> probabilities, int topK, double topP, double uniform)
    {
        if (topK == 0 && topP >= 1) return DrawFromAll(probabilities, uniform);
        int candidates = Candidates(probabilities, topK == 0 ? (float)((1 - topP) / vocabulary) : 0f);
        int most = topK == 0 ? candidates : Math.Min(topK, candidates);

        // the best come to the end of the heap's array, the very best last
        int taken = 0;
        double mass = 0, all = 0;
        if (topP >= 1 || topK > 0)
        {
            while (taken < most) all += probabilities[Pop(probabilities, candidates - taken++)];
            mass = all;
            if (topP < 1)
            {
                (mass, most) = (0, taken);
                for (taken = 0; taken < most && mass < topP * all; taken++) mass += probabilities[_order[candidates - 1 - taken]];
            }
        }
        else
        {
            while (taken < most && mass < topP) mass += probabilities[Pop(probabilities, candidates - taken++)];
        }
        if (!(mass > 0)) throw NotFinite(mass);

        double sum = 0;
        for (int i = 0; i < taken - 1; i++)
        {
            int token = _order[candidates - 1 - i];
            sum += probabilities[token];
            if (uniform * mass < sum) return token;
        }
        return _order[candidates - taken];
    }

    /// <summary>The tokens of the highest scores, best first.</summary>
    public void Best(ReadOnlySpan<float> scores, Span<int> best)
    {
        int candidates = Candidates(scores, float.NegativeInfinity);
        for (int i = 0; i < best.Length; i++) best[i] = Pop(scores, candidates - i);
    }

    private static int DrawFromAll(ReadOnlySpan<float> probabilities, double uniform)
    {
        double mass = 0, sum = 0;
        foreach (float p in probabilities) mass += p;
        if (!(mass > 0)) throw NotFinite(mass);
        int last = 0;
        for (int token = 0; token < probabilities.Length; token++)
        {
            if (probabilities[token] == 0) continue;
            sum += probabilities[token];
            last = token;
            if (uniform * mass < sum) break;
        }
        return last;
    }

    // A heap of all tokens not below the least: what is left out could not be drawn.
    private int Candidates(ReadOnlySpan<float> values, float least)
    {
        int count = 0;
        for (int token = 0; token < values.Length; token++)
            if (values[token] >= least) _order[count++] = token;
        if (count == 0) throw NotFinite(values[0]);
        for (int i = count / 2 - 1; i >= 0; i--) Sift(values, i, count);
        return count;
    }

    // Takes the best of a heap of this many and leaves it in the place that the heap has given up.
    private int Pop(ReadOnlySpan<float> values, int count)
    {
        (_order[0], _order[count - 1]) = (_order[count - 1], _order[0]);
        Sift(values, 0, count - 1);
        return _order[count - 1];
    }

    private void Sift(ReadOnlySpan<float> values, int at, int count)
    {
        while (true)
        {
            int child = 2 * at + 1;
            if (child >= count) return;
            if (child + 1 < count && IsBefore(values, _order[child + 1], _order[child])) child++;
            if (!IsBefore(values, _order[child], _order[at])) return;
            (_order[at], _order[child]) = (_order[child], _order[at]);
            at = child;
        }
    }

    private static bool IsBefore(ReadOnlySpan<float> values, int a, int b) => values[a] > values[b] || (values[a] == values[b] && a < b);

    private static InvalidOperationException NotFinite(double got) => new(string.Create(CultureInfo.InvariantCulture,
        $"Generation: scores of the next token must be finite, got {got}; the model's weights or the adapter are broken."));
}
