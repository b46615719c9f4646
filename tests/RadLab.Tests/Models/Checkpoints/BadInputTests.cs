using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

/// <summary>Hostile files of every kind: one exception that names file, field and what was found; little memory and time; nothing half-loaded stays alive.</summary>
public sealed class BadInputTests : IDisposable
{
    private const int Depth = 1_000_000;

    private readonly Engine _engine = new(new EngineOptions { Threads = 1 });
    private readonly TemporaryModelFolder _folder = new();

    public BadInputTests()
    {
        foreach (string file in (string[])["config.json", "model.safetensors"]) File.Copy(Path.Combine(LlamaGoldens.Folder("llama2-mha"), file), _folder.File(file));
    }

    public void Dispose()
    {
        _folder.Dispose();
        _engine.Dispose();
    }

    // Arrays in arrays, as deep as a file of a megabyte can have them.
    private static string Bomb(string before = "{\"a\":") => before + new string('[', Depth);

    public static TheoryData<string, string, string> ModelFaults => new()
    {
        { "header of 2^60 bytes", "model.safetensors: header length: ", "1152921504606846976" },
        { "offsets beyond the file", "model.safetensors: data: must be 1125899906842624 bytes long, as the header says, got ", "" },
        { "header bomb", "model.safetensors: header: is not valid JSON near byte ", "nested too deeply" },
        { "weights cut short", "model.safetensors: ", "" },
        { "config bomb", "config.json: config: ", "nested at most 16 deep" },
        { "index bomb", "model.safetensors.index.json: index: is not valid JSON near byte ", "nested too deeply" },
        { "index with ..", "model.safetensors.index.json: weight_map: must name .safetensors files of the folder itself, got '../../secret.safetensors'", "" },
        { "index with a full path", "model.safetensors.index.json: weight_map: must name .safetensors files of the folder itself, got '/etc/secret.safetensors'", "" },
        { "index with a drive", "model.safetensors.index.json: weight_map: must name .safetensors files of the folder itself, got 'C:secret.safetensors'", "" },
        { "last tensor of a wrong shape", "tensor 'lm_head.weight': must have shape ", "" },
    };

    [Theory, MemberData(nameof(ModelFaults))]
    public void A_hostile_model_folder_is_refused_and_leaves_nothing_in_memory(string fault, string field, string found)
    {
        Damage(fault);
        string message = Refused(() => LlamaModel.Load(_engine, _folder.Path, WeightFormat.Nf4));
        Assert.Contains(field, message, StringComparison.Ordinal);
        Assert.Contains(found, message, StringComparison.Ordinal);
        Assert.Equal(0, _engine.Memory.LiveBytes);
    }

    private void Damage(string fault)
    {
        string weights = _folder.File("model.safetensors");
        byte[] bytes = File.ReadAllBytes(weights);
        int header = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        byte[] data = bytes[(8 + header)..];
        switch (fault)
        {
            case "header of 2^60 bytes":
                BinaryPrimitives.WriteUInt64LittleEndian(bytes, 1UL << 60);
                File.WriteAllBytes(weights, bytes);
                break;
            case "offsets beyond the file":
                File.WriteAllBytes(weights, RawSafeTensors.Build("""{"a":{"dtype":"U8","shape":[1125899906842624],"data_offsets":[0,1125899906842624]}}""", data));
                break;
            case "header bomb":
                File.WriteAllBytes(weights, RawSafeTensors.Build(Bomb("{\"a\":{\"dtype\":\"F32\",\"shape\":") + "}", data));
                break;
            case "weights cut short":
                File.WriteAllBytes(weights, bytes[..^10]);
                break;
            case "config bomb":
                _folder.Write("config.json", Bomb());
                break;
            case "last tensor of a wrong shape":
                using (var model = LlamaModel.Load(_engine, _folder.Path))
                using (var wide = LlamaModel.Random(_engine, model.Config with { VocabularySize = model.Config.VocabularySize + 1 }, 1))
                {
                    // the larger model's head behind the config and all else of the smaller one
                    wide.Save(_folder.File("wide"));
                    using SafeTensorsReader other = SafeTensorsReader.Open(_folder.File("wide/model.safetensors")), own = SafeTensorsReader.Open(weights);
                    using var writer = SafeTensorsWriter.Create(_folder.File("new"), own.Entries.Select(e => new SafeTensorsSpec(e.Name, e.DType, (e.Name == "lm_head.weight" ? other : own).Get(e.Name).Shape)));
                    foreach (var entry in writer.Entries)
                    {
                        var tensor = new byte[entry.ByteCount];
                        (entry.Name == "lm_head.weight" ? other : own).Read(entry.Name, tensor);
                        writer.Append(entry.Name, tensor);
                    }
                    writer.Commit();
                }
                File.Move(_folder.File("new"), weights, overwrite: true);
                break;
            default:
                File.Delete(weights);
                _folder.Write("model.safetensors.index.json", fault == "index bomb" ? Bomb() : $$$"""{"weight_map":{"lm_head.weight":"{{{fault switch { "index with .." => "../../secret.safetensors", "index with a full path" => "/etc/secret.safetensors", _ => "C:secret.safetensors" }}}}"}}""");
                break;
        }
    }

