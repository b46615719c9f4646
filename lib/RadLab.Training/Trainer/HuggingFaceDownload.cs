using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using RadLab.Models;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>One file of a model at Hugging Face.</summary>
/// <param name="Name">In the model's folder.</param>
/// <param name="Tag">What its content is known by: SHA-256 of a large file, git's SHA-1 of a small one.</param>
internal sealed record HuggingFaceFile(string Name, long Bytes, string Tag)
{
    public bool IsLarge => Tag.Length == 64;
}

/// <summary>
/// Fetches a model by its Hugging Face id into the cache that Hugging Face's own tools use, so that either finds what the other has fetched:
/// <c>models--ORG--NAME/{blobs/TAG, snapshots/COMMIT/FILE → blob, refs/REVISION}</c>. Goes on where it broke off; every file is held against its size and hash.
/// </summary>
/// <remarks>
/// Weights come as safetensors alone: pickles can run code. The revision appears under its name when all its files are there. The token goes to the server of the address and not along
/// with redirections.
/// </remarks>
public sealed class HuggingFaceDownload
{
    private const int MaxListBytes = 16 << 20, MaxFiles = 2000;
    private const long MaxFileBytes = 1L << 40;

    private static readonly string[] s_small =
    [
        "config.json", "generation_config.json", "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "chat_template.jinja", "model.safetensors.index.json",
        "adapter_config.json", "LICENSE", "LICENSE.txt", "NOTICE", "USE_POLICY.md", "README.md",
    ];

    private readonly HttpClient _http;
    private readonly DataDownload _download;
    private readonly Uri _server;
    private readonly string _cache;
    private readonly string? _tokenFrom;

    /// <param name="http">Its authorization is set from <paramref name="token"/>.</param>
    /// <param name="cache">Folder of the cache; null: as the environment says.</param>
    /// <param name="server">Null: HF_ENDPOINT, else huggingface.co.</param>
    /// <param name="token">Null: HF_TOKEN, else what Hugging Face's command line has stored, else none; empty: none.</param>
    /// <param name="download">How downloads wait; tests shorten it.</param>
    /// <exception cref="RecipeException">The server's address is none, or a token would go over an open connection.</exception>
    public HuggingFaceDownload(HttpClient http, string? cache = null, string? server = null, string? token = null, DataDownload? download = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        server ??= Environment.GetEnvironmentVariable("HF_ENDPOINT") is { Length: > 0 } endpoint ? endpoint : "https://huggingface.co";
        if (!Uri.TryCreate(server.TrimEnd('/') + "/", UriKind.Absolute, out var address) || address.Scheme is not ("https" or "http")) throw new RecipeException("HF_ENDPOINT: must be an address that begins with https://; correct or unset it.");
        var known = token is null ? HuggingFaceToken.Find() : token.Length > 0 ? new HuggingFaceToken(token, HuggingFaceToken.Variable) : null;
        if (known is not null && address.Scheme == "http" && !address.IsLoopback) throw new RecipeException($"HF_ENDPOINT: a token goes over https only; change the address or {known.Removal}.");
        (_http, _server, _cache, _tokenFrom) = (http, address, cache ?? HuggingFaceCache.Root(), known?.From);
        if (known is not null && !AuthenticationHeaderValue.TryParse("Bearer " + known.Value, out _)) throw new RecipeException($"{known.From}: is not a token; copy it again.");
        if (known is not null) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", known.Value);
        _download = download ?? new DataDownload(http);
    }

