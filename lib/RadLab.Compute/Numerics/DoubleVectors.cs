using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadLab.Compute;

/// <summary>Loops over vectors of F64, 8 lanes whatever the hardware has; the order of every sum is fixed.</summary>
internal static unsafe class DoubleVectors
{
    private const int Lanes = 8;

    /// <summary>x·x, y·y and x·y</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (double XX, double YY, double XY) Products(double* x, double* y, int n)
    {
        var (xx, yy, xy) = (Vector512<double>.Zero, Vector512<double>.Zero, Vector512<double>.Zero);
        int i = 0;
        for (; i <= n - Lanes; i += Lanes)
        {
            var (a, b) = (Vector512.Load(x + i), Vector512.Load(y + i));
            xx = Vector512.FusedMultiplyAdd(a, a, xx);
            yy = Vector512.FusedMultiplyAdd(b, b, yy);
            xy = Vector512.FusedMultiplyAdd(a, b, xy);
        }
        var (sxx, syy, sxy) = (Sum(xx), Sum(yy), Sum(xy));
        for (; i < n; i++)
        {
            sxx = Math.FusedMultiplyAdd(x[i], x[i], sxx);
            syy = Math.FusedMultiplyAdd(y[i], y[i], syy);
            sxy = Math.FusedMultiplyAdd(x[i], y[i], sxy);
        }
        return (sxx, syy, sxy);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Dot(double* x, double* y, int n)
    {
        var sum = Vector512<double>.Zero;
        int i = 0;
        for (; i <= n - Lanes; i += Lanes) sum = Vector512.FusedMultiplyAdd(Vector512.Load(x + i), Vector512.Load(y + i), sum);
        double s = Sum(sum);
        for (; i < n; i++) s = Math.FusedMultiplyAdd(x[i], y[i], s);
        return s;
    }

    /// <summary>(x, y) = (c x - s y, s x + c y)</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rotate(double* x, double* y, int n, double c, double s)
    {
        var (vc, vs) = (Vector512.Create(c), Vector512.Create(s));
        int i = 0;
        for (; i <= n - Lanes; i += Lanes)
        {
            var (a, b) = (Vector512.Load(x + i), Vector512.Load(y + i));
            Vector512.FusedMultiplyAdd(-vs, b, vc * a).Store(x + i);
            Vector512.FusedMultiplyAdd(vs, a, vc * b).Store(y + i);
        }
        for (; i < n; i++)
        {
            var (a, b) = (x[i], y[i]);
            x[i] = Math.FusedMultiplyAdd(-s, b, c * a);
            y[i] = Math.FusedMultiplyAdd(s, a, c * b);
        }
    }

    /// <summary>y += f x</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddScaled(double f, double* x, double* y, int n)
    {
        var vf = Vector512.Create(f);
        int i = 0;
        for (; i <= n - Lanes; i += Lanes) Vector512.FusedMultiplyAdd(vf, Vector512.Load(x + i), Vector512.Load(y + i)).Store(y + i);
        for (; i < n; i++) y[i] = Math.FusedMultiplyAdd(f, x[i], y[i]);
    }

    // 8 → 4 → 2 → 1, as the engine's F32 tree
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Sum(Vector512<double> v)
    {
        var a = v.GetLower() + v.GetUpper();
        var b = a.GetLower() + a.GetUpper();
        return b.GetElement(0) + b.GetElement(1);
    }
}
