using RadLab.Compute;

namespace RadLab.Models;

public sealed partial class LlamaModel
{
    /// <summary>Reads a Hugging Face folder, all linear layers in one format; see <see cref="LlamaStorage"/> for the rest.</summary>
    /// <inheritdoc cref="Load(Engine, string, LlamaStorage)"/>
    public static LlamaModel Load(Engine engine, string folder, WeightFormat format = WeightFormat.F32) =>
        Load(engine, folder, new LlamaStorage { Linears = format });

    /// <summary>Reads a Hugging Face folder: config.json and safetensors in F32, F16 or BF16, tensor by tensor.</summary>
    /// <remarks>Peak memory is the finished model and its largest tensor. An F16 file goes through F32; BF16 storage of F32 or F16 files rounds to nearest.</remarks>
    /// <exception cref="CheckpointFormatException">The folder's weights are not those of its config.json.</exception>
    public static LlamaModel Load(Engine engine, string folder, LlamaStorage storage)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(storage);
        var config = LlamaConfig.Load(folder);
        if (config.Quantization is not null)
            throw new CheckpointFormatException(Path.Combine(folder, "config.json"), "quantization_config",
                "says that the linear layers are already quantized", "load the folder of the model in 16 or 32 bits and choose the format here");
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
