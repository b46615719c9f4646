using RadLab.Compute;

namespace RadLab.Models;

public sealed partial class LlamaModel
{
    /// <summary>Reads a Hugging Face folder, all linear layers in one format; see <see cref="LlamaStorage"/> for the rest.</summary>
    /// <inheritdoc cref="Load(Engine, string, LlamaStorage)"/>
    public static LlamaModel Load(Engine engine, string folder, WeightFormat format = WeightFormat.F32) =>
        Load(engine, folder, new LlamaStorage { Linears = format });

    /// <summary>Reads a Hugging Face folder: config.json and safetensors in F32, F16, BF16 or bitsandbytes' 4 bits, tensor by tensor.</summary>
    /// <remarks>
    /// Peak memory is the finished model and its largest tensor. An F16 file goes through F32; BF16 storage of F32 or F16 files rounds to nearest.
    /// Of a folder in 4 bits, the linear layers are kept bit for bit if <paramref name="storage"/> asks for the same format (block size and scales are then
    /// the file's), or decoded for F32 and BF16.
    /// </remarks>
    /// <exception cref="CheckpointFormatException">The folder's weights are not those of its config.json.</exception>
    /// <exception cref="ArgumentException">A folder in 4 bits would have to be quantized a second time.</exception>
    public static LlamaModel Load(Engine engine, string folder, LlamaStorage storage)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(storage);
        var config = LlamaConfig.Load(folder);
        storage.CheckSource(config);
        using var checkpoint = ShardedCheckpoint.Open(folder);
        var weights = new CheckpointWeights(engine, checkpoint, folder);
        weights.RequireOnly(config);
        return Assemble(engine, config, storage, weights);
    }

    /// <summary>A model that knows nothing: linear layers and embedding normal with deviation 0.02, norms 1. The same for every thread count and machine.</summary>
    public static LlamaModel Random(Engine engine, LlamaConfig config, ulong seed, LlamaStorage? storage = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(config);
        return Assemble(engine, config, storage ?? new LlamaStorage(), new RandomWeights(engine, config, seed));
    }

    /// <summary>A model whose weights have undefined contents: for an engine in <see cref="EngineOptions.DryRun"/>, to see what it would take.</summary>
    /// <param name="savedIn16Bits">The weights' files are in F16 or BF16, which decides the embedding's dtype where <paramref name="storage"/> leaves it open.</param>
    public static LlamaModel Empty(Engine engine, LlamaConfig config, LlamaStorage storage, bool savedIn16Bits = true)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(storage);
        if (!engine.Options.DryRun) throw new ArgumentException("LlamaModel.Empty: the engine must be one in DryRun: weights without numbers compute nothing.");
        if (storage.Linears == WeightFormat.Int8) throw new ArgumentException("LlamaModel.Empty: Linears must be F32, BF16, Nf4 or Fp4, got Int8.");
        return Assemble(engine, config, storage, new EmptyWeights(engine, storage, savedIn16Bits));
    }

    private static LlamaModel Assemble(Engine engine, LlamaConfig config, LlamaStorage storage, IWeights weights)
    {
        storage.Check(config);
        var assembly = new LlamaAssembly(engine, config, storage, weights);
        try
        {
            return assembly.Model();
        }
        catch
        {
            assembly.DisposeParts();
            throw;
        }
    }
}
