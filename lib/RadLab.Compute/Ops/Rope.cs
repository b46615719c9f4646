using System.Globalization;

namespace RadLab.Compute;

public static partial class Ops
{
    /// <summary>Rotary position embedding (Su et al., arXiv:2104.09864) of heads at consecutive positions.</summary>
    /// <remarks>
    /// Pairs are (i, i + D/2), as in Hugging Face checkpoints; a = t f[i] is the angle of <see cref="RopeTable"/> at position t.
    /// <code>
    /// y[..,t,h,i]       = x[..,t,h,i] cos a - x[..,t,h,i + D/2] sin a
    /// y[..,t,h,i + D/2] = x[..,t,h,i + D/2] cos a + x[..,t,h,i] sin a
    /// dx               += dy rotated by -a
    /// </code>
    /// Backward keeps nothing but the table.
    /// </remarks>
    /// <param name="x">(..., T, H, D), F32 or BF16: queries or keys</param>
    /// <param name="table">Head width D.</param>
    /// <param name="start">Position of the first token, such as the number of tokens already in a cache.</param>
    /// <returns>Shape and dtype of <paramref name="x"/>.</returns>
    public static Tensor Rope(this Tape tape, Tensor x, RopeTable table, int start = 0)
    {
        CheckRope(tape, x, table);
        int T = x.Shape[^3];
        if (start < 0 || start > table.Positions - T)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"Rope: positions {start} to {(long)start + T - 1} must be 0 to {table.Positions - 1}; make the RopeTable longer or the text shorter."));

        var y = tape.Empty(x.Shape, x.DType);
        RopeKernels.Rotate(x, table.Cos, table.Sin, default, start, y, backward: false, fresh: true);
        return tape.Record(nameof(Rope), y, s_ropeBackward, [x], [table.Cos, table.Sin], new OpArguments { Int0 = start });
    }

    /// <summary>The same with a position for each token: packed sequences, left padding, generation of several texts at once.</summary>
    /// <param name="positions">I32, (T) for all leading dimensions alike, or (..., T) like x without heads; each below <see cref="RopeTable.Positions"/>. Kept for backward.</param>
    /// <inheritdoc cref="Rope(Tape, Tensor, RopeTable, int)"/>
    public static Tensor Rope(this Tape tape, Tensor x, RopeTable table, Tensor positions)
    {
        CheckRope(tape, x, table);
        Check.Op(nameof(Rope), tape, positions);
        Check.DType(nameof(Rope), nameof(positions), positions, DType.I32);
        CheckPositions(x.Shape, positions, table.Positions);

        var y = tape.Empty(x.Shape, x.DType);
        RopeKernels.Rotate(x, table.Cos, table.Sin, positions, 0, y, backward: false, fresh: true);
        return tape.Record(nameof(Rope), y, s_ropeAtBackward, [x], [table.Cos, table.Sin, positions]);
    }

    private static void CheckRope(Tape tape, Tensor x, RopeTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        Check.Op(nameof(Rope), tape, x, table.Cos);
        Check.Float(nameof(Rope), nameof(x), x);
        Check.MinRank(nameof(Rope), nameof(x), x, 3);
        if (x.Shape.Last != table.HeadWidth)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Rope: x must have heads of width {table.HeadWidth} like the table, got {x.Shape}."));
    }

    private static void CheckPositions(Shape x, Tensor positions, int limit)
    {
        Span<int> dims = stackalloc int[x.Rank];
        x.CopyTo(dims);
        var tokens = Shape.Create(dims[..^2]);
        if (positions.Shape != tokens && positions.Shape != [x[^3]])
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Rope: positions must have shape ({x[^3]}) or {tokens} for x {x}, got {positions.Shape}."));
        using var lease = positions.Acquire();
        var values = positions.AsSpan<int>();
        for (int i = 0; i < values.Length; i++)
        {
            if ((uint)values[i] >= (uint)limit)
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                    $"Rope: position {values[i]} of token {i} must be 0 to {limit - 1}; make the RopeTable longer or the text shorter."));
        }
    }

    private static readonly BackwardFunction s_ropeBackward = static (_, node) =>
    {
        if (node.TryGradient(0, out var dx, out bool fresh))
            RopeKernels.Rotate(node.OutputGradient, node.Saved(0), node.Saved(1), default, node.Arguments.Int0, dx, backward: true, fresh);
    };

    private static readonly BackwardFunction s_ropeAtBackward = static (_, node) =>
    {
        if (node.TryGradient(0, out var dx, out bool fresh))
            RopeKernels.Rotate(node.OutputGradient, node.Saved(0), node.Saved(1), node.Saved(2), 0, dx, backward: true, fresh);
    };
}