    public static TheoryData<string, string> TokenizerFaults => new()
    {
        { """["lo "]""", "model.merges[0]: must not have an empty part" },                        // its own result: a cycle of one
        { """[["lo",""]]""", "model.merges[0]: must not have an empty part" },
        { """["l o","lo w","lo q"]""", "model.merges[2]: names 'loq', which is not in the vocabulary" },
        { """["l o","zz z"]""", "model.merges[1]: names 'zz', which is not in the vocabulary" },
        { """["l o w"]""", "model.merges[0]: must be two tokens with a space between them, got 'l o w'" },
        { "null", "model.merges: is missing" },
        { """{"l":"o"}""", "model.merges: must be a list, got an object" },
    };

    [Theory, MemberData(nameof(TokenizerFaults))]
    public void Merges_that_lead_nowhere_are_refused(string merges, string problem)
    {
        var json = TokenizerSamples.Tokenizer();
        json["model"]!["merges"] = System.Text.Json.Nodes.JsonNode.Parse(merges);
        Assert.StartsWith($"{_folder.File("tokenizer.json")}: {problem};", Refused(() => Tokenizer.Load(_folder.Write("tokenizer.json", TokenizerSamples.Utf8(json)))), StringComparison.Ordinal);
    }

    // "ab c" needs "ab", which comes from a merge listed later: no circle is possible, since a result is longer than its parts, and every text ends.
    [Fact]
    public void Merges_in_an_impossible_order_still_end()
    {
        var tokenizer = TokenizerSamples.Parse(TokenizerSamples.Tokenizer(["ab c", "a bc", "b c", "a b", "c a", "abc abc", "abcabc abcabc"], words: ["ab", "bc", "ca"]));
        string text = string.Concat(Enumerable.Repeat("abc", 5_000));
        long start = Stopwatch.GetTimestamp();
        Assert.Equal(text, tokenizer.Decode(tokenizer.EncodeToIds(text)));
        Assert.True(Stopwatch.GetElapsedTime(start).TotalSeconds < 5);
    }

    public static TheoryData<string, string> Bombs => new()
    {
        { "tokenizer.json", "nested deeper than 32" },
        { "tokenizer_config.json", "nested deeper than 32" },
        { "added_tokens.json", "nested deeper than 32" },
        { "adapter_config.json", "nested at most 16 deep" },
        { "radlab.json", "nested at most 8 deep" },
        { "quant_state", "nested too deeply" },
        { "chat template", "nested deeper than 32" },
    };

