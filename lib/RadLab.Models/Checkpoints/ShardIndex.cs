using System.Globalization;

namespace RadLab.Models;

/// <summary><c>model.safetensors.index.json</c>: <c>{"metadata":{"total_size":N},"weight_map":{"TENSOR":"FILE"}}</c>.</summary>
internal sealed class ShardIndex
{
    // One file handle stays open per shard, and systems commonly allow a process 1,024.
    public const int MaxShards = 512;

    private const int MaxBytes = SafeTensorsHeader.MaxBytes;
    private const int MaxFileNameChars = 255;
    private const int MaxDepth = 16;   // other writers may add nested metadata, which is skipped
    private const string Advice = "download or write the index again";

    private ShardIndex(Dictionary<string, string> shardOf, double? totalSize)
    {
        ShardOf = shardOf;
        TotalSize = totalSize;
    }

    /// <summary>From the name of a tensor to the name of its file.</summary>
    public IReadOnlyDictionary<string, string> ShardOf { get; }

    public double? TotalSize { get; }

    public static ShardIndex Load(string path)
    {
        long length = new FileInfo(path).Length;
        if (length > MaxBytes)
            throw new CheckpointFormatException(path, "index", string.Create(CultureInfo.InvariantCulture, $"must have at most {MaxBytes} bytes, got {length}"), Advice);
        return Parse(File.ReadAllBytes(path), path);
    }

    public static ShardIndex Parse(ReadOnlySpan<byte> utf8, string file)
    {
        var json = new StrictJson(utf8, file, "index", MaxDepth, Advice);
        Dictionary<string, string>? shardOf = null;
        double? totalSize = null;
        var seen = new HashSet<string>();
        json.BeginObject("index");
        while (json.TryKey(seen, "index", out string key))
        {
            if (key == "weight_map") shardOf = ReadWeightMap(ref json);
            else if (key == "metadata") totalSize = ReadTotalSize(ref json);
            else json.SkipValue("index");
        }
        json.End();
        if (shardOf is null || shardOf.Count == 0) throw json.Fail("weight_map", "must name at least one tensor");
        return new ShardIndex(shardOf, totalSize);
    }

    private static double? ReadTotalSize(ref StrictJson json)
    {
        double? totalSize = null;
        var seen = new HashSet<string>();
        json.BeginObject("metadata");
        while (json.TryKey(seen, "metadata", out string key))
        {
            if (key == "total_size") totalSize = json.ReadNumber("metadata.total_size");
            else json.SkipValue("metadata");
        }
        return totalSize;
    }

    private static Dictionary<string, string> ReadWeightMap(ref StrictJson json)
    {
        var shardOf = new Dictionary<string, string>();
        var shards = new HashSet<string>();
        var seen = new HashSet<string>();
        json.BeginObject("weight_map");
        while (json.TryKey(seen, "weight_map", out string tensor))
        {
            if (shardOf.Count == SafeTensorsHeader.MaxTensors)
                throw json.Fail("weight_map", string.Create(CultureInfo.InvariantCulture, $"must name at most {SafeTensorsHeader.MaxTensors} tensors"));
            string shard = json.ReadString("weight_map");
            if (!IsPlainFileName(shard))
                throw json.Fail("weight_map", $"must name .safetensors files of the folder itself, got {CheckpointFormatException.Quote(shard)}");
            if (shards.Add(shard) && shards.Count > MaxShards)
                throw json.Fail("weight_map", string.Create(CultureInfo.InvariantCulture, $"must name at most {MaxShards} shards"));
            shardOf.Add(tensor, shard);
        }
        return shardOf;
    }

    // The same rule on every system: an index written on Windows must not escape on Linux, nor the other way round.
    private static bool IsPlainFileName(string name) =>
        name.Length <= MaxFileNameChars
        && name.EndsWith(".safetensors", StringComparison.Ordinal)
        && name[0] != '.'
        && !name.AsSpan().ContainsAny("/\\:*?\"<>|")
        && !name.Any(char.IsControl);
}
