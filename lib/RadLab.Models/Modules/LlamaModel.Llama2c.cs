using RadLab.Compute;

namespace RadLab.Models;

public sealed partial class LlamaModel
{
    /// <summary>Reads a model file of llama2.c (version 0, F32), tensor by tensor.</summary>
    /// <param name="storage">Null: F32.</param>
    /// <exception cref="CheckpointFormatException">The file is not a whole llama2.c model.</exception>
    public static LlamaModel LoadLlama2c(Engine engine, string path, LlamaStorage? storage = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        using var file = Llama2cFile.Open(path);
        return Assemble(engine, file.Config, storage ?? new LlamaStorage(), new Llama2cWeights(engine, file));
    }
}
