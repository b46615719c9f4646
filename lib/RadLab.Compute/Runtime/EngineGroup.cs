namespace RadLab.Compute;

/// <summary>
/// The engines that code inside a scope makes, so that a host (a notebook's kernel) can interrupt them together without
/// knowing them. The scope follows the caller's flow, also into the tasks it starts; engines stay collectable.
/// </summary>
public sealed class EngineGroup
{
    private static readonly AsyncLocal<EngineGroup?> s_current = new();

    private readonly Lock _gate = new();
    private readonly List<WeakReference<Engine>> _engines = [];

    /// <summary>Engines made from here on belong to the group, until the returned scope is disposed.</summary>
    public IDisposable Begin()
    {
        var before = s_current.Value;
        s_current.Value = this;
        return new Scope(before);
    }

    /// <summary>Engines of the group that are still in use.</summary>
    public int Count => Alive().Count;

    /// <summary><see cref="Engine.Interrupt"/> for each engine.</summary>
    public void Interrupt()
    {
        foreach (var engine in Alive()) engine.Interrupt();
    }

    /// <summary>After an interrupt: no engine has done anything since, so none is at work.</summary>
    public bool AreUntouched => Alive().TrueForAll(e => e.HasPendingInterrupt);

    /// <summary>After an interrupt: an engine is at work that must be whole, so that the interrupt waits; see <see cref="Engine.DeferInterrupts"/>.</summary>
    public bool AreShielded => Alive().Exists(e => e.HoldsInterruptOff);

    /// <summary><see cref="Engine.ForgetInterrupt"/> for each engine.</summary>
    public void ForgetInterrupt()
    {
        foreach (var engine in Alive()) engine.ForgetInterrupt();
    }

    /// <summary><see cref="Engine.Poison"/> for each engine.</summary>
    public void Poison(string reason)
    {
        foreach (var engine in Alive()) engine.Poison(reason);
    }

    internal static void Join(Engine engine)
    {
        if (s_current.Value is not { } group) return;
        lock (group._gate)
        {
            group._engines.RemoveAll(w => !w.TryGetTarget(out var known) || known.IsDisposed);
            group._engines.Add(new WeakReference<Engine>(engine));
        }
    }

    private List<Engine> Alive()
    {
        var alive = new List<Engine>();
        lock (_gate)
            foreach (var weak in _engines)
                if (weak.TryGetTarget(out var engine) && !engine.IsDisposed) alive.Add(engine);
        return alive;
    }

    private sealed class Scope(EngineGroup? before) : IDisposable
    {
        public void Dispose() => s_current.Value = before;
    }
}
