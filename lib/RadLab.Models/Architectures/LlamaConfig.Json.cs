using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

namespace RadLab.Models;

public sealed partial record LlamaConfig
{
    private const int MaxFileBytes = 1 << 20;
    private const int MaxDepth = 16;
    private const int MaxEosTokens = 64;
    private const int MaxSkipModules = 10_000;

    /// <summary>Reads <c>config.json</c> of a model folder.</summary>
    public static LlamaConfig Load(string folder)
    {
        string path = Path.Combine(folder, "config.json");
        var info = new FileInfo(path);
        if (!info.Exists) throw new FileNotFoundException($"{folder}: config.json: must be in the model folder; check the path.", path);
        if (info.Length > MaxFileBytes)
            throw NotConfig(path, string.Create(CultureInfo.InvariantCulture, $"must have at most {MaxFileBytes} bytes, got {info.Length}"));
        return Parse(File.ReadAllBytes(path), path);
    }

    /// <summary>Reads the text of a <c>config.json</c>.</summary>
    /// <remarks>
    /// Unknown keys are tolerated; a known key that asks for mathematics which is not implemented is refused by name. Absent keys have
    /// Hugging Face's defaults: as many key-value heads as heads, theta 10,000, 2,048 positions, untied, bos 1, eos 2.
    /// </remarks>
    /// <param name="file">What messages call it.</param>
    /// <exception cref="CheckpointFormatException">The text is no JSON, lacks a key, or asks for what is not implemented.</exception>
    public static LlamaConfig Parse(ReadOnlyMemory<byte> utf8, string file)
    {
        if (utf8.Length > MaxFileBytes || !Utf8.IsValid(utf8.Span)) throw NotConfig(file, "must be UTF-8 text of at most 1 MiB");
        try
        {
            using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            return Parse(new ConfigSection(document.RootElement, file, ""));
        }
        // Of the parser; its message may quote the text and is not passed on. InvalidOperationException: half of a surrogate pair in a key.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw NotConfig(file, "must be JSON without duplicate keys, nested at most 16 deep", e);
        }
    }

    private static LlamaConfig Parse(ConfigSection json)
    {
        RefuseOtherArchitectures(json);
        int vocabulary = json.Int("vocab_size", 1, 1 << 22);
        int hidden = json.Int("hidden_size", 1, 1 << 18);
        int heads = json.Int("num_attention_heads", 1, 4096);
        int keyValueHeads = json.Int("num_key_value_heads", 1, heads, absent: heads);
        if (heads % keyValueHeads != 0)
            throw json.Fail("num_key_value_heads", string.Create(CultureInfo.InvariantCulture, $"must divide num_attention_heads {heads}, got {keyValueHeads}"));
        if (!json.Has("head_dim") && hidden % heads != 0)
            throw json.Fail("hidden_size", string.Create(CultureInfo.InvariantCulture, $"must be a multiple of num_attention_heads {heads}, got {hidden}"));
        int headWidth = json.Int("head_dim", 2, 4096, absent: hidden / heads);
        if (headWidth % 2 != 0)
            throw json.Fail("head_dim", string.Create(CultureInfo.InvariantCulture, $"must be even for rotary positions, got {headWidth}"));
        var (theta, scaling) = ReadRope(json);

        return new LlamaConfig
        {
            VocabularySize = vocabulary,
            HiddenSize = hidden,
            IntermediateSize = json.Int("intermediate_size", 1, 1 << 20),
            Layers = json.Int("num_hidden_layers", 1, 4096),
            Heads = heads,
            KeyValueHeads = keyValueHeads,
            HeadWidth = headWidth,
            RmsNormEps = (float)json.Double("rms_norm_eps", 1e-12, 1),
            RopeTheta = theta,
            RopeScaling = scaling,
            MaxPositions = json.Int("max_position_embeddings", 1, 1 << 26, absent: 2048),
            TiedEmbeddings = json.Bool("tie_word_embeddings", absent: false),
            BosTokenId = json.Int("bos_token_id", 0, vocabulary - 1, absent: 1),
            EosTokenIds = json.Ids("eos_token_id", vocabulary - 1, MaxEosTokens) ?? [2],
            // Some files say -1 for none, and some count a pad token that the tokenizer adds behind the vocabulary.
            PadTokenId = json.Int("pad_token_id", -1, int.MaxValue, absent: -1) is >= 0 and var pad ? pad : null,
            SavedDType = ReadDType(json),
            Quantization = ReadQuantization(json),
        };
    }

    private static void RefuseOtherArchitectures(ConfigSection json)
    {
        if (json.Text("model_type") is { } type && type != "llama") throw json.Unsupported("model_type", "\"llama\"", json.Shown("model_type"));
        if (json.Texts("architectures", 16) is { } names && !names.Any(n => n is "LlamaForCausalLM" or "LLaMAForCausalLM"))
            throw json.Unsupported("architectures", "LlamaForCausalLM", names.Count == 0 ? "none" : CheckpointFormatException.Quote(names[0]));
        if (json.Text("hidden_act") is { } activation && activation != "silu") throw json.Unsupported("hidden_act", "\"silu\"", json.Shown("hidden_act"));
        foreach (string key in (string[])["attention_bias", "mlp_bias"])
            if (json.Bool(key, absent: false)) throw json.Unsupported(key, "false", "true");
        foreach (string key in (string[])["sliding_window", "attention_chunk_size", "num_local_experts"])
            if (json.Has(key)) throw json.Unsupported(key, "null", json.Shown(key));
        if (json.Double("partial_rotary_factor", 0, 1, absent: 1) != 1)
            throw json.Unsupported("partial_rotary_factor", "1", json.Shown("partial_rotary_factor"));
        if (json.Double("attention_dropout", 0, 1, absent: 0) != 0)
            throw json.Unsupported("attention_dropout", "0", json.Shown("attention_dropout"));
        if (json.Texts("layer_types", 4096)?.FirstOrDefault(t => t != "full_attention") is { } layer)
            throw json.Unsupported("layer_types", "\"full_attention\" everywhere", CheckpointFormatException.Quote(layer));
    }

    // Two forms: rope_theta with rope_scaling, and the newer rope_parameters that holds both.
    private static (double Theta, LlamaRopeScaling? Scaling) ReadRope(ConfigSection json)
    {
        const double Min = 1, Max = 1e12;
        if (json.Section("rope_parameters") is not { } newer)
            return (json.Double("rope_theta", Min, Max, absent: 10_000), json.Section("rope_scaling") is { } older ? ReadScaling(older) : null);

        if (newer.FirstNestedObject() is { } layerType)
            throw json.Unsupported("rope_parameters", "one set for all layers", $"a set for {layerType}");
        double theta = newer.Double("rope_theta", Min, Max, absent: json.Double("rope_theta", Min, Max, absent: 10_000));
        if (json.Double("rope_theta", Min, Max, absent: theta) != theta)
            throw json.Fail("rope_parameters.rope_theta", $"must agree with rope_theta {json.Shown("rope_theta")}, got {newer.Shown("rope_theta")}");
        if (newer.Double("partial_rotary_factor", 0, 1, absent: 1) != 1)
            throw newer.Unsupported("partial_rotary_factor", "1", newer.Shown("partial_rotary_factor"));
        var scaling = ReadScaling(newer);
        if (json.Section("rope_scaling") is { } both && ReadScaling(both) != scaling)
            throw json.Fail("rope_scaling", "must agree with rope_parameters, which the file has as well");
        return (theta, scaling);
    }

    private static LlamaRopeScaling? ReadScaling(ConfigSection json)
    {
        string key = json.Has("rope_type") ? "rope_type" : "type";
        string type = json.Text(key) ?? "default";
        if (json.Text("type") is { } older && older != type) throw json.Fail("type", $"must agree with rope_type, got {json.Shown("type")}");
        if (type == "default") return null;
        if (type != "llama3") throw json.Unsupported(key, "\"llama3\" or \"default\"", json.Shown(key));
        var scaling = new LlamaRopeScaling(
            json.Double("factor", 1, 1e6), json.Double("low_freq_factor", 1e-6, 1e6), json.Double("high_freq_factor", 1e-6, 1e6),
            json.Int("original_max_position_embeddings", 1, 1 << 26));
        if (scaling.HighFreqFactor <= scaling.LowFreqFactor)
            throw json.Fail("high_freq_factor", $"must be above low_freq_factor {json.Shown("low_freq_factor")}, got {json.Shown("high_freq_factor")}");
        return scaling;
    }

    private static string? ReadDType(ConfigSection json)
    {
        string key = json.Has("dtype") ? "dtype" : "torch_dtype";
        string? dtype = json.Text(key);
        return dtype is null or "float32" or "float16" or "bfloat16" ? dtype
            : throw json.Unsupported(key, "float32, float16 or bfloat16", json.Shown(key));
    }

    private static BitsAndBytesConfig? ReadQuantization(ConfigSection config)
    {
        if (config.Section("quantization_config") is not { } json) return null;
        if (json.Text("quant_method") is { } method && method != "bitsandbytes")
            throw json.Unsupported("quant_method", "\"bitsandbytes\"", json.Shown("quant_method"));
        if (!json.Bool("load_in_4bit", absent: false)) throw json.Unsupported("load_in_4bit", "true", json.Shown("load_in_4bit"));
        string type = json.Text("bnb_4bit_quant_type") ?? "fp4";   // the default of bitsandbytes
        if (type is not ("nf4" or "fp4")) throw json.Unsupported("bnb_4bit_quant_type", "\"nf4\" or \"fp4\"", json.Shown("bnb_4bit_quant_type"));
        if (json.Text("bnb_4bit_quant_storage") is { } storage && storage != "uint8")
            throw json.Unsupported("bnb_4bit_quant_storage", "\"uint8\"", json.Shown("bnb_4bit_quant_storage"));
        return new BitsAndBytesConfig(type, json.Bool("bnb_4bit_use_double_quant", absent: false), json.Texts("llm_int8_skip_modules", MaxSkipModules));
    }

    private static CheckpointFormatException NotConfig(string file, string problem, Exception? inner = null) =>
        new(file, "config", problem, "use the config.json that came with the model", inner);
}
