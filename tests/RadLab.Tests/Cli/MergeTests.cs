using System.Text.Json;
using RadLab.Compute;
using RadLab.Models;
using RadLab.Tests.Training;
using RadLab.Training;

namespace RadLab.Tests;

public sealed class MergeTests : IDisposable
{
    private readonly TemporaryModelFolder _folder = new();

    public MergeTests()
    {
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        using var model = LlamaModel.Random(engine, TinyLlama.Config with { VocabularySize = 303 }, seed: 3);
        model.Save(_folder.File("base"));
        _folder.Write(Path.Combine("base", TokenizerSamples.Json), TokenizerSamples.Utf8(TokenizerSamples.Tokenizer()));
        var adapters = TinyLlama.AllLinear.Attach(model, seed: 1);
        int seed = 1;
        foreach (var p in adapters.Parameters) p.Value.CopyFrom(Make.Values(p.Value.Count, seed++, -0.08, 0.08));
        PeftFolder.Save(adapters, _folder.File("adapter"), BaseIdentity.OfFolder(_folder.File("base")));
    }

    public void Dispose() => _folder.Dispose();

    private Task<CliResult> Merge(params string[] arguments) => Cli.RunAsync(_folder.Path, ["merge", "--model", "base", "--adapter", "adapter", .. arguments]);

    private string[] Entries() => [.. Directory.EnumerateFileSystemEntries(_folder.Path).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];

    [Fact]
    public async Task A_merge_is_measured_on_the_prompts_and_written_with_its_report()
    {
        _folder.Write("texts.jsonl", "{\"prompt\": \"low lower newid\"}\n\n{\"prompt\": \"new\"}\n");
        var result = await Merge("--out", "merged", "--to", "f32", "--prompts", "texts.jsonl", "--json");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        using (var json = JsonDocument.Parse(result.Output))
        {
            Assert.Equal((2, true), (json.RootElement.GetProperty("prompts").GetInt32(), json.RootElement.GetProperty("written").GetBoolean()));
            Assert.InRange(json.RootElement.GetProperty("mean_kl").GetDouble(), 0, 1e-9);
            Assert.Equal(14, json.RootElement.GetProperty("layers").GetArrayLength());
        }
        Assert.Equal(["config.json", "merge-report.json", "model.safetensors", "tokenizer.json"], Directory.EnumerateFiles(_folder.File("merged")).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal));
    }

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public async Task What_base_and_adapter_were_trained_on_goes_with_the_merged_model_and_its_conversions()
    {
        LongTests.SkipUnlessAsked();
        AdapterProvenance.Write(_folder.File("base"), FinishedRun.Record("mimic-cxr").Data);
        AdapterProvenance.Write(_folder.File("adapter"), FinishedRun.Record("openi-chest-xray").Data);
        Assert.Equal(0, (await Merge("--out", "merged", "--to", "f32")).ExitCode);
        Assert.Equal(["openi-chest-xray", "mimic-cxr"], AdapterProvenance.LoadAll(_folder.File("merged")).Select(d => d.Provenance.DataSet));
        Assert.Equal(["openi-chest-xray"], AdapterProvenance.LoadAll(_folder.File("adapter")).Select(d => d.Provenance.DataSet));

        Assert.Equal(0, (await Cli.RunAsync(_folder.Path, ["convert", "merged", "--to", "safetensors-bf16", "--out", "half"])).ExitCode);
        Assert.Equal(["openi-chest-xray", "mimic-cxr"], AdapterProvenance.LoadAll(_folder.File("half")).Select(d => d.Provenance.DataSet));
        Assert.Equal(0, (await Cli.RunAsync(_folder.Path, ["convert", "merged", "--to", "gguf-f16", "--no-tokenizer", "--out", "merged.gguf"])).ExitCode);
        Assert.Equal(File.ReadAllBytes(_folder.File("merged/data-provenance.json")), File.ReadAllBytes(_folder.File("merged.gguf.data-provenance.json")));
    }

    [Fact]
    public async Task Above_the_limit_the_merge_is_refused_with_a_code_of_its_own_and_leaves_nothing()
    {
        var result = await Merge("--out", "merged", "--to", "nf4", "--limit", "1e-9");
        Assert.Equal(4, result.ExitCode);
        Assert.StartsWith("radlab: merge refused: the mean KL of ", result.Error, StringComparison.Ordinal);
        Assert.EndsWith(" must be at most --limit 1E-09; nothing was written: choose another --to, or give --force to write it all the same\n", result.Error, StringComparison.Ordinal);
        Assert.Equal(["adapter", "base"], Entries());

        result = await Merge("--out", "merged", "--to", "nf4", "--limit", "1e-9", "--force");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("merged: merged as nf4, figures in merge-report.json", result.Output, StringComparison.Ordinal);
        Assert.Equal(["adapter", "base", "merged"], Entries());
    }

    [Fact]
    public async Task Wrong_usage_and_another_base_have_their_own_codes()
    {
        var result = await Merge("--out", "base");
        Assert.Equal((2, "radlab: --out base: is there already; choose another path, or give --overwrite to replace it\n"), (result.ExitCode, result.Error));
        _folder.Write("texts.jsonl", "{\"text\": \"x\"}\n");
        result = await Merge("--out", "merged", "--prompts", "texts.jsonl");
        Assert.Equal((2, "radlab: --prompts texts.jsonl: line 1 must be a JSON object with the string \"prompt\"\n"), (result.ExitCode, result.Error));

        string provenance = File.ReadAllText(_folder.File(Path.Combine("adapter", "radlab.json")));
        string hash = BaseIdentity.OfFolder(_folder.File("base")).VocabularySha256!;
        _folder.Write(Path.Combine("adapter", "radlab.json"), provenance.Replace(hash, new string('0', 64), StringComparison.Ordinal));
        result = await Merge("--out", "merged");
        Assert.Equal((3, $"radlab: {Path.Combine("adapter", "radlab.json")}: base.vocabulary_sha256: the adapter was trained with the vocabulary {new string('0', 64)}, but this base has {hash}; load it with the tokenizer it was trained with, or force it.\n"), (result.ExitCode, result.Error));
        Assert.Equal(["adapter", "base", "texts.jsonl"], Entries());
    }
}
