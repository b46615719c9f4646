using System.Buffers.Binary;
using System.Text;

namespace RadLab.Models;

/// <summary>Writing SentencePiece's <c>tokenizer.model</c>.</summary>
public sealed partial class SentencePieceBpe
{
    private const int Varint = 0, Bytes = 2, Fixed32 = 5;

    /// <summary>
    /// Writes the pieces as a <c>tokenizer.model</c>, also those of llama2.c; added tokens of other files are not part of it. The file appears under its name only when it is
    /// complete and on disk.
    /// </summary>
    public void SaveModel(string path) => WholeFile.Write(path, ToModel());

    /// <summary>A piece as a SentencePiece file has it, with U+2581 for a space.</summary>
    internal string ModelText(SentencePiece piece) => piece.Type == SentencePieceType.Normal ? piece.Text.Replace(' ', '\u2581') : piece.Text;

    internal byte[] ToModel()
    {
        var model = new MemoryStream();
        foreach (var piece in _pieces)
        {
            var message = new MemoryStream();
            Put(message, 1, Encoding.UTF8.GetBytes(ModelText(piece)));
            Put(message, 2, piece.Score);
            if (piece.Type != SentencePieceType.Normal) Put(message, 3, (ulong)piece.Type);
            Put(model, 1, message.ToArray());
        }
        var trainer = new MemoryStream();
        Put(trainer, 3, 2);                          // model_type BPE
        Put(trainer, 4, (ulong)_pieces.Length);      // vocab_size
        Put(trainer, 35, 1);                         // byte_fallback
        if (BosId is { } bos) Put(trainer, 41, (ulong)bos);
        if (EosId is { } eos) Put(trainer, 42, (ulong)eos);
        Put(model, 2, trainer.ToArray());
        var normalizer = new MemoryStream();
        Put(normalizer, 1, "identity"u8);
        Put(normalizer, 3, _dummyPrefix ? 1ul : 0);
        Put(normalizer, 4, _trims ? 1ul : 0);
        Put(normalizer, 5, 1);                       // escape_whitespaces
        Put(model, 3, normalizer.ToArray());
        return model.ToArray();
    }

    private static void Put(Stream message, int field, ReadOnlySpan<byte> bytes)
    {
        PutVarint(message, (ulong)field << 3 | Bytes);
        PutVarint(message, (ulong)bytes.Length);
        message.Write(bytes);
    }

    private static void Put(Stream message, int field, float value)
    {
        PutVarint(message, (ulong)field << 3 | Fixed32);
        Span<byte> four = stackalloc byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(four, value);
        message.Write(four);
    }

    private static void Put(Stream message, int field, ulong value)
    {
        PutVarint(message, (ulong)field << 3 | Varint);
        PutVarint(message, value);
    }

    private static void PutVarint(Stream message, ulong value)
    {
        for (; value >= 0x80; value >>= 7) message.WriteByte((byte)(value | 0x80));
        message.WriteByte((byte)value);
    }
}
