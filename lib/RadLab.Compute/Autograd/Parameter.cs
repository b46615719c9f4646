namespace RadLab.Compute;

/// <summary>A named weight. Its memory sits behind leases (<see cref="Tensor.Acquire"/>), its gradient is F32 whatever its own dtype.</summary>
public sealed class Parameter : IDisposable
{
    /// <param name="name">Unique in its model, for checkpoints and messages.</param>
    /// <param name="value">Owned by the parameter from now on.</param>
    public Parameter(string name, Tensor value, bool trainable)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!value.DType.IsFloat()) throw new ArgumentException($"Parameter: {name} must be F32 or BF16, got {value.DType}.");
        if (value.State.Tape is not null) throw new ArgumentException($"Parameter: {name} belongs to a tape that would free it; take it out with tape.Keep first.");
        Name = name;
        Value = value;
        value.State.GradientDType = DType.F32;
        Trainable = trainable;
    }

    public string Name { get; }

    public Tensor Value { get; }

    public Shape Shape => Value.Shape;

    /// <summary>A frozen parameter costs no gradient memory and no gradient work.</summary>
    public bool Trainable
    {
        get => Value.RequiresGrad;
        set
        {
            Value.State.RequiresGrad = value;
            if (!value) Value.ClearGradient();
        }
    }

    public Tensor? Gradient => Value.Gradient;

    public void ClearGradient() => Value.ClearGradient();

    public void Dispose()
    {
        if (!Value.IsAlive) return;
        Value.ClearGradient();
        Value.Dispose();
    }

    public override string ToString() => $"{Name} {Value.Shape} {Value.DType}{(Trainable ? "" : " frozen")}";
}
