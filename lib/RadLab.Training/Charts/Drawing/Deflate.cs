using System.Buffers.Binary;

namespace RadLab.Training;

/// <summary>
/// Compresses to a zlib stream (RFC 1950, 1951). The framework's own compressor chooses its matches with the processor's
/// instructions, so its bytes differ between machines; these do not.
/// </summary>
internal static class Deflate
{
    private const int Window = 1 << 15, MinMatch = 3, MaxMatch = 258, HashBits = 15, MaxChain = 48;
    private const int Literals = 286, Distances = 30, End = 256;

    private static readonly int[] s_lengthBase = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
    private static readonly int[] s_lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
    private static readonly int[] s_distanceBase = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
    private static readonly int[] s_distanceExtra = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
    private static readonly int[] s_codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    public static byte[] ToZlib(ReadOnlySpan<byte> data)
    {
        var output = new BitWriter();
        output.Byte(0x78);
        output.Byte(0x9c);
        WriteBlock(output, Tokens(data));
        output.Align();
        Span<byte> adler = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(adler, Adler32(data));
        foreach (byte b in adler) output.Byte(b);
        return output.ToArray();
    }

    // A literal is its byte; a match is 1 << 30 | length << 16 | distance - 1.
    private static List<int> Tokens(ReadOnlySpan<byte> data)
    {
        var tokens = new List<int>(data.Length / 4 + 16);
        var head = new int[1 << HashBits];
        Array.Fill(head, -1);
        var previous = new int[Window];
        int i = 0;
        while (i < data.Length)
        {
            int best = 0, distance = 0;
            if (i + MinMatch <= data.Length)
            {
                int most = Math.Min(MaxMatch, data.Length - i), h = Hash(data, i), chain = MaxChain;
                for (int at = head[h]; at >= 0 && i - at <= Window && chain-- > 0; at = previous[at & (Window - 1)])
                {
                    if (best > 0 && data[at + best - 1] != data[i + best - 1]) continue;
                    int n = data.Slice(i, most).CommonPrefixLength(data.Slice(at, most));
                    if (n <= best) continue;
                    (best, distance) = (n, i - at);
                    if (n == most) break;
                }
            }
            bool match = best >= MinMatch;
            tokens.Add(match ? 1 << 30 | best << 16 | (distance - 1) : data[i]);
            for (int end = i + (match ? best : 1); i < end; i++)
            {
                if (i + MinMatch > data.Length) continue;
                int h = Hash(data, i);
                previous[i & (Window - 1)] = head[h];
                head[h] = i;
            }
        }
        tokens.Add(End);
        return tokens;
    }

    private static int Hash(ReadOnlySpan<byte> data, int i) => (int)((uint)((data[i] << 16 | data[i + 1] << 8 | data[i + 2]) * 0x9E3779B1u) >> (32 - HashBits));

    private static void WriteBlock(BitWriter output, List<int> tokens)
    {
        var literalCounts = new int[Literals];
        var distanceCounts = new int[Distances];
        foreach (int token in tokens)
        {
            if (token < 1 << 30)
            {
                literalCounts[token]++;
                continue;
            }
            literalCounts[257 + Place(s_lengthBase, token >> 16 & 0x1ff)]++;
            distanceCounts[Place(s_distanceBase, (token & 0x7fff) + 1)]++;
        }
        if (distanceCounts.All(c => c == 0)) distanceCounts[0] = 1;   // a code of no symbols is not allowed
        int[] literalLengths = HuffmanCode.Lengths(literalCounts, 15), distanceLengths = HuffmanCode.Lengths(distanceCounts, 15);
        int[] literalCodes = HuffmanCode.Codes(literalLengths), distanceCodes = HuffmanCode.Codes(distanceLengths);

        output.Bits(1, 1);   // the last block
        output.Bits(2, 2);   // with codes of its own
        WriteCodes(output, literalLengths, distanceLengths);
        foreach (int token in tokens)
        {
            if (token < 1 << 30)
            {
                output.Bits(literalCodes[token], literalLengths[token]);
                continue;
            }
            int length = token >> 16 & 0x1ff, distance = (token & 0x7fff) + 1;
            int l = Place(s_lengthBase, length), d = Place(s_distanceBase, distance);
            output.Bits(literalCodes[257 + l], literalLengths[257 + l]);
            output.Bits(length - s_lengthBase[l], s_lengthExtra[l]);
            output.Bits(distanceCodes[d], distanceLengths[d]);
            output.Bits(distance - s_distanceBase[d], s_distanceExtra[d]);
        }
    }

    // Plain code lengths without run lengths: some 150 bytes more, and simpler.
    private static void WriteCodes(BitWriter output, int[] literalLengths, int[] distanceLengths)
    {
        var counts = new int[19];
        foreach (int length in literalLengths.Concat(distanceLengths)) counts[length]++;
        int[] lengths = HuffmanCode.Lengths(counts, 7), codes = HuffmanCode.Codes(lengths);
        output.Bits(Literals - 257, 5);
        output.Bits(Distances - 1, 5);
        output.Bits(19 - 4, 4);
        foreach (int symbol in s_codeLengthOrder) output.Bits(lengths[symbol], 3);
        foreach (int length in literalLengths.Concat(distanceLengths)) output.Bits(codes[length], lengths[length]);
    }

    private static int Place(int[] bases, int value)
    {
        int at = Array.BinarySearch(bases, value);
        return at >= 0 ? at : ~at - 1;
    }

    private static uint Adler32(ReadOnlySpan<byte> data)
    {
        uint a = 1, b = 0;
        foreach (byte x in data)
        {
            a = (a + x) % 65521;
            b = (b + a) % 65521;
        }
        return b << 16 | a;
    }

    private sealed class BitWriter
    {
        private readonly MemoryStream _bytes = new();
        private ulong _bits;
        private int _count;

        public void Byte(byte value) => _bytes.WriteByte(value);

        public void Bits(int value, int count)
        {
            _bits |= (ulong)(uint)value << _count;
            for (_count += count; _count >= 8; _count -= 8, _bits >>= 8) _bytes.WriteByte((byte)_bits);
        }

        public void Align()
        {
            if (_count > 0) _bytes.WriteByte((byte)_bits);
            (_bits, _count) = (0, 0);
        }

        public byte[] ToArray() => _bytes.ToArray();
    }
}
