using RadLab.Compute;

namespace RadLab.Models;

/// <summary>Llama's feed-forward layer: y = Wdown (silu(Wgate x) * Wup x).</summary>
public sealed class FeedForward(LinearLayer gate, LinearLayer up, LinearLayer down) : IDisposable
{
    public LinearLayer Gate { get; } = gate;

    public LinearLayer Up { get; } = up;

    public LinearLayer Down { get; } = down;

    /// <param name="x">(..., C)</param>
    /// <returns>(..., C)</returns>
    public Tensor Forward(Tape tape, Tensor x)
    {
        using var scope = tape.Scope();
        var (gate, up, _) = LinearLayer.Forward(tape, x, Gate, Up);
        return scope.Keep(Down.Forward(tape, tape.SwiGlu(gate, up)));
    }

    public void Dispose()
    {
        Gate.Dispose();
        Up.Dispose();
        Down.Dispose();
    }
}
