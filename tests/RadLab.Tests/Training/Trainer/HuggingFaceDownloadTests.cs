using RadLab.Radiology;
using RadLab.Training;

namespace RadLab.Tests.Training;

public sealed class HuggingFaceDownloadTests : IDisposable
{
    private readonly ScratchFolder _folder = new();
    private readonly HubServer _server = new();
    private readonly HttpClient _http = new();

    public HuggingFaceDownloadTests()
    {
        foreach (string file in Directory.EnumerateFiles(PredictionFixture.Model)) _server.Files[Path.GetFileName(file)] = File.ReadAllBytes(file);
        _server.Files["pytorch_model.bin"] = [1];
        _server.Files["original/consolidated.safetensors"] = [2];
        _server.Files["../evil.safetensors"] = [3];
    }

    public void Dispose()
    {
        _http.Dispose();
        _server.Dispose();
        _folder.Dispose();
    }

    private Task<string> Get(string id = HubServer.Model, string? token = "") =>
        new HuggingFaceDownload(_http, _folder.File("hub"), _server.Address, token, new DataDownload(_http) { Pause = TimeSpan.FromMilliseconds(1) }).GetAsync(id);

    private string Blob(string name) => _folder.File($"hub/models--org--tiny/blobs/{HubServer.TagOf(name, _server.Files[name])}");

