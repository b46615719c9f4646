using System.Globalization;

namespace RadLab.Compute;

/// <summary>Argument checks of ops. Every message names op, argument, requirement and what it got.</summary>
internal static class Check
{
    /// <summary>First line of every op: alive tensors of the tape's engine, and the place where an interrupt stops between ops.</summary>
    public static void Op(string op, Tape tape, params ReadOnlySpan<Tensor> inputs)
    {
        ArgumentNullException.ThrowIfNull(tape);
        for (int i = 0; i < inputs.Length; i++)
        {
            var s = inputs[i].RequireData();
            tape.SawTrainable |= s.RequiresGrad;
            if (!ReferenceEquals(s.Engine, tape.Engine))
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{op}: tensor {i} {s.Shape} belongs to another engine than the tape; make both with one engine."));
        }
        tape.Engine.ThrowIfInterrupted();
    }

    public static void Shape(string op, string argument, Tensor t, Shape required)
    {
        if (t.Shape != required) throw new ArgumentException($"{op}: {argument} must have shape {required}, got {t.Shape}.");
    }

    public static void Rank(string op, string argument, Tensor t, int rank)
    {
        if (t.Shape.Rank != rank) throw new ArgumentException($"{op}: {argument} must have {rank} dimensions, got {t.Shape}.");
    }

    public static void MinRank(string op, string argument, Tensor t, int rank)
    {
        if (t.Shape.Rank < rank) throw new ArgumentException($"{op}: {argument} must have at least {rank} dimension{(rank == 1 ? "" : "s")}, got {t.Shape}.");
    }

    public static void DType(string op, string argument, Tensor t, DType required)
    {
        if (t.DType != required) throw new ArgumentException($"{op}: {argument} must be {required}, got {t.DType}.");
    }

    public static void SameDType(string op, string argument, Tensor t, string other, Tensor reference)
    {
        if (t.DType != reference.DType) throw new ArgumentException($"{op}: {argument} must be {reference.DType} like {other}, got {t.DType}.");
    }

    public static void Float(string op, string argument, Tensor t)
    {
        if (!t.DType.IsFloat()) throw new ArgumentException($"{op}: {argument} must be F32 or BF16, got {t.DType}.");
    }

    // generic, so that a value that passes is not boxed
    public static void Value<T>(bool holds, string op, string argument, string requirement, T got) where T : notnull
    {
        if (!holds) throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{op}: {argument} must {requirement}, got {got}."));
    }
}
