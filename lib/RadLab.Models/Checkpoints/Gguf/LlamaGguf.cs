using System.Globalization;
using RadLab.Compute;

namespace RadLab.Models;

/// <summary>A Llama as a GGUF file for llama.cpp.</summary>
/// <remarks>
/// Norms are F32; matrices have the asked type, but F16 where a row is not a whole number of blocks or a name is skipped. llama.cpp rotates neighbouring
/// numbers (2i, 2i + 1) of a head, Hugging Face the halves (i, i + D/2): the rows of Q and K are put back into the former order. Llama 3.1's frequencies are in <c>rope_freqs</c>.
/// </remarks>
internal static class LlamaGguf
{
    private const int Piece = 1 << 20;   // elements
    private const uint QuantizationVersion = 2;

    private sealed record Output(string Name, GgufTensorType Type, IReadOnlyList<long> Shape, SourceTensor Source, int HeadRows);

    /// <param name="tensors">By their Hugging Face names.</param>
    /// <param name="skip">Matrices that stay F16.</param>
    /// <param name="tokenizer">Null: the file says that it has none.</param>
    /// <returns>Tensors that are not F32 or F16, and the bytes of all.</returns>
    public static (int Quantized, long Bytes) Write(Engine engine, LlamaConfig config, IReadOnlyDictionary<string, SourceTensor> tensors, string file, string path, GgufTensorType type, Func<string, bool> skip, GgufTokenizer? tokenizer)
    {
        var outputs = LlamaWeights.Parameters(config).Select(p => Plan(config, Source(tensors, p.Name, p.Shape, file), type, skip)).ToList();
        float[] factors = FrequencyFactors(engine, config);
        var specs = outputs.Select(o => (o.Name, o.Type, o.Shape)).ToList();
        if (factors.Length > 0) specs.Insert(0, ("rope_freqs.weight", GgufTensorType.F32, [factors.Length]));

        using var writer = GgufWriter.Create(path, Metadata(config, type, tokenizer), specs);
        if (factors.Length > 0) writer.Append("rope_freqs.weight", System.Runtime.InteropServices.MemoryMarshal.AsBytes(factors.AsSpan()));
        foreach (var output in outputs) Append(writer, output, file);
        writer.Commit();
        return (outputs.Count(o => o.Type is not (GgufTensorType.F32 or GgufTensorType.F16)), writer.Tensors.Sum(t => t.ByteCount));
    }

    /// <summary>llama.cpp's name of one of <see cref="LlamaWeights.Parameters"/>.</summary>
    internal static string NameOf(string name)
    {
        string[] parts = name.Split('.');
        if (parts.Length < 5) return name switch
        {
            LlamaWeights.Embedding => "token_embd.weight",
            LlamaWeights.FinalNorm => "output_norm.weight",
            _ => "output.weight",
        };
        string part = parts[^2] switch
        {
            "q_proj" => "attn_q",
            "k_proj" => "attn_k",
            "v_proj" => "attn_v",
            "o_proj" => "attn_output",
            "gate_proj" => "ffn_gate",
            "up_proj" => "ffn_up",
            "down_proj" => "ffn_down",
            "input_layernorm" => "attn_norm",
            _ => "ffn_norm",
        };
        return $"blk.{parts[2]}.{part}.weight";
    }

    private static Output Plan(LlamaConfig config, SourceTensor source, GgufTensorType type, Func<string, bool> skip)
    {
        if (source.Shape.Count == 1) type = GgufTensorType.F32;
        else if (type != GgufTensorType.F32 && (skip(source.Name) || source.Shape[^1] % type.Block().Elements != 0)) type = GgufTensorType.F16;
        return new Output(NameOf(source.Name), type, source.Shape, source, HeadRows(config, source.Name));
    }

    /// <summary>Rows of a head where a weight's rows are rotated, else 0.</summary>
    internal static int HeadRows(LlamaConfig config, string weight) =>
        weight.EndsWith(".q_proj.weight", StringComparison.Ordinal) || weight.EndsWith(".k_proj.weight", StringComparison.Ordinal) ? config.HeadWidth : 0;

    private static SourceTensor Source(IReadOnlyDictionary<string, SourceTensor> tensors, string name, int[] shape, string file)
    {
        string field = $"tensor {CheckpointFormatException.Quote(name)}";
        const string advice = "check that weights and config.json belong together";
        if (!tensors.TryGetValue(name, out var tensor)) throw new CheckpointFormatException(file, field, "is missing", advice);
        if (!tensor.Shape.SequenceEqual(shape.Select(d => (long)d)))
            throw new CheckpointFormatException(file, field, $"must have shape {SafeTensorsEntry.TextOf([.. shape.Select(d => (long)d)])} by config.json, but has {SafeTensorsEntry.TextOf(tensor.Shape)}", advice);
        return tensor.IsFloat ? tensor : throw new CheckpointFormatException(file, field, $"must be F32, F16 or BF16, but is {tensor.DType.Name()}", "convert the weights first");
    }

