using System.Globalization;

namespace RadLab.Models;

/// <summary>The weights of a model folder: <c>STEM.safetensors</c>, or shards listed in <c>STEM.safetensors.index.json</c>.</summary>
/// <remarks>
/// A folder with both is refused: one of the two is a leftover, and which one cannot be known. Shards may be symbolic links (download
/// caches make them), but their names must be plain names of files in the folder.
/// </remarks>
public sealed class ShardedCheckpoint : IDisposable
{
    private readonly IReadOnlyList<SafeTensorsReader> _shards;
    private readonly Dictionary<string, SafeTensorsReader> _shardOf;

    private ShardedCheckpoint(IReadOnlyList<SafeTensorsReader> shards, Dictionary<string, SafeTensorsReader> shardOf, double? declaredTotalBytes)
    {
        _shards = shards;
        _shardOf = shardOf;
        DeclaredTotalBytes = declaredTotalBytes;
        Entries = [.. shards.SelectMany(s => s.Entries.Where(e => shardOf.TryGetValue(e.Name, out var shard) && shard == s))];
        Unlisted = [.. shards.SelectMany(s => s.Entries.Where(e => !shardOf.TryGetValue(e.Name, out var shard) || shard != s)).Select(e => e.Name)];
    }

    /// <summary>All tensors, shard by shard (in the order of the shards' names), each in the order of its data; offsets count within the shard.</summary>
    public IReadOnlyList<SafeTensorsEntry> Entries { get; }

    /// <summary>Tensors that shards hold but the index does not place there; they are not read.</summary>
    public IReadOnlyList<string> Unlisted { get; }

    /// <summary>The index's <c>total_size</c>, which its writers do not all count in the same way; null without one.</summary>
    public double? DeclaredTotalBytes { get; }

    /// <summary>The opened files.</summary>
    public IReadOnlyList<SafeTensorsReader> Shards => _shards;

    public long TotalBytes => Entries.Sum(e => e.ByteCount);

    /// <param name="stem"><c>model</c>, or <c>adapter_model</c> for an adapter.</param>
    /// <exception cref="FileNotFoundException">The folder has neither a single file nor an index.</exception>
    /// <exception cref="CheckpointFormatException">Index or shards are malformed, or do not belong together.</exception>
    public static ShardedCheckpoint Open(string folder, string stem = "model")
    {
        string single = Path.Combine(folder, stem + ".safetensors");
        string indexFile = single + ".index.json";
        bool hasIndex = File.Exists(indexFile);
        if (File.Exists(single))
        {
            if (hasIndex)
                throw new CheckpointFormatException(folder, "weights", $"the folder has both {stem}.safetensors and {stem}.safetensors.index.json", "remove the one that is a leftover");
            return Of(SafeTensorsReader.Open(single));
        }
        if (!hasIndex)
            throw new FileNotFoundException($"{folder}: weights: the folder must have {stem}.safetensors or {stem}.safetensors.index.json; check the path, or convert other formats first.", single);
        return Open(folder, ShardIndex.Load(indexFile), indexFile);
    }

    /// <summary>A checkpoint of one file, whatever its name; owned by the checkpoint from now on.</summary>
    public static ShardedCheckpoint Of(SafeTensorsReader file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return new ShardedCheckpoint([file], file.Entries.ToDictionary(e => e.Name, _ => file), null);
    }

    /// <summary>The file that holds a tensor.</summary>
    /// <exception cref="CheckpointFormatException">There is no such tensor.</exception>
    public string FileOf(string name) => ShardOf(name).File;

    /// <exception cref="CheckpointFormatException">There is no such tensor.</exception>
    public SafeTensorsEntry Get(string name) => ShardOf(name).Get(name);

    public bool Contains(string name) => _shardOf.ContainsKey(name);

    /// <inheritdoc cref="SafeTensorsReader.Read"/>
    public void Read(string name, Span<byte> destination) => ShardOf(name).Read(name, destination);

    /// <inheritdoc cref="SafeTensorsReader.ReadRange"/>
    public void ReadRange(string name, long offset, Span<byte> destination) => ShardOf(name).ReadRange(name, offset, destination);

    public void Dispose()
    {
        foreach (var shard in _shards) shard.Dispose();
    }

    private SafeTensorsReader ShardOf(string name) => _shardOf.TryGetValue(name, out var shard) ? shard
        : throw new CheckpointFormatException(_shards.Count == 1 ? _shards[0].File : Path.GetDirectoryName(_shards[0].File)!,
            $"tensor {CheckpointFormatException.Quote(name)}",
            string.Create(CultureInfo.InvariantCulture, $"is not among the {_shardOf.Count} tensors of the checkpoint"),
            "check that weights and config.json belong together");

    private static ShardedCheckpoint Open(string folder, ShardIndex index, string indexFile)
    {
        var shards = new SortedDictionary<string, SafeTensorsReader>(StringComparer.Ordinal);
        try
        {
            foreach (string name in index.ShardOf.Values)
            {
                if (shards.ContainsKey(name)) continue;
                string path = Path.Combine(folder, name);
                if (!File.Exists(path))
                    throw new CheckpointFormatException(indexFile, $"shard {CheckpointFormatException.Quote(name)}", "is not in the folder", "download the missing shard");
                shards.Add(name, SafeTensorsReader.Open(path));
            }
            foreach (var (tensor, name) in index.ShardOf)
                if (!shards[name].TryGet(tensor, out _))
                    throw new CheckpointFormatException(indexFile, $"tensor {CheckpointFormatException.Quote(tensor)}",
                        $"is not in the shard {CheckpointFormatException.Quote(name)} that the index names", "index and shards are of different models: download both again");
            return new ShardedCheckpoint([.. shards.Values], index.ShardOf.ToDictionary(p => p.Key, p => shards[p.Value]), index.TotalSize);
        }
        catch
        {
            foreach (var shard in shards.Values) shard.Dispose();
            throw;
        }
    }
}
