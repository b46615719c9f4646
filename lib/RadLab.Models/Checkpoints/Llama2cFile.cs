using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RadLab.Models;

/// <summary>A model file of llama2.c, version 0: seven 32-bit numbers, then all weights in F32 without names, each kind for all layers at once.</summary>
/// <remarks><code>
/// dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size (negative: the output head is stored), seq_len
/// embedding; attention norms; wq; wk; wv; wo; feed-forward norms; w1 (gate); w2 (down); w3 (up); final norm; 2 · seq_len · D/2 numbers unused; output head
/// </code>
/// Rows of wq and wk stand for adjacent pairs that rotate together. RMS norm with 1e-5, theta 10,000; token 1 both begins and ends a text.
/// </remarks>
internal sealed class Llama2cFile : IDisposable
{
    private const int HeaderBytes = 7 * sizeof(int);
    private const uint VersionedMagic = 0x616B3432;   // "ak42"

    private readonly string _file;
    private readonly SafeFileHandle? _handle;
    private readonly ReadOnlyMemory<byte> _memory;
    private readonly Dictionary<string, long> _offsets = [];

    private Llama2cFile(string file, SafeFileHandle? handle, ReadOnlyMemory<byte> memory, long length)
    {
        (_file, _handle, _memory) = (file, handle, memory);
        if (length < HeaderBytes) throw Fail("header", Text($"needs {HeaderBytes} bytes, but the file has {length}"));
        Span<byte> header = stackalloc byte[HeaderBytes];
        ReadAt(0, header);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) == VersionedMagic)
            throw new CheckpointFormatException(file, "header", "is of llama2.c's version 1 or later", "export the model as version 0");
        Config = Parse(header, out int sequence);
        long expected = Place(sequence);
        if (length != expected) throw Fail("length", Text($"must be {expected} bytes by the header, got {length}"));
    }

    public LlamaConfig Config { get; }

    public static Llama2cFile Open(string path)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: llama2.c model: must be an existing file; check the path.", path);
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.None);
        try
        {
            return new Llama2cFile(path, handle, default, RandomAccess.GetLength(handle));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Reads a file that is in memory already.</summary>
    public static Llama2cFile Open(ReadOnlyMemory<byte> bytes, string name) => new(name, null, bytes, bytes.Length);

    /// <summary>Numbers of a tensor by its name in a Hugging Face folder, from element <paramref name="at"/> on, in the file's order.</summary>
    public void Read(string name, long at, Span<float> values)
    {
        var bytes = MemoryMarshal.AsBytes(values);
        ReadAt(_offsets[name] + at * sizeof(float), bytes);
        if (BitConverter.IsLittleEndian) return;
        var bits = MemoryMarshal.Cast<float, int>(values);
        BinaryPrimitives.ReverseEndianness(bits, bits);
    }

    public void Dispose() => _handle?.Dispose();

    private LlamaConfig Parse(ReadOnlySpan<byte> header, out int sequence)
    {
        int hidden = Field(header, 0, "dim", 1 << 18), feedForward = Field(header, 1, "hidden_dim", 1 << 20), layers = Field(header, 2, "n_layers", 4096);
        int heads = Field(header, 3, "n_heads", 4096), keyValueHeads = Field(header, 4, "n_kv_heads", heads);
        int vocabulary = BinaryPrimitives.ReadInt32LittleEndian(header[20..]);
        bool tied = vocabulary > 0;
        if (vocabulary is 0 or < -(1 << 22) or > 1 << 22) throw Fail("vocab_size", Text($"must be 1 to {1 << 22}, or minus that, got {vocabulary}"));
        sequence = Field(header, 6, "seq_len", 1 << 24);
        if (hidden % heads != 0 || hidden / heads % 2 != 0) throw Fail("n_heads", Text($"must cut dim {hidden} into heads of even width, got {heads}"));
        if (heads % keyValueHeads != 0) throw Fail("n_kv_heads", Text($"must divide n_heads {heads}, got {keyValueHeads}"));
        return new LlamaConfig
        {
            VocabularySize = Math.Abs(vocabulary), HiddenSize = hidden, IntermediateSize = feedForward, Layers = layers, Heads = heads, KeyValueHeads = keyValueHeads,
            HeadWidth = hidden / heads, RmsNormEps = 1e-5f, MaxPositions = sequence, TiedEmbeddings = tied, BosTokenId = 1, EosTokenIds = [1, 2], SavedDType = "float32",
        };
    }

    private int Field(ReadOnlySpan<byte> header, int index, string name, int most)
    {
        int got = BinaryPrimitives.ReadInt32LittleEndian(header[(index * sizeof(int))..]);
        return got >= 1 && got <= most ? got : throw Fail(name, Text($"must be 1 to {most}, got {got}"));
    }

    // Notes where each tensor begins; returns the length that the file must have. Sizes are bounded, so that the sum cannot pass a long.
    private long Place(int sequence)
    {
        long at = HeaderBytes;
        long Next(string name, long count)
        {
            _offsets[name] = at;
            return at += count * sizeof(float);
        }
        void Layers(Func<int, string> name, long count)
        {
            for (int layer = 0; layer < Config.Layers; layer++) Next(name(layer), count);
        }
        void Linears(string linear)
        {
            var (outputs, inputs) = LlamaWeights.LinearShape(Config, linear);
            Layers(layer => LlamaWeights.WeightOf(LlamaWeights.Module(layer, linear)), (long)outputs * inputs);
        }

        Next(LlamaWeights.Embedding, (long)Config.VocabularySize * Config.HiddenSize);
        Layers(LlamaWeights.AttentionNorm, Config.HiddenSize);
        foreach (string linear in (ReadOnlySpan<string>)["q_proj", "k_proj", "v_proj", "o_proj"]) Linears(linear);
        Layers(LlamaWeights.FeedForwardNorm, Config.HiddenSize);
        foreach (string linear in (ReadOnlySpan<string>)["gate_proj", "down_proj", "up_proj"]) Linears(linear);
        Next(LlamaWeights.FinalNorm, Config.HiddenSize);
        at += (long)sequence * Config.HeadWidth * sizeof(float);   // cosines and sines: computed anew
        return Config.TiedEmbeddings ? at : Next(LlamaWeights.Head, (long)Config.VocabularySize * Config.HiddenSize);
    }

    private void ReadAt(long position, Span<byte> destination)
    {
        if (_handle is null)
        {
            _memory.Span.Slice((int)position, destination.Length).CopyTo(destination);
            return;
        }
        while (!destination.IsEmpty)
        {
            int read = RandomAccess.Read(_handle, destination, position);
            if (read == 0) throw Fail("data", Text($"ends at byte {position}: the file was cut short after it was opened"));
            position += read;
            destination = destination[read..];
        }
    }

    private CheckpointFormatException Fail(string field, string problem) => new(_file, field, problem, "check that it is a whole llama2.c model file");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
