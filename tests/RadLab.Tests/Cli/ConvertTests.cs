using System.Text.Json;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class ConvertTests : IDisposable
{
    private readonly TemporaryModelFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static string Model => LlamaGoldens.Folder("llama3-gqa");

    private Task<CliResult> Convert(params string[] arguments) => Cli.RunAsync(_folder.Path, ["convert", .. arguments]);

    [Fact]
    public async Task A_folder_becomes_4_bits_and_then_a_gguf()
    {
        var result = await Convert(Model, "--to", "bnb-nf4", "--out", "four", "--skip", "o_proj", "--no-double-quant", "--json");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        using (var json = JsonDocument.Parse(result.Output))
            Assert.Equal((21, 12), (json.RootElement.GetProperty("tensors").GetInt32(), json.RootElement.GetProperty("converted").GetInt32()));
        using (var engine = new Engine(new EngineOptions { Threads = 1 }))
        using (var model = LlamaModel.Load(engine, _folder.File("four"), WeightFormat.Nf4))
        {
            Assert.Equal(12, model.Linears.Count(l => l.Quantized is { DoubleQuantized: false }));
            Assert.Equal(2, model.Linears.Count(l => l.Quantized is null));
        }

        result = await Convert("four", "--to", "gguf-f16", "--out", "four.gguf");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("note: the file has no tokenizer: programs that read it must be given token ids", result.Output, StringComparison.Ordinal);
        Assert.Contains("four.gguf: 21 of 21 tensors converted, 0.1 MB", result.Output, StringComparison.Ordinal);
        using var gguf = GgufReader.Open(_folder.File("four.gguf"));
        Assert.Equal(21, gguf.Tensors.Count);
    }

    [Fact]
    public async Task What_is_there_is_replaced_with_force_only()
    {
        _folder.Write("out.safetensors", "precious");
        string input = Path.Combine(Model, "model.safetensors");
        var result = await Convert(input, "--to", "safetensors-bf16", "--out", "out.safetensors");
        Assert.Equal((2, "radlab: --out out.safetensors: is there already; choose another path, or give --force to replace it\n"), (result.ExitCode, result.Error));
        Assert.Equal("precious", File.ReadAllText(_folder.File("out.safetensors")));
        Assert.Equal(0, (await Convert(input, "--to", "safetensors-bf16", "--out", "out.safetensors", "--force")).ExitCode);
        using var reader = SafeTensorsReader.Open(_folder.File("out.safetensors"));
        Assert.Equal(SafeTensorsDType.BF16, reader.Get("lm_head.weight").DType);
        Assert.Equal(SafeTensorsDType.F32, reader.Get("model.norm.weight").DType);   // no matrix
    }

    [Fact]
    public async Task Wrong_usage_and_bad_input_have_their_own_exit_codes()
    {
        var result = await Convert(Model, "--to", "bnb-nf4", "--out", "x", "--skip", "o_prj");
        Assert.Equal((2, "radlab: skip: 'o_prj' must match at least one of the 21 tensors; give parts of a name between dots, or the whole name with * and ?.\n"), (result.ExitCode, result.Error));
        result = await Convert("nowhere", "--to", "bnb-nf4", "--out", "x");
        Assert.Equal((2, "radlab: nowhere: there is no such file or folder; check the path\n"), (result.ExitCode, result.Error));
        result = await Convert(Model, "--to", "bnb-nf4", "--out", "x", "--shard-mb", "0");
        Assert.Equal((2, "radlab: --shard-mb: must be from 1 to 1000000, got 0\n"), (result.ExitCode, result.Error));
        Assert.Equal(2, (await Convert(Model, "--to", "zip", "--out", "x")).ExitCode);
        _folder.Write("bad.safetensors", "not one");
        result = await Convert("bad.safetensors", "--to", "bnb-nf4", "--out", "x");
        Assert.Equal((3, "radlab: bad.safetensors: header length: needs 8 bytes, but the file has 7; the file is damaged, cut short or no safetensors file: copy or download it again.\n"), (result.ExitCode, result.Error));
        Assert.Equal(["bad.safetensors"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(p => Path.GetFileName(p)));
    }
}
