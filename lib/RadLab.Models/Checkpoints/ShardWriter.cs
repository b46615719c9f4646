using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RadLab.Models;

/// <summary>Writes the weights of a model folder: <c>STEM.safetensors</c>, or shards of at most a chosen size and their index.</summary>
/// <remarks>Tensors go to shards in the order in which they come; those of one group stay together. A group above the size has a shard of its own.</remarks>
internal sealed class ShardWriter : IDisposable
{
    /// <summary>What Hugging Face's writer takes.</summary>
    public const long DefaultShardBytes = 5_000_000_000;

    private readonly string _folder, _stem;
    private readonly long _maxShardBytes;
    private readonly List<CheckpointPart> _parts = [];
    private readonly List<IReadOnlyList<string>> _shards = [];
    private long _bytes, _total;

    public ShardWriter(string folder, string stem, long maxShardBytes)
    {
        if (maxShardBytes < 1) throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"ShardWriter: maxShardBytes must be at least 1, got {maxShardBytes}."));
        (_folder, _stem, _maxShardBytes) = (folder, stem, maxShardBytes);
        Spool = new PartSpool(Path.Combine(folder, stem + ".spool.tmp"));
    }

    public PartSpool Spool { get; }

    /// <param name="maxBytes">No more than this is written for the group.</param>
    public void Add(long maxBytes, Func<IReadOnlyList<CheckpointPart>> group)
    {
        if (_parts.Count > 0 && _bytes + maxBytes > _maxShardBytes) Flush();
        foreach (var part in group())
        {
            _parts.Add(part);
            _ = part.Spec.DType.TryByteCount(part.Spec.Shape, out long bytes);
            _bytes += bytes;
        }
    }

    public void Add(CheckpointPart part)
    {
        _ = part.Spec.DType.TryByteCount(part.Spec.Shape, out long bytes);
        Add(bytes, () => [part]);
    }

    /// <summary>Writes the last shard, names all of them and writes the index if there are several.</summary>
    /// <returns>Bytes of all tensors.</returns>
    public long Complete()
    {
        if (_parts.Count > 0 || _shards.Count == 0) Flush();
        if (_shards.Count == 1)
        {
            File.Move(Unnamed(0), Path.Combine(_folder, _stem + ".safetensors"));
            return _total;
        }
        var map = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < _shards.Count; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"{_stem}-{i + 1:00000}-of-{_shards.Count:00000}.safetensors");
            File.Move(Unnamed(i), Path.Combine(_folder, name));
            foreach (string tensor in _shards[i]) map.Add(tensor, name);
        }
        var weights = new JsonObject(map.Select(p => KeyValuePair.Create<string, JsonNode?>(p.Key, p.Value)));
        var index = new JsonObject { ["metadata"] = new JsonObject { ["total_size"] = _total }, ["weight_map"] = weights };
        WholeFile.Write(Path.Combine(_folder, _stem + ".safetensors.index.json"), IndentedJson.Bytes(index));
        return _total;
    }

    public void Dispose() => Spool.Dispose();

    private string Unnamed(int shard) => Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{_stem}.shard{shard}.tmp"));

    private void Flush()
    {
        if (_shards.Count == ShardIndex.MaxShards)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"ShardWriter: at most {ShardIndex.MaxShards} shards can be read again; choose a size above {_maxShardBytes} bytes."));
        var byName = _parts.ToDictionary(p => p.Spec.Name);
        using (var writer = SafeTensorsWriter.Create(Unnamed(_shards.Count), _parts.Select(p => p.Spec), [KeyValuePair.Create("format", "pt")]))
        {
            foreach (var entry in writer.Entries) byName[entry.Name].Write(bytes => writer.Append(entry.Name, bytes));
            writer.Commit();
        }
        _shards.Add([.. byName.Keys]);
        _total += _bytes;
        _parts.Clear();
        _bytes = 0;
        Spool.Clear();
    }
}

/// <summary>JSON files as Python's writers of this field make them: indented by 2, nothing escaped that need not be.</summary>
internal static class IndentedJson
{
    private static readonly JsonSerializerOptions s_options = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Bytes(JsonObject json) => [.. System.Text.Encoding.UTF8.GetBytes(json.ToJsonString(s_options)), (byte)'\n'];

    /// <summary>A number with a decimal point, also where it is whole.</summary>
    public static JsonNode Number(double value) => JsonNode.Parse(PythonJson.Number(value))!;
}
