using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>Where the model that is trained comes from.</summary>
public interface IBaseModel
{
    /// <summary>Name for people and for adapter files.</summary>
    string Name { get; }

    /// <summary>Where it lies, with what it was trained on beside it; null for a model that no folder holds.</summary>
    string? Folder => null;

    /// <summary>Which weights and tokenizer: what adapters and checkpoints are bound to.</summary>
    BaseIdentity Identity { get; }

    Tokenizer Tokenizer { get; }

    /// <summary>Loads the weights; the caller owns the model.</summary>
    LlamaModel Load(Engine engine, LlamaStorage storage);

    /// <summary>What quantized layers are quantized from, which PiSSA and LoftQ begin with; null where it is not on disk. The caller owns it.</summary>
    OriginalWeights? Original();
}

/// <summary>A model folder as Hugging Face lays it out, tokenizer included.</summary>
public sealed class FolderModel(string folder) : IBaseModel
{
    private readonly Lazy<BaseIdentity> _identity = new(() => BaseIdentity.OfFolder(folder));
    private readonly Lazy<Tokenizer> _tokenizer = new(() => Models.Tokenizer.Load(folder));

    public string Name { get; } = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));

    public string? Folder => folder;

    public BaseIdentity Identity => _identity.Value;

    public Tokenizer Tokenizer => _tokenizer.Value;

    public LlamaModel Load(Engine engine, LlamaStorage storage) => LlamaModel.Load(engine, folder, storage);

    public OriginalWeights? Original() => OriginalWeights.Open(folder);
}

/// <summary>A model that knows nothing yet: to pretrain, and for tests.</summary>
/// <param name="seed">Of its weights.</param>
public sealed class RandomModel(string name, LlamaConfig config, Tokenizer tokenizer, ulong seed) : IBaseModel
{
    private BaseIdentity? _identity;

    public string Name { get; } = name;

    /// <summary>Of the weights as they would be saved in F32.</summary>
    public BaseIdentity Identity => _identity ??= IdentityOf();

    public Tokenizer Tokenizer { get; } = tokenizer;

    public LlamaModel Load(Engine engine, LlamaStorage storage) => LlamaModel.Random(engine, config, seed, storage);

    public OriginalWeights? Original() => null;

    private BaseIdentity IdentityOf()
    {
        using var engine = new Engine();
        using var model = Load(engine, new LlamaStorage());
        return BaseIdentity.OfModel(model) with { VocabularySha256 = Tokenizer.VocabularyHash() };
    }
}
