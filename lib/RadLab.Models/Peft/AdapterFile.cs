using RadLab.Compute;

namespace RadLab.Models;

/// <summary>A PEFT folder opened to read one layer's factors after the other, without a model.</summary>
internal sealed class AdapterFile : IDisposable
{
    private readonly ShardedCheckpoint _checkpoint;

    private AdapterFile(Lora settings, PeftProvenance? provenance, ShardedCheckpoint checkpoint) => (Settings, Provenance, _checkpoint) = (settings, provenance, checkpoint);

    public Lora Settings { get; }

    public PeftProvenance? Provenance { get; }

    /// <exception cref="CheckpointFormatException">The folder is malformed or does not fit the model.</exception>
    public static AdapterFile Open(string folder, LlamaConfig config)
    {
        var settings = PeftConfig.Load(folder).Settings;
        var provenance = PeftProvenance.Load(folder);
        var checkpoint = ShardedCheckpoint.Open(folder, PeftFolder.Stem);
        try
        {
            PeftFolder.CheckTensors(checkpoint, folder, settings, Enumerable.Range(0, config.Layers).SelectMany(layer => LlamaWeights.LinearNames.Select(name =>
            {
                var (outputs, inputs) = LlamaWeights.LinearShape(config, name);
                return (LlamaWeights.Module(layer, name), outputs, inputs);
            })));
            return new AdapterFile(settings, provenance, checkpoint);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>The factors of one layer; owned by the caller.</summary>
    public LayerFactors Read(Engine engine, string module, int outputs, int inputs)
    {
        int rank = Settings.RankOf(module);
        var factors = new LayerFactors(engine.Empty([rank, inputs]), engine.Empty([outputs, rank]), Settings.UseDora ? engine.Empty([outputs]) : null, Settings.ScaleOf(module));
        try
        {
            PeftFolder.Read(_checkpoint, LoraWeights.A(module), factors.A);
            PeftFolder.Read(_checkpoint, LoraWeights.B(module), factors.B);
            if (factors.Magnitude is { } m) PeftFolder.Read(_checkpoint, LoraWeights.Magnitude(module), m);
            return factors;
        }
        catch
        {
            factors.Dispose();
            throw;
        }
    }

    public void Dispose() => _checkpoint.Dispose();
}

/// <summary>A, B, m and s of one layer.</summary>
internal sealed record LayerFactors(Tensor A, Tensor B, Tensor? Magnitude, float Scale) : IDisposable
{
    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
        Magnitude?.Dispose();
    }
}
