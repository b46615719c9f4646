using System.Text.Json.Nodes;

namespace RadLab.Models;

public sealed partial record LlamaConfig
{
    /// <summary>The text of a <c>config.json</c> that other tools read: keys in order, numbers as Python writes them. <see cref="Parse(ReadOnlyMemory{byte}, string)"/> gives the same config back.</summary>
    public byte[] ToJson()
    {
        var json = new JsonObject
        {
            ["architectures"] = new JsonArray("LlamaForCausalLM"),
            ["attention_bias"] = false,
            ["attention_dropout"] = IndentedJson.Number(0),
            ["bos_token_id"] = BosTokenId,
            ["eos_token_id"] = EosTokenIds.Count == 1 ? EosTokenIds[0] : new JsonArray([.. EosTokenIds.Select(id => (JsonNode)id)]),
            ["head_dim"] = HeadWidth,
            ["hidden_act"] = "silu",
            ["hidden_size"] = HiddenSize,
            ["initializer_range"] = IndentedJson.Number(0.02),
            ["intermediate_size"] = IntermediateSize,
            ["max_position_embeddings"] = MaxPositions,
            ["mlp_bias"] = false,
            ["model_type"] = "llama",
            ["num_attention_heads"] = Heads,
            ["num_hidden_layers"] = Layers,
            ["num_key_value_heads"] = KeyValueHeads,
        };
        if (PadTokenId is { } pad) json["pad_token_id"] = pad;
        json["pretraining_tp"] = 1;
        if (Quantization is { } quantization) json["quantization_config"] = quantization.ToJson(SavedDType ?? "float32");
        // through its shortest digits: 1e-05, not the double nearest to the float
        json["rms_norm_eps"] = IndentedJson.Number(double.Parse(RmsNormEps.ToString("R", System.Globalization.CultureInfo.InvariantCulture), System.Globalization.CultureInfo.InvariantCulture));
        json["rope_scaling"] = RopeScaling is not { } s ? null : new JsonObject
        {
            ["factor"] = IndentedJson.Number(s.Factor),
            ["high_freq_factor"] = IndentedJson.Number(s.HighFreqFactor),
            ["low_freq_factor"] = IndentedJson.Number(s.LowFreqFactor),
            ["original_max_position_embeddings"] = s.OriginalMaxPositions,
            ["rope_type"] = "llama3",
        };
        json["rope_theta"] = IndentedJson.Number(RopeTheta);
        json["tie_word_embeddings"] = TiedEmbeddings;
        if (SavedDType is { } dtype) json["torch_dtype"] = dtype;
        json["use_cache"] = true;
        json["vocab_size"] = VocabularySize;
        return IndentedJson.Bytes(json);
    }
}
