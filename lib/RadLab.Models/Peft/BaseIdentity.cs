using System.Security.Cryptography;
using System.Text;

namespace RadLab.Models;

/// <summary>Which model an adapter belongs to.</summary>
/// <remarks>
/// The weights' hash is SHA-256 over the tensors as they are stored, before any decoding or conversion, in ordinal order of their names; of each
/// <c>name \0 dtype \0 sizes with commas \0</c> in UTF-8, then its bytes. So it does not depend on shards, on metadata or on the order in a file, nor on the format that a
/// folder is loaded into: an adapter trained on a folder loaded as NF4 belongs to the same folder loaded as BF16.
/// </remarks>
/// <param name="WeightsSha256">Lower-case hexadecimal; null where it is not known.</param>
/// <param name="TokenizerSha256">Of the tokenizer's file; null where it is not known.</param>
/// <param name="VocabularySha256"><see cref="Tokenizer.VocabularyHash"/>: what the ids mean, whatever the file; null where there is no tokenizer, or none that RadLab reads.</param>
public sealed record BaseIdentity(string? WeightsSha256, string? TokenizerSha256, string? VocabularySha256 = null)
{
    /// <summary>Reads all weights of a model folder once.</summary>
    public static BaseIdentity OfFolder(string folder)
    {
        using var checkpoint = ShardedCheckpoint.Open(folder);
        string? tokenizer = ((string[])["tokenizer.json", "tokenizer.model"]).Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        return new BaseIdentity(Hash(checkpoint.Entries.Select(e => CheckpointParts.AsStored(new FileTensor(checkpoint, e)))),
            tokenizer is null ? null : HashOfFile(tokenizer), tokenizer is null ? null : VocabularyOf(folder));
    }

    /// <summary>A model that no folder holds: as its weights are in memory, 4-bit ones in the tensors they would be saved as. Equal to <see cref="OfFolder"/> of a folder saved from it in the same format.</summary>
    public static BaseIdentity OfModel(LlamaModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new BaseIdentity(Hash(SourceTensors.Of(model).SelectMany(Stored)), null);
    }

    /// <summary>A file of another format, as the tensors it would become without loss.</summary>
    internal static BaseIdentity OfTensors(IEnumerable<SourceTensor> tensors) => new(Hash(tensors.SelectMany(Stored)), null);

    private static IReadOnlyList<CheckpointPart> Stored(SourceTensor tensor) => tensor.Quantization switch
    {
        null => [CheckpointParts.AsStored(tensor)],
        Compute.WeightFormat.Int8 => [CheckpointParts.As(tensor, tensor.DType)],   // the numbers it stands for: it has no form on disk
        _ => BitsAndBytesWeights.Parts(tensor.Name, tensor.Quantized, CheckpointParts.NameOf(tensor.DType)),
    };

    private static string Hash(IEnumerable<CheckpointPart> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in parts.OrderBy(p => p.Spec.Name, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{part.Spec.Name}\0{part.Spec.DType.Name()}\0{string.Join(',', part.Spec.Shape)}\0"));
            part.Write(bytes => hash.AppendData(bytes));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string? VocabularyOf(string folder)
    {
        try
        {
            return Tokenizer.Load(folder).VocabularyHash();
        }
        catch (CheckpointFormatException)
        {
            // weights can be used with a tokenizer that only other programs read
            return null;
        }
    }

    private static string HashOfFile(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
