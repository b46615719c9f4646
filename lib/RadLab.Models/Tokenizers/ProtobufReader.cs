using System.Buffers.Binary;
using System.Globalization;

namespace RadLab.Models;

/// <summary>Reads one Protocol Buffers message field by field; nothing is allocated, every length is checked against what is there.</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message, string file, string field)
{
    private const int Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5;

    private readonly ReadOnlySpan<byte> _message = message;
    private int _at;
    private int _wire;

    /// <summary>Moves to the next field, or past the end.</summary>
    public bool TryField(out int number)
    {
        number = 0;
        if (_at == _message.Length) return false;
        ulong key = RawVarint();
        _wire = (int)(key & 7);
        if (key >> 3 is 0 or > (1 << 29) - 1) throw Fail("has a field number outside 1 to 2^29 - 1");
        number = (int)(key >> 3);
        return true;
    }

    public long ReadVarint()
    {
        Require(Varint, "a varint");
        return (long)RawVarint();
    }

    public bool ReadBool() => ReadVarint() != 0;

    public float ReadFloat()
    {
        Require(Fixed32, "a 32-bit number");
        return BinaryPrimitives.ReadSingleLittleEndian(Take(4));
    }

    public ReadOnlySpan<byte> ReadBytes()
    {
        Require(Bytes, "bytes");
        return Take(RawVarint());
    }

    public void Skip()
    {
        switch (_wire)
        {
            case Varint:
                RawVarint();
                break;
            case Fixed64:
                Take(8);
                break;
            case Bytes:
                Take(RawVarint());
                break;
            case Fixed32:
                Take(4);
                break;
            default:
                throw Fail(string.Create(CultureInfo.InvariantCulture, $"has wire type {_wire}, which is not used"));
        }
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)(_message.Length - _at))
            throw Fail(string.Create(CultureInfo.InvariantCulture, $"needs {count} bytes at byte {_at}, but {_message.Length - _at} are left"));
        var bytes = _message.Slice(_at, (int)count);
        _at += (int)count;
        return bytes;
    }

    private ulong RawVarint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            if (_at == _message.Length) throw Fail("ends inside a number");
            byte b = _message[_at++];
            value |= shift < 64 ? (ulong)(b & 0x7F) << shift : 0;
            if (b < 0x80) return value;
        }
        throw Fail("has a number of more than ten bytes");
    }

    private readonly void Require(int wire, string requirement)
    {
        if (_wire != wire) throw Fail(string.Create(CultureInfo.InvariantCulture, $"must have {requirement} at byte {_at}, got wire type {_wire}"));
    }

    private readonly CheckpointFormatException Fail(string problem) => TokenizerFile.Fail(file, field, problem);
}
