using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

/// <summary>The formula of <see cref="AdamWStep"/> on 16 lanes, with its factors rounded to F32 once.</summary>
internal readonly struct AdamWUpdate
{
    private readonly float _scale, _decay, _beta1, _rest1, _beta2, _rest2, _root2, _epsilon, _rate;

    public AdamWUpdate(in AdamWSettings s, long step, float gradientScale)
    {
        _scale = gradientScale;
        _decay = (float)(1 - s.LearningRate * s.WeightDecay);
        _beta1 = (float)s.Beta1;
        _rest1 = (float)(1 - s.Beta1);
        _beta2 = (float)s.Beta2;
        _rest2 = (float)(1 - s.Beta2);
        _root2 = (float)Math.Sqrt(1 - Power(s.Beta2, step));
        _epsilon = (float)s.Epsilon;
        _rate = (float)(s.LearningRate / (1 - Power(s.Beta1, step)));
    }

    // the scaled gradient is rounded before it is used, as if clipping had written it back
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public (Vector512<float> P, Vector512<float> M, Vector512<float> V) At(Vector512<float> p, Vector512<float> g, Vector512<float> m, Vector512<float> v)
    {
        g *= Vector512.Create(_scale);
        p *= Vector512.Create(_decay);
        m = Vector512.FusedMultiplyAdd(g, Vector512.Create(_rest1), m * Vector512.Create(_beta1));
        v = Vector512.FusedMultiplyAdd(g * Vector512.Create(_rest2), g, v * Vector512.Create(_beta2));
        var length = Vector512.Sqrt(v) / Vector512.Create(_root2) + Vector512.Create(_epsilon);
        return (Vector512.FusedMultiplyAdd(Vector512.Create(-_rate), m / length, p), m, v);
    }

    // by squaring: the C library's pow has no fixed bits
    private static double Power(double x, long n)
    {
        double result = 1;
        for (; n > 0; n >>= 1, x *= x)
            if ((n & 1) == 1) result *= x;
        return result;
    }
}