    private static void Append(GgufWriter writer, Output output, string file)
    {
        int columns = checked((int)output.Shape[^1]);
        long rows = output.Source.Count / columns;
        int step = output.HeadRows > 0 ? output.HeadRows : (int)Math.Clamp(Piece / columns, 1, rows);
        var (elements, size) = output.Type.Block();
        float[] read = new float[step * columns], ordered = output.HeadRows > 0 ? new float[read.Length] : read;
        var bytes = new byte[read.Length / elements * size];
        for (long row = 0; row < rows; row += step)
        {
            int count = (int)Math.Min(step, rows - row) * columns;
            output.Source.ReadFloats(row * columns, read.AsSpan(0, count));
            if (output.HeadRows > 0) Interleave(read, ordered, output.HeadRows, columns);
            var encoded = bytes.AsSpan(0, count / elements * size);
            if (GgufBlocks.Encode(ordered.AsSpan(0, count), output.Type, encoded) >= 0)
                throw new CheckpointFormatException(file, $"tensor {CheckpointFormatException.Quote(output.Source.Name)}",
                    string.Create(CultureInfo.InvariantCulture, $"holds a number among rows {row} to {row + count / columns - 1} that is not finite or too large for {output.Type}"), "export as gguf-f32");
            writer.Append(output.Name, encoded);
        }
        output.Source.Release();
    }

    // row 2i + j of a head comes from row i + j D/2
    internal static void Interleave(ReadOnlySpan<float> halves, Span<float> neighbours, int width, int columns)
    {
        for (int row = 0; row < width; row++)
            halves.Slice((row / 2 + row % 2 * (width / 2)) * columns, columns).CopyTo(neighbours.Slice(row * columns, columns));
    }

    // llama.cpp divides each frequency by its factor
    private static float[] FrequencyFactors(Engine engine, LlamaConfig config)
    {
        if (config.RopeScaling is not { } s) return [];
        using var plain = new RopeTable(engine, 1, config.HeadWidth, config.RopeTheta);
        using var scaled = new RopeTable(engine, 1, config.HeadWidth, config.RopeTheta, new RopeScaling(s.Factor, s.LowFreqFactor, s.HighFreqFactor, s.OriginalMaxPositions));
        return [.. plain.Frequencies.Zip(scaled.Frequencies, (p, q) => (float)(p / q))];
    }

    private static IEnumerable<KeyValuePair<string, object>> Metadata(LlamaConfig config, GgufTensorType type, GgufTokenizer? tokenizer)
    {
        uint fileType = type switch { GgufTensorType.F32 => 0, GgufTensorType.F16 => 1, GgufTensorType.Q4_0 => 2, _ => 7 };
        yield return new("general.architecture", "llama");
        yield return new("general.file_type", fileType);
        if (fileType > 1) yield return new("general.quantization_version", QuantizationVersion);
        yield return new("llama.context_length", (uint)config.MaxPositions);
        yield return new("llama.embedding_length", (uint)config.HiddenSize);
        yield return new("llama.block_count", (uint)config.Layers);
        yield return new("llama.feed_forward_length", (uint)config.IntermediateSize);
        yield return new("llama.attention.head_count", (uint)config.Heads);
        yield return new("llama.attention.head_count_kv", (uint)config.KeyValueHeads);
        yield return new("llama.attention.key_length", (uint)config.HeadWidth);
        yield return new("llama.attention.value_length", (uint)config.HeadWidth);
        yield return new("llama.attention.layer_norm_rms_epsilon", config.RmsNormEps);
        yield return new("llama.rope.dimension_count", (uint)config.HeadWidth);
        yield return new("llama.rope.freq_base", (float)config.RopeTheta);
        yield return new("llama.vocab_size", (uint)config.VocabularySize);
        if (tokenizer is null)
        {
            yield return new("tokenizer.ggml.model", "none");
            yield break;
        }
        if (tokenizer.Tokens.Count != config.VocabularySize)
            throw new ArgumentException($"GgufTokenizer: there must be as many tokens as the model's {config.VocabularySize} embeddings, got {tokenizer.Tokens.Count}.");
        foreach (var pair in tokenizer.Metadata()) yield return pair;
    }
}
