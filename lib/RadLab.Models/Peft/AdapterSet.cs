using RadLab.Compute;

namespace RadLab.Models;

/// <summary>The adapters of a model by name, and which of them are active: those that are take part in the forward pass, all others cost memory only.</summary>
/// <remarks>
/// <code>y = W x + sum over the active adapters of s B A dropout(x)</code>
/// With none active the model is its base, bit for bit (where PiSSA or LoftQ has changed the base: with the factors it began with, so as before but for rounding).
/// </remarks>
public sealed class AdapterSet : IDisposable
{
    /// <summary>The name that PEFT gives to an adapter without one.</summary>
    public const string DefaultName = "default";

    private const int MostNameChars = 64;

    private readonly LlamaModel _model;
    private readonly List<LoraAdapters> _all = [];
    private LoraAdapters[] _active = [];

    internal AdapterSet(LlamaModel model) => _model = model;

    /// <summary>In the order in which they came.</summary>
    public IReadOnlyList<string> Names => [.. _all.Select(a => a.Name)];

    /// <summary>In the order in which they are added up.</summary>
    public IReadOnlyList<string> Active => [.. _active.Select(a => a.Name)];

    public LoraAdapters this[string name] => _all.Find(a => a.Name == name)
        ?? throw new ArgumentException($"AdapterSet: the model has no adapter '{name}'; it has {(_all.Count == 0 ? "none" : string.Join(", ", Names.Select(n => $"'{n}'")))}.");

    /// <summary>Makes these adapters, and no others, take part; without names the model is its base.</summary>
    public void Activate(params IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        var active = names.Select(n => this[n]).ToArray();
        if (active.Distinct().Count() < active.Length) throw new ArgumentException($"AdapterSet: each adapter must be named once, got {string.Join(", ", names)}.");
        if (active.Length > 1 && active.FirstOrDefault(a => a.Settings.UseDora) is { } dora)
            throw new ArgumentException($"AdapterSet: '{dora.Name}' uses DoRA, which scales a whole layer's output, and can only be active alone.");
        _active = active;
        Apply();
    }

    /// <summary>Switches all adapters off until the returned scope ends: for the base's own predictions beside the adapted ones.</summary>
    public DisabledAdapters Disable()
    {
        var before = Active;
        Activate();
        return new DisabledAdapters(this, before);
    }

    /// <summary>Makes a new adapter of others, which stay; it is not active yet.</summary>
    /// <inheritdoc cref="AdapterCombination"/>
    public LoraAdapters Combine(string name, AdapterCombination how, params IReadOnlyList<WeightedAdapter> parts)
    {
        CheckNew(name, LoraInit.Uniform);
        var combined = how.Of(_model, name, [.. parts.Select(p => (this[p.Name], p.Weight))]);
        _all.Add(combined);
        return combined;
    }

    /// <summary>Frees all adapters.</summary>
    public void Dispose()
    {
        foreach (var adapters in _all) adapters.Free();
        _all.Clear();
        _active = [];
        Apply();
    }

    internal void CheckNew(string name, LoraInit init)
    {
        // a name is a folder's name as well
        if (string.IsNullOrEmpty(name) || name.Length > MostNameChars || name.StartsWith('.') || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            throw new ArgumentException($"AdapterSet: name must be 1 to {MostNameChars} of the characters A-Z a-z 0-9 - _ . and not begin with a point, got {CheckpointFormatException.Quote(name)}.");
        if (_all.Any(a => a.Name == name)) throw new InvalidOperationException($"AdapterSet: the model has an adapter '{name}' already; detach that first, or give the new one another name.");
        if (_all.Find(a => a.Settings.Init.ChangesBase || init.ChangesBase) is not { } other) return;
        string changes = init.ChangesBase ? $"'{name}' would change the base by {init.Kind}" : $"'{other.Name}' has changed the base by {other.Settings.Init.Kind}";
        throw new InvalidOperationException($"AdapterSet: '{name}' and '{other.Name}' cannot be on one model: {changes}; detach '{other.Name}' first, or save it as plain LoRA and load that.");
    }

    /// <summary>Takes a new adapter in, makes it the active one and freezes the model.</summary>
    internal LoraAdapters Add(LoraAdapters adapters)
    {
        _all.Add(adapters);
        _active = [adapters];
        _model.Freeze();
        Apply();
        return adapters;
    }

    internal void Remove(LoraAdapters adapters)
    {
        if (!_all.Remove(adapters)) return;
        _active = [.. _active.Where(a => a != adapters)];
        Apply();
        adapters.Free();
    }

    private void Apply()
    {
        foreach (var layer in _model.Linears)
        {
            LoraAdapter[] parts = [.. _active.Select(a => a.On(layer)).OfType<LoraAdapter>()];
            layer.Adapter = parts.Length switch
            {
                0 => _all.Select(a => a.On(layer)?.Start).FirstOrDefault(s => s is not null),
                1 => parts[0],
                _ => new AdapterSum(parts),
            };
        }
    }
}

/// <summary>Ends with its scope: the adapters that were active are so again. See <see cref="AdapterSet.Disable"/>.</summary>
public readonly ref struct DisabledAdapters
{
    private readonly AdapterSet _adapters;
    private readonly IReadOnlyList<string> _before;

    internal DisabledAdapters(AdapterSet adapters, IReadOnlyList<string> before) => (_adapters, _before) = (adapters, before);

    public void Dispose() => _adapters.Activate([.. _before.Where(_adapters.Names.Contains)]);
}

/// <summary>Several adapters on one layer at once.</summary>
internal sealed class AdapterSum(LoraAdapter[] parts) : Adapter
{
    public override IReadOnlyList<Parameter> Parameters { get; } = [.. parts.SelectMany(p => p.Parameters)];

    public override Tensor Forward(Tape tape, Tensor x)
    {
        using var scope = tape.Scope();
        var y = parts[0].Forward(tape, x);
        for (int i = 1; i < parts.Length; i++) y = tape.Add(y, parts[i].Product(tape, x));
        return scope.Keep(y);
    }

    // the parts belong to their sets
    private protected override void Free()
    {
    }
}
