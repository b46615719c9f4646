using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace RadLab.Tests;

/// <summary>Reads one golden file in the safetensors format: u64 header length, JSON header, data. Small on purpose: it shares nothing with the product's reader.</summary>
public sealed class GoldenFile
{
    private readonly byte[] _bytes;
    private readonly int _data;
    private readonly Dictionary<string, JsonElement> _header;

    public GoldenFile(string path)
    {
        _bytes = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Goldens", path));
        int length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(_bytes));
        _data = 8 + length;
        _header = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(_bytes.AsSpan(8, length))!;
    }

    public bool Has(string name) => _header.ContainsKey(name);

    public byte[] Bytes(string name)
    {
        var offsets = _header[name].GetProperty("data_offsets");
        return _bytes[(_data + offsets[0].GetInt32())..(_data + offsets[1].GetInt32())];
    }

    public float[] Floats(string name)
    {
        Assert.Equal("F32", _header[name].GetProperty("dtype").GetString());
        return MemoryMarshal.Cast<byte, float>(Bytes(name)).ToArray();
    }

    public JsonElement Json(string name) => JsonDocument.Parse(Bytes(name)).RootElement;
}