    /// <summary>Downloads what is not in the cache.</summary>
    /// <param name="id">ORG/NAME, or ORG/NAME@REVISION with a branch, tag or commit; main if none is named.</param>
    /// <param name="progress">Told file, bytes of it on disk, and all of them.</param>
    /// <returns>The snapshot's folder.</returns>
    /// <exception cref="RecipeException">There is no such model, it needs a token, or it has no safetensors.</exception>
    /// <exception cref="DataFormatException">A file is not what the server's list says.</exception>
    public async Task<string> GetAsync(string id, Action<string, long, long?>? progress = null, CancellationToken cancellation = default)
    {
        var (model, revision) = HuggingFaceCache.Parse(id) ?? throw new RecipeException($"hf:{id}: must be hf:ORG/NAME or hf:ORG/NAME@REVISION.");
        var (commit, files) = await ListAsync(model, revision, cancellation);
        string folder = HuggingFaceCache.FolderOf(_cache, model), snapshot = Path.Combine(folder, "snapshots", commit);
        foreach (var file in files)
        {
            string blob = Path.Combine(folder, "blobs", file.Tag);
            if (!File.Exists(blob) || new FileInfo(blob).Length != file.Bytes)
                await _download.FetchAsync(new Uri(_server, $"{model}/resolve/{commit}/{file.Name}").AbsoluteUri, blob, part => Check(model, file, part), (done, _) => progress?.Invoke(file.Name, done, file.Bytes), cancellation, s => Advice(model, s));
            Link(snapshot, file);
        }
        // last: whoever follows the name finds everything
        string name = Path.Combine(folder, "refs", revision);
        if (revision != commit)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(name)!);
            WholeFile.Write(name, Encoding.ASCII.GetBytes(commit));
        }
        return snapshot;
    }

    private async Task<(string Commit, IReadOnlyList<HuggingFaceFile> Files)> ListAsync(string model, string revision, CancellationToken cancellation)
    {
        var address = new Uri(_server, $"api/models/{model}/revision/{Uri.EscapeDataString(revision)}?blobs=true");
        byte[] bytes;
        using (var response = await SendAsync(address, cancellation))
        {
            if (!response.IsSuccessStatusCode)
                throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"hf:{model}@{revision}: the server answered {(int)response.StatusCode} {response.ReasonPhrase}; {Advice(model, response.StatusCode)}"));
            await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
            using var list = new MemoryStream();
            byte[] piece = new byte[1 << 16];
            for (int read; (read = await stream.ReadAsync(piece, cancellation)) > 0;)
            {
                list.Write(piece, 0, read);
                if (list.Length > MaxListBytes) throw new RecipeException($"hf:{model}@{revision}: the list of files is longer than 16 MiB; it is not a model's.");
            }
            bytes = list.ToArray();
        }
        try
        {
            using var json = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 32 });
            return Parse(model, json.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new RecipeException($"hf:{model}@{revision}: the server's list of files is not what Hugging Face sends; check HF_ENDPOINT.", e);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(Uri address, CancellationToken cancellation)
    {
        try
        {
            return await _http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellation);
        }
        catch (HttpRequestException e)
        {
            throw new IOException($"{_server}: cannot be reached ({e.Message.ReplaceLineEndings(" ")}); check the connection, or copy the model's folder by hand", e);
        }
    }

    private static (string Commit, IReadOnlyList<HuggingFaceFile> Files) Parse(string model, JsonElement json)
    {
        string commit = json.GetProperty("sha").GetString() ?? throw new FormatException();
        if (!IsHash(commit, 40)) throw new FormatException();
        var files = new List<HuggingFaceFile>();
        foreach (var entry in json.GetProperty("siblings").EnumerateArray())
        {
            string name = entry.GetProperty("rfilename").GetString() ?? throw new FormatException();
            if (!IsWanted(name)) continue;
            bool large = entry.TryGetProperty("lfs", out var lfs) && lfs.ValueKind == JsonValueKind.Object;
            string tag = (large ? lfs.GetProperty("sha256") : entry.GetProperty("blobId")).GetString() ?? throw new FormatException();
            long bytes = (large ? lfs : entry).GetProperty("size").GetInt64();
            if (!IsHash(tag, large ? 64 : 40) || bytes is < 0 or > MaxFileBytes || files.Count == MaxFiles) throw new FormatException();
            files.Add(new HuggingFaceFile(name, bytes, tag));
        }
        if (!files.Exists(f => f.Name.EndsWith(".safetensors", StringComparison.Ordinal))) throw new RecipeException($"hf:{model}: has no safetensors files; RadLab reads no pickles, convert the model first.");
        // small files first: what is wrong with a model shows before gigabytes have come
        return (commit, [.. files.OrderBy(f => f.IsLarge).ThenBy(f => f.Name, StringComparer.Ordinal)]);
    }

    // names without folders: those of other formats ("original/") are not wanted, and none can leave the snapshot
    private static bool IsWanted(string name) =>
        s_small.Contains(name) || (name.EndsWith(".safetensors", StringComparison.Ordinal) && (name.StartsWith("model", StringComparison.Ordinal) || name.StartsWith("adapter_model", StringComparison.Ordinal)) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'));

    private static bool IsHash(string text, int digits) => text.Length == digits && text.All(char.IsAsciiHexDigitLower);

    private static void Check(string model, HuggingFaceFile file, string part)
    {
        long bytes = new FileInfo(part).Length;
        string hash = bytes == file.Bytes ? HashOf(file, part) : "";
        if (bytes != file.Bytes || hash != file.Tag)
            throw new DataFormatException(string.Create(CultureInfo.InvariantCulture, $"hf:{model}: {file.Name} arrived with {bytes} bytes{(hash.Length > 0 ? $" and the hash {hash[..12]}…" : "")}, but must have {file.Bytes} and {file.Tag[..12]}…; refused: the source changed or the download was tampered with"));
    }

    private static string HashOf(HuggingFaceFile file, string path)
    {
        using var stream = File.OpenRead(path);
        if (file.IsLarge) return Convert.ToHexStringLower(SHA256.HashData(stream));
        // git names a file by the SHA-1 of its length and content
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {file.Bytes}\0")));
        byte[] piece = new byte[1 << 16];
        for (int read; (read = stream.Read(piece)) > 0;) hash.AppendData(piece, 0, read);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Link(string snapshot, HuggingFaceFile file)
    {
        string link = Path.Combine(snapshot, file.Name), blob = Path.Combine("..", "..", "blobs", file.Tag);
        if (File.Exists(link)) return;   // follows the link: one that leads nowhere is made anew
        Directory.CreateDirectory(snapshot);
        File.Delete(link);
        try
        {
            File.CreateSymbolicLink(link, blob);
        }
        catch (Exception e) when (OperatingSystem.IsWindows() && e is IOException or UnauthorizedAccessException)
        {
            WholeFile.Copy(Path.GetFullPath(Path.Combine(snapshot, blob)), link);   // Windows grants links to developers only
        }
    }

    private string Advice(string model, HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden when _tokenFrom is not null => $"the token in {_tokenFrom} has no access: accept the model's licence at {_server}{model} and check the token",
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => $"set HF_TOKEN to a token of yours or log in with 'hf auth login', and accept the model's licence at {_server}{model} where it has one",
        HttpStatusCode.NotFound => "there is no such model, revision or file; check the id (private models look the same without a token)",
        _ => "try again later",
    };
}
