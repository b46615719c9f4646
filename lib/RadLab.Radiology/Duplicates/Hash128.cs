using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace RadLab.Radiology;

/// <summary>
/// The first 128 bits of a SHA-256: among a thousand million different texts two collide with a probability below 1e-20, so equal hashes are taken for
/// equal contents without looking again.
/// </summary>
public readonly record struct Hash128(ulong High, ulong Low) : IComparable<Hash128>
{
    /// <summary>Of the normalised text (<see cref="NormalizedText"/>): equal for texts that differ in case, spacing and punctuation only.</summary>
    public static Hash128 OfText(string text)
    {
        char[] buffer = ArrayPool<char>.Shared.Rent(Math.Max(1, text.Length));
        var hash = OfNormalized(buffer.AsSpan(0, NormalizedText.Write(text, buffer)));
        ArrayPool<char>.Shared.Return(buffer);
        return hash;
    }

    /// <summary>Of bytes as they are: a file, or the pixels of an image.</summary>
    public static Hash128 OfBytes(ReadOnlySpan<byte> bytes)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, digest);
        return new Hash128(BinaryPrimitives.ReadUInt64BigEndian(digest), BinaryPrimitives.ReadUInt64BigEndian(digest[8..]));
    }

    /// <summary>Of several texts, so joined that no two different lists give the same bytes.</summary>
    internal static Hash128 OfParts(params ReadOnlySpan<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (string part in parts)
        {
            byte[] bytes = System.Text.Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        return new Hash128(BinaryPrimitives.ReadUInt64BigEndian(digest), BinaryPrimitives.ReadUInt64BigEndian(digest[8..]));
    }

    internal static Hash128 OfNormalized(ReadOnlySpan<char> normal)
    {
        // UTF-16 as it lies in memory on little-endian machines; elsewhere the bytes are put into that order first
        if (BitConverter.IsLittleEndian) return OfBytes(MemoryMarshal.AsBytes(normal));
        byte[] bytes = new byte[2 * normal.Length];
        for (int i = 0; i < normal.Length; i++) BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), normal[i]);
        return OfBytes(bytes);
    }

    public int CompareTo(Hash128 other) => High != other.High ? High.CompareTo(other.High) : Low.CompareTo(other.Low);

    public static bool operator <(Hash128 a, Hash128 b) => a.CompareTo(b) < 0;

    public static bool operator >(Hash128 a, Hash128 b) => a.CompareTo(b) > 0;

    public static bool operator <=(Hash128 a, Hash128 b) => a.CompareTo(b) <= 0;

    public static bool operator >=(Hash128 a, Hash128 b) => a.CompareTo(b) >= 0;

    /// <summary>32 hexadecimal digits.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{High:x16}{Low:x16}");

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Hash128 hash)
    {
        hash = default;
        if (text.Length != 32) return false;
        if (!ulong.TryParse(text[..16], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong high)) return false;
        if (!ulong.TryParse(text[16..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong low)) return false;
        hash = new Hash128(high, low);
        return true;
    }
}
