namespace RadLab.Compute;

/// <summary>
/// A handle to a contiguous row-major array in native memory. Freed deterministically: by <see cref="Dispose"/>, or by the <see cref="Compute.Tape"/> that made it.
/// </summary>
/// <remarks>
/// A value type: copies of the handle mean the same memory. Using a handle after its memory has been freed throws <see cref="TensorFreedException"/>;
/// disposing one twice does nothing.
/// </remarks>
public readonly partial struct Tensor : IDisposable, IEquatable<Tensor>
{
    private readonly TensorState? _state;
    private readonly int _version;

    internal Tensor(TensorState state, int version)
    {
        _state = state;
        _version = version;
    }

    internal TensorState State => _state is { } s && s.Version == _version ? s : throw Freed();

    internal bool IsAlive => _state is { } s && s.Version == _version;

    public Engine Engine => State.Engine;

    public Shape Shape => State.Shape;

    public DType DType => State.DType;

    public Device Device => State is not null ? Device.Cpu : default;

    /// <summary>Number of elements.</summary>
    public long Count => State.Shape.Count;

    public long SizeBytes => State.Shape.Count * State.DType.Size();

    /// <summary>True when a backward pass brings a gradient here. Set it on leaves; ops set it on what they make.</summary>
    public bool RequiresGrad
    {
        get => State.RequiresGrad;
        set
        {
            var s = State;
            if (value && !s.DType.IsFloat()) throw new ArgumentException($"Tensor: RequiresGrad needs F32 or BF16, got {s.DType}.");
            if (!s.IsLeaf) throw new InvalidOperationException("Tensor: RequiresGrad can only be set on a leaf, not on the result of an op.");
            s.RequiresGrad = value;
        }
    }

    /// <summary>The gradient that backward passes have added up, or null when there is none yet. Belongs to this tensor.</summary>
    public Tensor? Gradient => State.Gradient.IsAlive ? State.Gradient : null;

    /// <summary>Frees the gradient; the next backward pass starts from zero.</summary>
    public void ClearGradient()
    {
        var s = State;
        if (s.Gradient.IsAlive) s.Gradient.Dispose();
        s.Gradient = default;
    }

    /// <summary>Makes the memory present for the lifetime of the lease.</summary>
    public TensorLease Acquire() => new(RequireData());

    internal TensorState RequireData()
    {
        var s = State;
        return s.HasData ? s : throw Freed();
    }

    public void Dispose()
    {
        if (IsAlive) _state!.ReleaseOwner();
    }

    public bool Equals(Tensor other) => ReferenceEquals(_state, other._state) && _version == other._version;

    public override bool Equals(object? obj) => obj is Tensor t && Equals(t);

    public override int GetHashCode() => HashCode.Combine(_state is null ? 0 : System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(_state), _version);

    public static bool operator ==(Tensor a, Tensor b) => a.Equals(b);

    public static bool operator !=(Tensor a, Tensor b) => !a.Equals(b);

    public override string ToString() => IsAlive ? $"Tensor {Shape} {DType} {Device}" : "Tensor (freed)";

    private TensorFreedException Freed() => new(_state is null
        ? "Tensor: this handle was never given a tensor; make one with engine.Empty, engine.From or an op."
        : "Tensor: its memory has been freed (disposed, or its tape was reset or has run backward); use tape.Keep for results that must outlive the tape.");
}