    [Theory, MemberData(nameof(Bombs))]
    public void Text_nested_a_million_deep_is_refused(string file, string problem)
    {
        byte[] bomb = Encoding.UTF8.GetBytes(Bomb());
        string message = Refused(() => _ = file switch
        {
            "tokenizer.json" => (object)ByteLevelBpe.ParseTokenizerJson(bomb, file, new TokenizerSettings()),
            "tokenizer_config.json" => TokenizerSettings.Parse(bomb, file, null, ""),
            "added_tokens.json" => TokenizerSettings.Parse(null, "", bomb, file),
            "adapter_config.json" => PeftConfig.Parse(bomb.AsMemory(0, 1 << 19), file),
            "radlab.json" => PeftProvenance.Parse(bomb.AsMemory(0, 1 << 15).ToArray(), file),
            "quant_state" => BitsAndBytesState.Parse(bomb.AsSpan(0, 4096), file, "state"),
            _ => ChatTemplateFile.Parse(bomb, file)!,
        });
        Assert.StartsWith(file + ": ", message, StringComparison.Ordinal);
        Assert.Contains(problem, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.text", "metadata 'a.text': has a string of 1099511627776 bytes; at most 1048576 fit")]
    [InlineData("a.texts", "metadata 'a.texts': has a string of 1099511627776 bytes; at most 1048576 fit")]
    public void A_gguf_string_longer_than_the_file_is_refused_before_it_is_allocated(string key, string problem)
    {
        byte[] file = GgufFileTests.Small();
        // behind the key: the type, for an array the items' type and their number, then the first string's length
        int at = file.AsSpan().IndexOf(Encoding.UTF8.GetBytes(key).AsSpan()) + key.Length + sizeof(uint);
        if (key == "a.text" && file[at - sizeof(uint)] != 8) at = file.AsSpan()[at..].IndexOf("a.text"u8) + at + key.Length + sizeof(uint);
        if (key == "a.texts") at += sizeof(uint) + sizeof(ulong);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(at), 1UL << 40);
        Assert.StartsWith("made: " + problem, Refused(() => GgufReader.Open(file, "made")), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Files_cut_short_while_open_give_an_exception_and_not_a_crash()
    {
        using (var checkpoint = ShardedCheckpoint.Open(_folder.Path))
        {
            CutFile.To(_folder.File("model.safetensors"), 6000);
            var tensors = SourceTensors.Of(_engine, checkpoint);
            string message = Refused(() => tensors.ToList().ForEach(t => t.ReadFloats(0, new float[t.Count])));
            Assert.Contains("model.safetensors: data: ends at byte 6000: the file was cut short after it was opened", message, StringComparison.Ordinal);
        }
        string gguf = _folder.File("m.gguf");
        using (var writer = GgufWriter.Create(gguf, [], [("large", GgufTensorType.F32, [1 << 18])]))
        {
            writer.Append("large", new byte[1 << 20]);
            writer.Commit();
        }
        using (var file = GgufReader.Open(gguf))
        {
            CutFile.To(gguf, 1 << 19);
            var bytes = new byte[1 << 20];
            Assert.Contains("m.gguf: data: ends too early", Refused(() => file.ReadRange("large", 0, bytes)), StringComparison.Ordinal);
        }
        string llama2c = _folder.Write("m.bin", Llama2cFileTests.Build(tied: true));
        using (var file = Llama2cFile.Open(llama2c))
        {
            CutFile.To(llama2c, 1000);
            Assert.Contains("m.bin: data: ends at byte 1000: the file was cut short after it was opened", Refused(() => file.Read("model.layers.1.self_attn.k_proj.weight", 0, new float[32])), StringComparison.Ordinal);
        }
    }

    // Bounded: a hostile file may cost what it has itself, and no more.
    private static string Refused(Action read)
    {
        long bytes = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
        string message = Assert.Throws<CheckpointFormatException>(read).Message;
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - bytes, 0, 32 << 20);
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 5);
        Assert.DoesNotContain('\n', message);
        Assert.InRange(message.Length, 20, 600);
        return message;
    }

    private static string Refused(Func<object> read) => Refused(new Action(() => read()));
}
