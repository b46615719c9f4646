using System.Buffers.Binary;

namespace RadLab.Training;

/// <summary>Writes PNG files (W3C PNG, third edition). The same pixels give the same bytes on every machine.</summary>
internal static class Png
{
    private static readonly uint[] s_crcTable = MakeCrcTable();

    /// <param name="rgb">Three bytes per pixel.</param>
    public static byte[] Encode(int width, int height, ReadOnlySpan<byte> rgb)
    {
        var output = new MemoryStream();
        output.Write([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
        bool indexed = TryIndex(rgb, out byte[] palette, out byte[] indices);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = 8;
        header[9] = (byte)(indexed ? 3 : 2);
        Chunk(output, "IHDR"u8, header);
        if (indexed) Chunk(output, "PLTE"u8, palette);
        Chunk(output, "IDAT"u8, Deflate.ToZlib(Rows(indexed ? indices : rgb, height, filtered: !indexed)));
        Chunk(output, "IEND"u8, []);
        return output.ToArray();
    }

    // Each row starts with its filter: none for palette indices, the difference from the row above for colours.
    private static byte[] Rows(ReadOnlySpan<byte> pixels, int height, bool filtered)
    {
        int stride = pixels.Length / height;
        var rows = new byte[(stride + 1) * height];
        for (int y = 0; y < height; y++)
        {
            var target = rows.AsSpan(y * (stride + 1));
            var row = pixels.Slice(y * stride, stride);
            target[0] = (byte)(filtered && y > 0 ? 2 : 0);
            if (target[0] == 0) row.CopyTo(target[1..]);
            else
                for (int i = 0; i < stride; i++) target[i + 1] = (byte)(row[i] - pixels[(y - 1) * stride + i]);
        }
        return rows;
    }

    private static bool TryIndex(ReadOnlySpan<byte> rgb, out byte[] palette, out byte[] indices)
    {
        var known = new Dictionary<int, byte>();
        var colours = new List<byte>();
        (palette, indices) = ([], new byte[rgb.Length / 3]);
        for (int i = 0; i < indices.Length; i++)
        {
            int colour = rgb[3 * i] << 16 | rgb[3 * i + 1] << 8 | rgb[3 * i + 2];
            if (!known.TryGetValue(colour, out byte index))
            {
                if (known.Count == 256) return false;
                known[colour] = index = (byte)known.Count;
                colours.AddRange(rgb.Slice(3 * i, 3));
            }
            indices[i] = index;
        }
        palette = [.. colours];
        return true;
    }

    private static void Chunk(MemoryStream output, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        output.Write(number);
        output.Write(type);
        output.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~Crc(Crc(uint.MaxValue, type), data));
        output.Write(number);
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> data)
    {
        foreach (byte b in data) crc = s_crcTable[(byte)(crc ^ b)] ^ crc >> 8;
        return crc;
    }

    private static uint[] MakeCrcTable()
    {
        var table = new uint[256];
        for (uint i = 0; i < 256; i++)
        {
            uint c = i;
            for (int k = 0; k < 8; k++) c = (c & 1) != 0 ? 0xEDB88320 ^ c >> 1 : c >> 1;
            table[i] = c;
        }
        return table;
    }
}
