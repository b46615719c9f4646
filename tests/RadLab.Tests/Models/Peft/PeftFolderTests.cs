using System.Text.Json.Nodes;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class PeftFolderTests : IDisposable
{
    private const string Name = "llama3-gqa";

    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });
    private readonly TemporaryModelFolder _folder = new();
    private readonly BaseIdentity _base = BaseIdentity.OfFolder(LlamaGoldens.Folder(Name));

    public void Dispose()
    {
        _folder.Dispose();
        _engine.Dispose();
    }

    private LlamaModel Golden(WeightFormat format = WeightFormat.F32) => LlamaModel.Load(_engine, LlamaGoldens.Folder(Name), format);

    private static LoraAdapters Attach(LlamaModel model, Lora settings)
    {
        var adapters = settings.Attach(model, seed: 7);
        int seed = 1;
        foreach (var p in adapters.Parameters) p.Value.CopyFrom(Make.Values(p.Shape.Count, seed++));
        return adapters;
    }

    private void Edit(string file, Action<JsonObject> edit)
    {
        var json = JsonNode.Parse(File.ReadAllText(_folder.File(file)))!.AsObject();
        edit(json);
        File.WriteAllText(_folder.File(file), json.ToJsonString());
    }

    [Theory]
    [InlineData(false, false, WeightFormat.F32), InlineData(true, false, WeightFormat.F32), InlineData(false, true, WeightFormat.F32), InlineData(true, true, WeightFormat.Nf4)]
    public void An_adapter_comes_back_with_its_settings_and_every_number(bool rsLora, bool dora, WeightFormat format)
    {
        using var model = Golden(format);
        var saved = Attach(model, TinyLlama.AllLinear with { UseRsLora = rsLora, UseDora = dora, Dropout = 0.05f });
        PeftFolder.Save(saved, _folder.Path, _base);
        using var other = Golden(format);
        var loaded = PeftFolder.Load(other, _folder.Path, _base);

        Assert.Empty(loaded.Notes);
        Assert.Equal(saved.Settings.Targets, loaded.Adapters.Settings.Targets);
        Assert.Equal(saved.Settings, loaded.Adapters.Settings with { Targets = saved.Settings.Targets });
        Assert.Equal(saved.Parameters.Select(p => p.Name), loaded.Adapters.Parameters.Select(p => p.Name));
        foreach (var (x, y) in saved.Parameters.Zip(loaded.Adapters.Parameters)) Assert.Equal(x.Value.ToFloats(), y.Value.ToFloats());
        Assert.All(other.Linears, l => Assert.NotNull(l.Adapter));
    }

    [Fact]
    public void Tensors_and_metadata_are_named_as_PEFT_names_them()
    {
        using var model = Golden();
        PeftFolder.Save(Attach(model, new Lora { Rank = 4, UseDora = true }), _folder.Path);
        using var file = SafeTensorsReader.Open(_folder.File("adapter_model.safetensors"));
        Assert.Equal([KeyValuePair.Create("format", "pt")], file.Metadata);
        const string module = "base_model.model.model.layers.1.self_attn.v_proj";
        Assert.Equal(12, file.Entries.Count);
        Assert.Equal("(4, 48)", file.Get(module + ".lora_A.weight").ShapeText);
        Assert.Equal("(24, 4)", file.Get(module + ".lora_B.weight").ShapeText);
        Assert.Equal("(24)", file.Get(module + ".lora_magnitude_vector").ShapeText);
    }

    [Fact]
    public void The_config_has_all_usual_keys_in_order()
    {
        string json = System.Text.Encoding.UTF8.GetString(PeftConfig.Of(new Lora { Rank = 16, Alpha = 32, Dropout = 0.05f }, baseModel: "a/b").ToJson());
        string[] keys =
        [
            "alpha_pattern", "auto_mapping", "base_model_name_or_path", "bias", "corda_config", "eva_config", "exclude_modules", "fan_in_fan_out", "inference_mode", "init_lora_weights",
            "layer_replication", "layers_pattern", "layers_to_transform", "loftq_config", "lora_alpha", "lora_bias", "lora_dropout", "megatron_config", "megatron_core", "modules_to_save",
            "peft_type", "peft_version", "qalora_group_size", "r", "rank_pattern", "revision", "target_modules", "target_parameters", "task_type", "trainable_token_indices", "use_dora", "use_qalora", "use_rslora",
        ];
        Assert.Equal(keys, JsonNode.Parse(json)!.AsObject().Select(p => p.Key));
        foreach (string line in new[] { "{\n  \"alpha_pattern\": {},\n", "  \"base_model_name_or_path\": \"a/b\",\n", "  \"inference_mode\": true,\n", "  \"lora_alpha\": 32,\n", "  \"lora_dropout\": 0.05,\n", "  \"r\": 16,\n", "  \"target_modules\": [\n    \"q_proj\",\n    \"v_proj\"\n  ],\n" })
            Assert.Contains(line, json, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_that_are_not_known_are_kept_when_an_adapter_is_saved_again()
    {
        using var model = Golden();
        PeftFolder.Save(Attach(model, TinyLlama.AllLinear), _folder.Path, _base);
        Edit("adapter_config.json", json =>
        {
            json["a_new_key"] = new JsonObject { ["x"] = 1.5 };
            json["peft_version"] = "0.17.0";
            json["target_modules"] = "all-linear";
            json["base_model_name_or_path"] = "some/where";
        });
        using var other = Golden();
        var loaded = PeftFolder.Load(other, _folder.Path, _base);
        Assert.Equal("some/where", loaded.Config.BaseModel);
        PeftFolder.Save(loaded.Adapters, _folder.File("again"), _base, loaded.Config);
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder.File("again"), "adapter_config.json")))!;
        Assert.Equal(("{\"x\":1.5}", "0.17.0", "all-linear", "some/where"), (json["a_new_key"]!.ToJsonString(), (string?)json["peft_version"], (string?)json["target_modules"], (string?)json["base_model_name_or_path"]));
    }

    [Fact]
    public void Another_base_is_refused_with_both_hashes_unless_forced()
    {
        using var model = Golden();
        PeftFolder.Save(Attach(model, TinyLlama.AllLinear), _folder.Path, _base);
        using var other = LlamaModel.Load(_engine, LlamaGoldens.Folder(Name));
        other.Norm.Weight.Value.AsSpan<float>()[0] += 1;
        var identity = BaseIdentity.OfModel(other);
        long before = _engine.Memory.LiveBytes;
        var e = Assert.Throws<CheckpointFormatException>(() => PeftFolder.Load(other, _folder.Path, identity));
        Assert.Equal($"{_folder.File("radlab.json")}: base.weights_sha256: the adapter belongs to the base {_base.WeightsSha256}, but this base is {identity.WeightsSha256}; load it on the model it was trained on, or force it.", e.Message);
        Assert.Equal(before, _engine.Memory.LiveBytes);
        Assert.All(other.Linears, l => Assert.Null(l.Adapter));

        var forced = PeftFolder.Load(other, _folder.Path, identity, force: true);
        Assert.Equal($"{_folder.File("radlab.json")}: the adapter belongs to the base {_base.WeightsSha256}, but this base is {identity.WeightsSha256}; loaded all the same.", Assert.Single(forced.Notes));
    }

    [Fact]
    public void A_folder_from_elsewhere_loads_with_a_note()
    {
        using var model = Golden();
        PeftFolder.Save(Attach(model, TinyLlama.AllLinear), _folder.Path, _base);
        File.Delete(_folder.File("radlab.json"));
        using var other = Golden();
        Assert.Equal($"{_folder.Path}: there is no radlab.json: the adapter comes from elsewhere, and whether it belongs to this base cannot be checked.", Assert.Single(PeftFolder.Load(other, _folder.Path, _base).Notes));
    }

    [Fact]
    public void Other_quantization_another_tokenizer_and_an_unknown_base_are_noted()
    {
        using var model = Golden(WeightFormat.Nf4);
        string hash = new('a', 64), file = _folder.File("radlab.json");
        PeftFolder.Save(Attach(model, TinyLlama.AllLinear), _folder.Path, new BaseIdentity(null, hash));
        using var other = Golden();
        var loaded = PeftFolder.Load(other, _folder.Path, _base with { TokenizerSha256 = new string('b', 64) });
        Assert.Equal(
        [
            $"{file}: the hash of the adapter's base is not known: whether they belong together cannot be checked.",
            $"{file}: the adapter was trained with the tokenizer {hash}, but this base has {new string('b', 64)}.",
            $"{file}: the adapter was trained on the base in nf4, which is now in f32.",
        ], loaded.Notes);
    }

    [Theory, InlineData(WeightFormat.F32), InlineData(WeightFormat.BF16), InlineData(WeightFormat.Nf4)]
    public void A_model_has_the_identity_of_the_folder_it_is_saved_to_however_that_is_cut(WeightFormat format)
    {
        using (var model = Golden()) model.Save(_folder.File("a"), format, maxShardBytes: 40_000);
        using var again = LlamaModel.Load(_engine, _folder.File("a"), format);
        again.Save(_folder.File("b"), format);
        string sharded = BaseIdentity.OfFolder(_folder.File("a")).WeightsSha256!, whole = BaseIdentity.OfFolder(_folder.File("b")).WeightsSha256!;
        Assert.Equal(sharded, whole);
        if (format != WeightFormat.BF16) Assert.Equal(whole, BaseIdentity.OfModel(again).WeightsSha256);   // norms are F32 in memory
        Assert.Equal(format == WeightFormat.F32, whole == _base.WeightsSha256);
    }

    [Fact]
    public void The_identity_is_the_documented_hash()
    {
        byte[] file = RawSafeTensors.Build("""{"b":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"a.é":{"dtype":"F16","shape":[2,1],"data_offsets":[1,5]}}""", 9, 1, 2, 3, 4);
        _folder.Write("model.safetensors", file);
        string tokenizer = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("{}"u8));
        _folder.Write("tokenizer.json", "{}");
        byte[] expected = System.Security.Cryptography.SHA256.HashData([.. "a.é\0F16\02,1\0"u8, 1, 2, 3, 4, .. "b\0U8\0\0"u8, 9]);
        Assert.Equal(new BaseIdentity(Convert.ToHexStringLower(expected), tokenizer), BaseIdentity.OfFolder(_folder.Path));
    }

    [Theory]
    [InlineData("r", "8", "tensor 'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight': must have shape (8, 48) by adapter_config.json in this model, but has (4, 48); check that adapter and model belong together.")]
    [InlineData("use_dora", "true", "tensor 'base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector': is not among the 28 tensors of the checkpoint; check that weights and config.json belong together.")]
    [InlineData("target_modules", "[\"q_proj\"]", "has no place by adapter_config.json in this model; check that adapter and model belong together.")]
    [InlineData("peft_type", "\"IA3\"", "peft_type: must be \"LORA\", got '\"IA3\"'; this variant of LoRA is not supported.")]
    [InlineData("bias", "\"all\"", "bias: must be \"none\", got '\"all\"'; this variant of LoRA is not supported.")]
    [InlineData("fan_in_fan_out", "true", "fan_in_fan_out: must be false, got true; this variant of LoRA is not supported.")]
    [InlineData("rank_pattern", "{\"q_proj\": 2}", "tensor 'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight': must have shape (2, 48) by adapter_config.json in this model, but has (4, 48); check that adapter and model belong together.")]
    [InlineData("rank_pattern", "{\"q_proj\": 0}", "rank_pattern.q_proj: must be a whole number from 1 to 65536, got '0'; use the config.json that came with the model.")]
    [InlineData("rank_pattern", "{\"(q\": 4}", "settings: Lora: '(q' must be a regular expression without look-around and back-references; use the adapter_config.json that came with the adapter.")]
    [InlineData("alpha_pattern", "{\"(a{9}){9}\": 4}", "settings: Lora: a pattern must have 1 to 500 characters and at most one counted repetition of at most 999, got '(a{9}){9}'; use the adapter_config.json that came with the adapter.")]
    [InlineData("exclude_modules", "\"q.*\"", "exclude_modules: must be a list of names, got '\"q.*\"'; this variant of LoRA is not supported.")]
    [InlineData("layers_pattern", "\"blocks\"", "layers_pattern: must be \"layers\", got '\"blocks\"'; this variant of LoRA is not supported.")]
    [InlineData("loftq_config", "{\"loftq_bits\": 2}", "loftq_config.loftq_bits: must be 4, got '2'; this variant of LoRA is not supported.")]
    [InlineData("modules_to_save", "[\"lm_head\"]", "modules_to_save: must be empty, got a list; this variant of LoRA is not supported.")]
    [InlineData("layers_to_transform", "3", "has no place by adapter_config.json in this model; check that adapter and model belong together.")]
    [InlineData("layers_to_transform", "[-1]", "layers_to_transform: must be a number of a block or a list of at most 10000, got a list; use the config.json that came with the model.")]
    [InlineData("init_lora_weights", "\"olora\"", "init_lora_weights: must be pissa, pissa_niter_N, loftq or one that leaves the base as it is, got '\"olora\"'; this variant of LoRA is not supported.")]
    [InlineData("init_lora_weights", "\"pissa_niter_x\"", "init_lora_weights: must be pissa, pissa_niter_N, loftq or one that leaves the base as it is, got '\"pissa_niter_x\"'; this variant of LoRA is not supported.")]
    [InlineData("task_type", "\"SEQ_CLS\"", "task_type: must be \"CAUSAL_LM\", got '\"SEQ_CLS\"'; this variant of LoRA is not supported.")]
    [InlineData("target_modules", "\".*\"", "settings: Lora: TargetPattern must not match the output head or the embedding: only the blocks' linear layers can have adapters; use the adapter_config.json that came with the adapter.")]
    [InlineData("target_modules", "\".*q_proj\"", "has no place by adapter_config.json in this model; check that adapter and model belong together.")]
    [InlineData("target_modules", "[\"lm_head\"]", "target_modules: must be among q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj, got 'lm_head'; this variant of LoRA is not supported.")]
    [InlineData("lora_alpha", "0", "lora_alpha: must be above 0, got '0'; use the config.json that came with the model.")]
    [InlineData("lora_dropout", "1", "lora_dropout: must be below 1, got '1'; use the config.json that came with the model.")]
    public void A_config_that_does_not_fit_is_reported_and_the_model_untouched(string key, string value, string problem)
    {
        using var model = Golden();
        PeftFolder.Save(Attach(model, TinyLlama.AllLinear), _folder.Path, _base);
        Edit("adapter_config.json", json => json[key] = JsonNode.Parse(value));
        using var other = Golden();
        var e = Assert.Throws<CheckpointFormatException>(() => PeftFolder.Load(other, _folder.Path, _base));
        Assert.StartsWith(_folder.Path, e.Message, StringComparison.Ordinal);
        Assert.EndsWith(problem, e.Message, StringComparison.Ordinal);
        Assert.All(other.Linears, l => Assert.Null(l.Adapter));
    }

    [Theory]
    [InlineData("[]", "radlab.json: config: must be an object")]
    [InlineData("{", "radlab.json: text: must be a JSON object in UTF-8 of at most 64 KiB, without duplicate keys, nested at most 8 deep; copy the file that came with the adapter, or remove it to load the adapter as one from elsewhere.")]
    [InlineData("{}", "radlab.json: base: is missing; copy the file")]
    [InlineData("""{"base":{"weights_sha256":"ABC"}}""", "radlab.json: base.weights_sha256: must be 64 lower-case hexadecimal digits or null, got 'ABC'; copy the file")]
    [InlineData("""{"base":{"quantization":"q9"}}""", "radlab.json: base.quantization: must be f32, bf16, nf4, fp4, int8 or null, got 'q9'; copy the file")]
    public void A_damaged_radlab_json_is_reported(string text, string problem)
    {
        using var model = Golden();
        PeftFolder.Save(Attach(model, TinyLlama.AllLinear), _folder.Path, _base);
        _folder.Write("radlab.json", text);
        using var other = Golden();
        Assert.StartsWith(_folder.File(problem), Assert.Throws<CheckpointFormatException>(() => PeftFolder.Load(other, _folder.Path, _base)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_config_is_reported()
    {
        using var model = Golden();
        var e = Assert.Throws<FileNotFoundException>(() => PeftFolder.Load(model, _folder.Path, _base));
        Assert.Equal($"{_folder.Path}: adapter_config.json: must be in the adapter's folder; check the path.", e.Message);
    }
}