    [Fact]
    public async Task A_model_comes_into_the_layout_of_the_cache_and_only_once()
    {
        string snapshot = await Get();
        Assert.Equal(_folder.File($"hub/models--org--tiny/snapshots/{HubServer.Commit}"), snapshot);
        Assert.Equal(["config.json", "model.safetensors", "tokenizer.json"], Directory.EnumerateFiles(snapshot).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        foreach (string name in Directory.EnumerateFiles(snapshot).Select(f => Path.GetFileName(f)))
        {
            Assert.Equal(_server.Files[name], File.ReadAllBytes(Path.Combine(snapshot, name)));
            Assert.Equal($"../../blobs/{Path.GetFileName(Blob(name))}", new FileInfo(Path.Combine(snapshot, name)).LinkTarget);
        }
        Assert.Equal(HubServer.Commit, File.ReadAllText(_folder.File("hub/models--org--tiny/refs/main")));
        Assert.Equal(["model.safetensors"], _server.Requests.Where(r => r.StartsWith("cdn/", StringComparison.Ordinal)).Select(r => r[4..]));

        int before = _server.Requests.Count;
        await Get($"{HubServer.Model}@{HubServer.Commit}");
        Assert.Equal(before + 1, _server.Requests.Count);   // the list alone
        Assert.Equal(["main"], Directory.EnumerateFiles(_folder.File("hub/models--org--tiny/refs")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_broken_download_goes_on_where_it_stopped_and_the_token_stays_with_its_server()
    {
        _server.Token = "hf_secret";
        _server.BreakAfter = 5000;
        string snapshot = await Get(token: "hf_secret");
        Assert.Equal(_server.Files["model.safetensors"], File.ReadAllBytes(Path.Combine(snapshot, "model.safetensors")));
        Assert.Contains(_server.Requests, r => r.StartsWith("cdn/model.safetensors bytes=", StringComparison.Ordinal));
        Assert.Empty(_server.Leaks);
    }

    [Fact]
    public async Task Bytes_that_are_not_those_of_the_list_are_refused()
    {
        _server.Tampered = [.. _server.Files["model.safetensors"].Select(b => (byte)(b ^ 1))];
        var e = await Assert.ThrowsAsync<DataFormatException>(() => Get());
        Assert.Matches("^hf:org/tiny: model.safetensors arrived with [0-9]+ bytes and the hash [0-9a-f]{12}…, but must have [0-9]+ and [0-9a-f]{12}…; refused: the source changed or the download was tampered with$", e.Message);
        Assert.False(File.Exists(Blob("model.safetensors")));
        Assert.False(Directory.Exists(_folder.File("hub/models--org--tiny/refs")));   // nobody finds half a model
    }

    [Fact]
    public async Task What_is_missing_or_closed_is_told_with_the_next_step()
    {
        async Task<string> Message(string id, string? token = "") => (await Assert.ThrowsAsync<RecipeException>(() => Get(id, token))).Message;
        Assert.Equal("hf:org/none@main: the server answered 404 Not Found; there is no such model, revision or file; check the id (private models look the same without a token)", await Message("org/none"));
        _server.Token = "hf_secret";
        Assert.Equal($"hf:org/tiny@main: the server answered 401 Unauthorized; set HF_TOKEN to a token of yours or log in with 'hf auth login', and accept the model's licence at {_server.Address}/org/tiny where it has one", await Message("org/tiny"));
        string closed = await Message("org/tiny", "hf_wrong");
        Assert.EndsWith($"the token in HF_TOKEN has no access: accept the model's licence at {_server.Address}/org/tiny and check the token", closed, StringComparison.Ordinal);
        Assert.DoesNotContain("hf_wrong", closed, StringComparison.Ordinal);
        _server.Token = null;
        _server.Files.Remove("model.safetensors");
        Assert.Equal("hf:org/tiny: has no safetensors files; RadLab reads no pickles, convert the model first.", await Message("org/tiny"));
        Assert.Equal("hf:../x: must be hf:ORG/NAME or hf:ORG/NAME@REVISION.", await Message("../x"));
        Assert.Equal("HF_ENDPOINT: a token goes over https only; change the address or unset HF_TOKEN.", Assert.Throws<RecipeException>(() => new HuggingFaceDownload(_http, "hub", "http://example.org", "hf_secret")).Message);
        Assert.Equal("HF_TOKEN: is not a token; copy it again.", Assert.Throws<RecipeException>(() => new HuggingFaceDownload(_http, "hub", _server.Address, "hf_one\nhf_two")).Message);
    }

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public async Task The_command_fetches_a_model_that_others_then_find_by_its_id()
    {
        LongTests.SkipUnlessAsked();
        _server.Token = "hf_secret";
        var environment = new Dictionary<string, string> { ["HF_ENDPOINT"] = _server.Address, ["HF_HUB_CACHE"] = _folder.File("hub"), ["HF_TOKEN"] = "hf_secret", ["RADLAB_THREADS"] = "1" };
        var got = await Cli.RunAsync(_folder.Path, ["data", "get", "hf:org/tiny"], environment);
        Assert.True(got.ExitCode == 0, got.Error);
        Assert.DoesNotContain("hf_secret", got.Output + got.Error, StringComparison.Ordinal);
        _folder.Write("in.csv", PredictionFixture.Csv(2));
        var predicted = await Cli.RunAsync(_folder.Path, ["predict", "--model", $"org/tiny@{HubServer.Commit}", "--in", "in.csv", "--out", "out.jsonl", "--context", "128", "--answer-tokens", "4"], environment);
        Assert.True(predicted.ExitCode == 0, predicted.Error);
        Assert.Equal(2, File.ReadAllLines(_folder.File("out.jsonl")).Length);
        var planned = await Cli.RunAsync(_folder.Path, ["plan", "tiny-impression", "--model", "hf:org/tiny"], environment);
        Assert.StartsWith("tiny-impression on org/tiny: 8 x 384 tokens", planned.Output, StringComparison.Ordinal);

        // the token that Hugging Face's command line has stored
        _folder.Write("home/token", "hf_secret\n");
        (environment["HF_TOKEN"], environment["HF_HOME"]) = ("", _folder.File("home"));
        var none = await Cli.RunAsync(_folder.Path, ["data", "get", "hf:org/none"], environment);
        Assert.Equal(3, none.ExitCode);
        Assert.Contains("the server answered 404", none.Error, StringComparison.Ordinal);
        _folder.Write("home/token", "hf_other");
        var closed = await Cli.RunAsync(_folder.Path, ["data", "get", "hf:org/tiny"], environment);
        Assert.Contains($"the token in {_folder.File("home/token")} has no access", closed.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("hf_", (none.Error + closed.Error).Replace("HF_", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}
