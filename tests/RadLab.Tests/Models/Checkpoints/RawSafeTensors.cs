using System.Buffers.Binary;
using System.Text;

namespace RadLab.Tests;

/// <summary>Puts a safetensors file together byte by byte, well-formed or not, without the writer under test.</summary>
internal static class RawSafeTensors
{
    public static byte[] Build(string header, params byte[] data) => Build(Encoding.UTF8.GetBytes(header), data);

    public static byte[] Build(byte[] header, byte[] data)
    {
        var file = new byte[8 + header.Length + data.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)header.Length);
        header.CopyTo(file, 8);
        data.CopyTo(file, 8 + header.Length);
        return file;
    }
}
