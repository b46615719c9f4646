using System.Text;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class LlamaConfigTests
{
    private const string Required =
        "\"vocab_size\":96,\"hidden_size\":48,\"intermediate_size\":112,\"num_hidden_layers\":2,\"num_attention_heads\":4,\"rms_norm_eps\":1e-5";

    private static LlamaConfig Parse(string more) => LlamaConfig.Parse(Encoding.UTF8.GetBytes($"{{{Required}{more}}}"), "config.json");

    private static string Refused(string text) =>
        Assert.Throws<CheckpointFormatException>(() => LlamaConfig.Parse(Encoding.UTF8.GetBytes(text), "config.json")).Message;

    [Fact]
    public void Absent_keys_have_the_defaults_of_the_format()
    {
        var config = Parse("");
        Assert.Equal((4, 12, 10_000.0, 2048, false), (config.KeyValueHeads, config.HeadWidth, config.RopeTheta, config.MaxPositions, config.TiedEmbeddings));
        Assert.Equal((1, null, null), (config.BosTokenId, config.PadTokenId, config.SavedDType));
        Assert.Equal([2], config.EosTokenIds);
        Assert.Null(config.RopeScaling);
        Assert.Null(config.Quantization);
        Assert.Equal(1e-5f, config.RmsNormEps);
    }

    [Fact]
    public void The_golden_folders_are_read_as_they_are_described()
    {
        var plain = LlamaConfig.Load(LlamaGoldens.Folder("llama2-mha"));
        Assert.Equal((96, 48, 112, 2, 4, 4, 12), (plain.VocabularySize, plain.HiddenSize, plain.IntermediateSize, plain.Layers, plain.Heads, plain.KeyValueHeads, plain.HeadWidth));
        Assert.Equal((10_000.0, 256, "float32"), (plain.RopeTheta, plain.MaxPositions, plain.SavedDType));
        Assert.Equal(2, LlamaConfig.Load(LlamaGoldens.Folder("llama3-gqa")).KeyValueHeads);
        var scaled = LlamaConfig.Load(LlamaGoldens.Folder("llama31-scaled-tied"));
        Assert.Equal(new LlamaRopeScaling(8, 1, 4, 32), scaled.RopeScaling);
        Assert.Equal((1, true), (scaled.KeyValueHeads, scaled.TiedEmbeddings));
    }

    [Fact]
    public void Every_key_that_matters_is_read_and_others_are_tolerated()
    {
        var config = Parse(""","model_type":"llama","architectures":["LlamaForCausalLM"],"head_dim":16,"num_key_value_heads":2,"hidden_act":"silu","rope_theta":500000,"max_position_embeddings":8192,"bos_token_id":3,"eos_token_id":[4,5],"pad_token_id":7,"tie_word_embeddings":true,"attention_bias":false,"mlp_bias":false,"attention_dropout":0.0,"sliding_window":null,"partial_rotary_factor":1.0,"layer_types":["full_attention"],"initializer_range":0.02,"pretraining_tp":1,"use_cache":true,"torch_dtype":"bfloat16","something_new":{"deep":[1]}""");
        Assert.Equal((16, 2, 500_000.0, 8192, 3, 7, true, "bfloat16"),
            (config.HeadWidth, config.KeyValueHeads, config.RopeTheta, config.MaxPositions, config.BosTokenId, config.PadTokenId, config.TiedEmbeddings, config.SavedDType));
        Assert.Equal([4, 5], config.EosTokenIds);
    }

    [Theory]
    [InlineData(""","rope_theta":500000,"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":8192}""")]
    [InlineData(""","rope_theta":500000,"rope_scaling":{"type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":8192}""")]
    [InlineData(""","rope_parameters":{"rope_theta":500000,"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":8192}""")]
    [InlineData(""","rope_theta":500000,"rope_parameters":{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":8192}""")]
    public void Old_and_new_forms_of_the_rotary_settings_mean_the_same(string more)
    {
        var config = Parse(more);
        Assert.Equal(500_000, config.RopeTheta);
        Assert.Equal(new LlamaRopeScaling(8, 1, 4, 8192), config.RopeScaling);
    }

    [Theory]
    [InlineData(""","rope_scaling":null"""), InlineData(""","rope_scaling":{"rope_type":"default"}"""), InlineData(""","rope_parameters":{"rope_type":"default","rope_theta":10000.0}""")]
    public void Default_rotary_settings_mean_no_scaling(string more) => Assert.Null(Parse(more).RopeScaling);

    [Fact]
    public void Four_bit_settings_are_read_and_minus_one_means_no_pad_token()
    {
        var config = Parse(""","dtype":"float16","pad_token_id":-1,"quantization_config":{"quant_method":"bitsandbytes","load_in_4bit":true,"load_in_8bit":false,"bnb_4bit_quant_type":"nf4","bnb_4bit_use_double_quant":true,"llm_int8_skip_modules":["lm_head","x"],"llm_int8_threshold":6.0}""");
        Assert.Equal(("nf4", true), (config.Quantization!.QuantType, config.Quantization.DoubleQuantization));
        Assert.Equal(["lm_head", "x"], config.Quantization.SkipModules);
        Assert.Equal("float16", config.SavedDType);
        Assert.Null(config.PadTokenId);
    }

    [Theory]
    [InlineData("\"model_type\":\"mistral\"", "model_type: must be \"llama\", got '\"mistral\"'")]
    [InlineData("\"architectures\":[\"MixtralForCausalLM\"]", "architectures: must be LlamaForCausalLM, got 'MixtralForCausalLM'")]
    [InlineData("\"hidden_act\":\"gelu\"", "hidden_act: must be \"silu\", got '\"gelu\"'")]
    [InlineData("\"attention_bias\":true", "attention_bias: must be false, got true")]
    [InlineData("\"mlp_bias\":true", "mlp_bias: must be false, got true")]
    [InlineData("\"sliding_window\":4096", "sliding_window: must be null, got '4096'")]
    [InlineData("\"num_local_experts\":8", "num_local_experts: must be null, got '8'")]
    [InlineData("\"attention_chunk_size\":8192", "attention_chunk_size: must be null, got '8192'")]
    [InlineData("\"partial_rotary_factor\":0.5", "partial_rotary_factor: must be 1, got '0.5'")]
    [InlineData("\"attention_dropout\":0.1", "attention_dropout: must be 0, got '0.1'")]
    [InlineData("\"layer_types\":[\"full_attention\",\"sliding_attention\"]", "layer_types: must be \"full_attention\" everywhere, got 'sliding_attention'")]
    [InlineData("\"rope_scaling\":{\"type\":\"linear\",\"factor\":2.0}", "rope_scaling.type: must be \"llama3\" or \"default\", got '\"linear\"'")]
    [InlineData("\"rope_scaling\":{\"rope_type\":\"yarn\",\"factor\":2.0}", "rope_scaling.rope_type: must be \"llama3\" or \"default\", got '\"yarn\"'")]
    [InlineData("\"rope_parameters\":{\"rope_type\":\"dynamic\"}", "rope_parameters.rope_type: must be \"llama3\" or \"default\", got '\"dynamic\"'")]
    [InlineData("\"rope_parameters\":{\"full_attention\":{\"rope_theta\":1e4}}", "rope_parameters: must be one set for all layers, got a set for 'full_attention'")]
    [InlineData("\"rope_parameters\":{\"partial_rotary_factor\":0.25}", "rope_parameters.partial_rotary_factor: must be 1, got '0.25'")]
    [InlineData("\"torch_dtype\":\"float8_e4m3fn\"", "torch_dtype: must be float32, float16 or bfloat16, got '\"float8_e4m3fn\"'")]
    [InlineData("\"quantization_config\":{\"quant_method\":\"gptq\"}", "quantization_config.quant_method: must be \"bitsandbytes\", got '\"gptq\"'")]
    [InlineData("\"quantization_config\":{\"load_in_8bit\":true}", "quantization_config.load_in_4bit: must be true, got nothing")]
    [InlineData("\"quantization_config\":{\"load_in_4bit\":true,\"bnb_4bit_quant_type\":\"nf3\"}", "quantization_config.bnb_4bit_quant_type: must be \"nf4\" or \"fp4\", got '\"nf3\"'")]
    [InlineData("\"quantization_config\":{\"load_in_4bit\":true,\"bnb_4bit_quant_storage\":\"bfloat16\"}", "quantization_config.bnb_4bit_quant_storage: must be \"uint8\", got '\"bfloat16\"'")]
    public void What_changes_the_mathematics_and_is_not_implemented_is_refused_by_name(string setting, string problem) =>
        Assert.Equal($"config.json: {problem}; this variant of the architecture is not supported: use a plain Llama model.", Refused($"{{{Required},{setting}}}"));

    [Theory]
    [InlineData("\"num_key_value_heads\":3", "num_key_value_heads: must divide num_attention_heads 4, got 3")]
    [InlineData("\"num_key_value_heads\":8", "num_key_value_heads: must be a whole number from 1 to 4, got '8'")]
    [InlineData("\"head_dim\":13", "head_dim: must be even for rotary positions, got 13")]
    [InlineData("\"eos_token_id\":[2,96]", "eos_token_id: must be token ids from 0 to 95, got '96'")]
    [InlineData("\"eos_token_id\":[]", "eos_token_id: must hold 1 to 64 token ids")]
    [InlineData("\"bos_token_id\":96", "bos_token_id: must be a whole number from 0 to 95, got '96'")]
    [InlineData("\"rope_theta\":1e400", "rope_theta: must be a number from 1 to 1000000000000, got '1e400'")]
    [InlineData("\"tie_word_embeddings\":\"yes\"", "tie_word_embeddings: must be true or false, got '\"yes\"'")]
    [InlineData("\"model_type\":1", "model_type: must be a string, got '1'")]
    [InlineData("\"architectures\":{}", "architectures: must be a list of at most 16 strings, got an object")]
    [InlineData("\"architectures\":[1]", "architectures: must hold strings, got '1'")]
    [InlineData("\"rope_scaling\":[]", "rope_scaling: must be an object")]
    [InlineData("\"rope_scaling\":{\"rope_type\":\"llama3\"}", "rope_scaling.factor: is missing")]
    [InlineData("\"rope_scaling\":{\"rope_type\":\"llama3\",\"type\":\"yarn\"}", "rope_scaling.type: must agree with rope_type, got '\"yarn\"'")]
    [InlineData("\"rope_scaling\":{\"rope_type\":\"llama3\",\"factor\":8,\"low_freq_factor\":4,\"high_freq_factor\":4,\"original_max_position_embeddings\":32}",
        "rope_scaling.high_freq_factor: must be above low_freq_factor '4', got '4'")]
    [InlineData("\"rope_theta\":1e4,\"rope_parameters\":{\"rope_theta\":5e5}", "rope_parameters.rope_theta: must agree with rope_theta '1e4', got '5e5'")]
    [InlineData("\"rope_parameters\":{\"rope_type\":\"default\"},\"rope_scaling\":{\"rope_type\":\"llama3\",\"factor\":8,\"low_freq_factor\":1,\"high_freq_factor\":4,\"original_max_position_embeddings\":32}",
        "rope_scaling: must agree with rope_parameters, which the file has as well")]
    public void A_value_out_of_its_bounds_is_refused_by_name(string setting, string problem) =>
        Assert.Equal($"config.json: {problem}; use the config.json that came with the model.", Refused($"{{{Required},{setting}}}"));

    [Theory]
    [InlineData("vocab_size"), InlineData("hidden_size"), InlineData("intermediate_size"), InlineData("num_hidden_layers"), InlineData("num_attention_heads"), InlineData("rms_norm_eps")]
    public void A_required_key_that_is_missing_is_named(string key) =>
        Assert.Equal($"config.json: {key}: is missing; use the config.json that came with the model.", Refused($"{{{Required.Replace(key, "x_" + key, StringComparison.Ordinal)}}}"));

    [Theory]
    [InlineData(""), InlineData("{"), InlineData("{$,\"hidden_size\":48}"), InlineData("{$,\"unknown\":{\"a\":1,\"a\":1}}"), InlineData("{$,\"a\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}")]
    [InlineData("{$,\"\\ud800\":1}"), InlineData("{$,}"), InlineData("{$}//"), InlineData("{$} x")]
    public void Text_that_is_no_strict_JSON_is_refused(string text) =>
        Assert.Equal("config.json: config: must be JSON without duplicate keys, nested at most 16 deep; use the config.json that came with the model.",
            Refused(text.Replace("$", Required, StringComparison.Ordinal)));

    [Fact]
    public void A_width_that_the_heads_do_not_divide_needs_a_head_width()
    {
        string odd = Required.Replace("\"hidden_size\":48", "\"hidden_size\":50", StringComparison.Ordinal);
        Assert.Contains("hidden_size: must be a multiple of num_attention_heads 4, got 50", Refused($"{{{odd}}}"), StringComparison.Ordinal);
        var config = LlamaConfig.Parse(Encoding.UTF8.GetBytes($"{{{odd},\"head_dim\":16}}"), "config.json");
        Assert.Equal((64, 50), LlamaWeights.LinearShape(config, "q_proj"));
        Assert.Equal((50, 64), LlamaWeights.LinearShape(config, "o_proj"));
    }

    [Fact]
    public void A_missing_or_oversized_file_is_named()
    {
        using var folder = new TemporaryModelFolder();
        var missing = Assert.Throws<FileNotFoundException>(() => LlamaConfig.Load(folder.Path));
        Assert.Equal($"{folder.Path}: config.json: must be in the model folder; check the path.", missing.Message);
        folder.Write("config.json", new byte[(1 << 20) + 1]);
        var large = Assert.Throws<CheckpointFormatException>(() => LlamaConfig.Load(folder.Path));
        Assert.Contains("config: must have at most 1048576 bytes, got 1048577", large.Message, StringComparison.Ordinal);
    }
}
