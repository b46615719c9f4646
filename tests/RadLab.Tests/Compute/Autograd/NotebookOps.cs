using RadLab.Compute;

namespace RadLab.Tests;

/// <summary>Custom ops made with the public surface only, the way a notebook cell makes them: plain loops, one backward, one call of Record.</summary>
internal static class NotebookOps
{
    /// <summary>z = x ∘ y, F32, same shape.</summary>
    public static Tensor Hadamard(this Tape tape, Tensor x, Tensor y)
    {
        var z = tape.Empty(x.Shape);
        var a = x.AsSpan<float>();
        var b = y.AsSpan<float>();
        var c = z.AsSpan<float>();
        for (int i = 0; i < c.Length; i++) c[i] = a[i] * b[i];
        return tape.Record(nameof(Hadamard), z, s_hadamardBackward, [x, y], [x, y]);
    }

    private static readonly BackwardFunction s_hadamardBackward = static (_, node) =>
    {
        var dz = node.OutputGradient.AsSpan<float>();
        for (int k = 0; k < 2; k++)
        {
            if (!node.TryGradient(k, out var gradient)) continue;
            var d = gradient.AsSpan<float>();
            var other = node.Saved(1 - k).AsSpan<float>();
            for (int i = 0; i < d.Length; i++) d[i] += dz[i] * other[i];
        }
    };

    /// <summary>The sum of all elements, F32.</summary>
    public static Tensor Total(this Tape tape, Tensor x)
    {
        var y = tape.Empty([]);
        double sum = 0;
        foreach (float v in x.AsSpan<float>()) sum += v;
        y.AsSpan<float>()[0] = (float)sum;
        return tape.Record(nameof(Total), y, s_totalBackward, [x], []);
    }

    private static readonly BackwardFunction s_totalBackward = static (_, node) =>
    {
        if (!node.TryGradient(0, out var gradient)) return;
        float dy = node.OutputGradient.AsSpan<float>()[0];
        foreach (ref float d in gradient.AsSpan<float>()) d += dy;
    };

    /// <summary>z = x + y + …: hands its output's gradient on to every input.</summary>
    public static Tensor Plus(this Tape tape, params ReadOnlySpan<Tensor> terms)
    {
        var z = tape.Empty(terms[0].Shape);
        z.Clear();
        var c = z.AsSpan<float>();
        foreach (var t in terms)
        {
            var a = t.AsSpan<float>();
            for (int i = 0; i < c.Length; i++) c[i] += a[i];
        }
        return tape.Record(nameof(Plus), z, s_plusBackward, terms, [], new OpArguments { Int0 = terms.Length });
    }

    private static readonly BackwardFunction s_plusBackward = static (_, node) =>
    {
        for (int k = 0; k < node.Arguments.Int0; k++) node.GiveGradient(k, node.OutputGradient);
    };

    /// <summary>y = factor · x whose backward is itself written with ops of the tape it is given.</summary>
    public static Tensor Times(this Tape tape, Tensor x, float factor)
    {
        var y = tape.Empty(x.Shape);
        var a = x.AsSpan<float>();
        var b = y.AsSpan<float>();
        for (int i = 0; i < b.Length; i++) b[i] = factor * a[i];
        return tape.Record(nameof(Times), y, s_timesBackward, [x], [], new OpArguments { Scalar = factor });
    }

    private static readonly BackwardFunction s_timesBackward = static (tape, node) =>
    {
        if (node.Wants(0)) node.GiveGradient(0, tape.Times(node.OutputGradient, node.Arguments.Scalar));
    };

    /// <summary>Throws in backward.</summary>
    public static Tensor Faulty(this Tape tape, Tensor x)
    {
        var y = tape.Empty(x.Shape);
        x.AsSpan<float>().CopyTo(y.AsSpan<float>());
        return tape.Record(nameof(Faulty), y, static (_, node) =>
        {
            node.TryGradient(0, out var gradient, out bool _);
            gradient.AsSpan<float>().Fill(float.NaN);
            throw new InvalidDataException("backward of Faulty");
        }, [x], []);
    }
}
