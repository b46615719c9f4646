using System.Net;
using System.Security.Cryptography;
using System.Text;
using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class DataFetchTests : IDisposable
{
    private readonly ScratchFolder _folder = new();
    private readonly FileServer _server = new();
    private readonly HttpClient _http = new();

    private static readonly byte[] s_content = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 31 >> 3))];

    public void Dispose()
    {
        _http.Dispose();
        _server.Dispose();
        _folder.Dispose();
    }

    private DataFolders Folders(string? mirror = null) => new(mirror, _folder.File("store"));

    private DataFetch Fetch(string? mirror = null) => new(Folders(mirror), _http) { Download = new DataDownload(_http) { Pause = TimeSpan.FromMilliseconds(1), Idle = TimeSpan.FromSeconds(20) } };

    private static string Sha(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private DataFile File(params NamedDigest[] digests) => new() { Path = "set/data.bin", Role = "reports", Format = "csv", Url = _server.Url, Digests = digests };

    private static NamedDigest Full(byte[] content) => new("full", Sha(content), null, content.Length, null);

    private static readonly NamedDigest s_open = new("full", null, null, null, null);

    private static DataManifest Manifest => ManifestCatalog.Find("openi-chest-xray");

    private Task<FetchedFile> Get(DataFile file, string? mirror = null, Action<long, long?>? progress = null, bool trust = false) => Fetch(mirror).GetAsync(Manifest, file, trust, progress, default);

    private string Stored => _folder.File("store/set/data.bin");

    [Fact]
    public async Task A_file_is_downloaded_checked_and_kept_with_progress()
    {
        _server.Content = s_content;
        var seen = new List<(long, long?)>();
        var got = await Get(File(Full(s_content), new NamedDigest("other", Sha([1]), null, null, null)), progress: (d, t) => seen.Add((d, t)));
        Assert.Equal(("downloaded", "full", s_content.Length), (got.State, got.Digest, (int)got.Bytes!));
        Assert.Equal(s_content, System.IO.File.ReadAllBytes(Stored));
        Assert.Equal((s_content.Length, (long?)s_content.Length), seen[^1]);
        Assert.Equal(["data.bin"], Directory.GetFiles(_folder.File("store/set")).Select(Path.GetFileName));

        // the second time nothing is asked of the server
        Assert.Equal("present", (await Get(File(Full(s_content)))).State);
        Assert.Single(_server.Ranges);
    }

    [Fact]
    public async Task A_broken_download_goes_on_where_it_stopped()
    {
        _server.Content = s_content;
        _server.BreakAfter = 100_000;
        var got = await Get(File(Full(s_content)));
        Assert.True(got.IsGood);
        Assert.Equal(s_content, System.IO.File.ReadAllBytes(Stored));
        Assert.Equal(2, _server.Ranges.Count);
        Assert.Null(_server.Ranges[0]);
        Assert.InRange(_server.Ranges[1]!.Value, 1, 100_000);
        Assert.Equal(_server.Tag, _server.IfRange);
    }

    [Fact]
    public async Task A_file_that_changed_meanwhile_is_not_glued_to_its_old_beginning()
    {
        byte[] other = [.. s_content.Reverse()];
        _server.Content = s_content;
        _server.BreakAfter = 100_000;
        _server.AfterBreak = () => (_server.Content, _server.Tag) = (other, "\"two\"");
        Assert.True((await Get(File(Full(other)))).IsGood);
        Assert.Equal(other, System.IO.File.ReadAllBytes(Stored));
    }

    [Fact]
    public async Task A_wrong_digest_is_refused_and_the_old_file_kept()
    {
        _folder.Write("store/set/data.bin", "old");
        _server.Content = s_content;
        var e = await Assert.ThrowsAsync<DataFormatException>(() => Get(File(Full([1, 2, 3]))));
        Assert.Equal($"set/data.bin: has 300000 bytes with sha256 {Sha(s_content)[..12]}…, but known are full {Sha([1, 2, 3])[..12]}…; refused, the old file is kept: the source changed or the download was tampered with", e.Message);
        Assert.Equal("old", System.IO.File.ReadAllText(Stored));
        Assert.Equal(["data.bin"], Directory.GetFiles(_folder.File("store/set")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Without_a_published_digest_the_first_download_is_recorded_and_binding()
    {
        _server.Content = s_content;
        var file = File(new NamedDigest("dev-subset", Sha([9]), null, null, null), s_open);
        Assert.Equal(("recorded", "recorded"), ((await Get(file)).State, (await Get(file)).Digest));
        Assert.Contains(Sha(s_content), System.IO.File.ReadAllText(_folder.File("store/radlab-data.lock.json")), StringComparison.Ordinal);

        System.IO.File.Delete(Stored);
        _server.Content = [.. s_content, 1];
        var e = await Assert.ThrowsAsync<DataFormatException>(() => Get(file));
        Assert.Contains($"recorded {Sha(s_content)[..12]}…; refused", e.Message, StringComparison.Ordinal);
        Assert.False(System.IO.File.Exists(Stored));
    }

    [Fact]
    public async Task An_md5_is_enough_once_and_then_the_recorded_sha256_decides()
    {
        _server.Content = s_content;
        string md5 = "00000000000000000000000000000000";
        using (var hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5))
        {
            hash.AppendData(s_content);
            md5 = Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        var got = await Get(File(new NamedDigest("full", null, md5, null, null)));
        Assert.Equal(("downloaded", "full"), (got.State, got.Digest));
        Assert.Equal(Sha(s_content), DigestLock.Open(_folder.File("store/radlab-data.lock.json")).Find("set/data.bin")!.Sha256);
    }

    [Fact]
    public async Task A_mirror_serves_without_a_request_and_its_wrong_file_is_refused()
    {
        string mirror = _folder.File("mirror");
        _folder.Write("mirror/set/data.bin", s_content);
        var got = await Get(File(Full(s_content)), mirror);
        Assert.Equal(("mirror", "full"), (got.State, got.Digest));
        Assert.Empty(_server.Ranges);
        Assert.False(Directory.Exists(_folder.File("store")));

        _folder.Write("mirror/set/data.bin", "tampered");
        var e = await Assert.ThrowsAsync<DataFormatException>(() => Get(File(Full(s_content)), mirror, trust: true));
        Assert.EndsWith("replace it, or unset RADLAB_DATA to download", e.Message, StringComparison.Ordinal);
        e = await Assert.ThrowsAsync<DataFormatException>(() => Get(File(Full(s_content), s_open), mirror));
        Assert.EndsWith("replace it, or give --trust to record its digest if you know where it comes from", e.Message, StringComparison.Ordinal);
        Assert.Empty(_server.Ranges);
    }

    [Fact]
    public async Task A_copy_that_somebody_vouches_for_is_recorded_and_binding()
    {
        _folder.Write("mirror/set/data.bin", "by hand");
        string mirror = _folder.File("mirror");
        var file = File(s_open) with { Url = null };
        Assert.Equal("recorded", (await Get(file, mirror, trust: true)).State);
        Assert.Equal(("mirror", "recorded"), ((await Get(file, mirror)).State, Fetch(mirror).Verify(file).Digest));
        _folder.Write("mirror/set/data.bin", "changed");
        await Assert.ThrowsAsync<DataFormatException>(() => Get(file, mirror, trust: true));
    }

    [Fact]
    public void Verifying_asks_no_server()
    {
        Assert.Equal("missing", Fetch().Verify(File(Full(s_content))).State);
        _folder.Write("store/set/data.bin", "wrong");
        Assert.Equal("wrong", Fetch().Verify(File(Full(s_content))).State);
        Assert.Empty(_server.Ranges);
    }

    [Fact]
    public async Task Refusals_of_the_server_are_told_with_the_address()
    {
        _server.Status = HttpStatusCode.NotFound;
        Assert.Equal($"{_server.Url}: the server answered 404 Not Found; see the data set's home page for its present address (radlab data show)",
            (await Assert.ThrowsAsync<DataFormatException>(() => Get(File(Full(s_content))))).Message);
        Assert.Single(_server.Ranges);

        _server.Status = HttpStatusCode.Unauthorized;
        Assert.StartsWith($"{_server.Url}: the server answered 401 Unauthorized; ", (await Assert.ThrowsAsync<DataFormatException>(() => Get(File(Full(s_content))))).Message, StringComparison.Ordinal);
        _server.Ranges.RemoveAt(1);

        _server.Status = HttpStatusCode.ServiceUnavailable;
        var e = await Assert.ThrowsAsync<IOException>(() => Get(File(Full(s_content))));
        Assert.Contains("broke off 4 times", e.Message, StringComparison.Ordinal);
        Assert.Equal(5, _server.Ranges.Count);
    }

    [Fact]
    public async Task A_redirection_is_followed_and_a_broken_download_behind_it_goes_on()
    {
        _server.Content = s_content;
        _server.RedirectFrom = "/old";
        _server.BreakAfter = 100_000;
        var got = await Get(File(Full(s_content)) with { Url = new Uri(new Uri(_server.Url), "/old").AbsoluteUri });
        Assert.True(got.IsGood);
        Assert.Equal(s_content, System.IO.File.ReadAllBytes(Stored));
        Assert.Equal(4, _server.Ranges.Count);   // twice the old address, twice the new one
    }

    [Fact]
    public void A_folder_has_the_digest_of_its_list_of_files()
    {
        _folder.Write("mirror/set/b.txt", "two");
        _folder.Write("mirror/set/a/c.txt", "one");
        string list = string.Join('\n', new[] { $"{Sha(Encoding.UTF8.GetBytes("one"))}  set/a/c.txt", $"{Sha(Encoding.UTF8.GetBytes("two"))}  set/b.txt" }.Order(StringComparer.Ordinal));
        var file = new DataFile { Path = "set", Role = "images", Format = "jpeg", Folder = true, Digests = [new NamedDigest("full", Sha(Encoding.UTF8.GetBytes(list)), null, 6, 2)] };
        Assert.Equal("full", Fetch(_folder.File("mirror")).Verify(file).Digest);
        _folder.Write("mirror/set/b.txt", "three");
        Assert.Equal("wrong", Fetch(_folder.File("mirror")).Verify(file).State);
    }

    [SkippableFact]
    public void The_manifests_know_the_real_files()
    {
        string root = Path.GetDirectoryName(SharedData.Require("MANIFEST.csv"))!;
        var fetch = new DataFetch(new DataFolders(root, _folder.File("store")), _http);
        foreach (var file in ManifestCatalog.Shipped.SelectMany(m => m.Files))
        {
            var found = fetch.Verify(file);
            if (found.State == "missing") continue;
            Assert.Equal((file.Path, "mirror", "dev-subset"), (file.Path, found.State, found.Digest));
            Assert.Equal(file.Digests.First(d => d.Name == "dev-subset").Bytes, found.Bytes);
        }
    }

    /// <summary>Serves one file on the loopback interface, with ranges, and breaks off where told to.</summary>
    private sealed class FileServer : IDisposable
    {
        private readonly HttpListener _listener = new();

        public FileServer()
        {
            for (int port = 20_000 + (Environment.ProcessId % 20_000); ; port++)
            {
                try
                {
                    _listener.Prefixes.Clear();
                    _listener.Prefixes.Add($"http://127.0.0.1:{port}/");
                    _listener.Start();
                    Url = $"http://127.0.0.1:{port}/data.bin";
                    break;
                }
                catch (HttpListenerException) when (port < 60_000)
                {
                    // taken: the next one
                }
            }
            _ = Task.Run(ServeAsync);
        }

        public string Url { get; }

        public byte[] Content { get; set; } = [];

        public string Tag { get; set; } = "\"one\"";

        public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

        public int BreakAfter { get; set; }

        /// <summary>A path that leads to the file by a redirection.</summary>
        public string? RedirectFrom { get; set; }

        public Action? AfterBreak { get; set; }

        /// <summary>First byte asked for by each request; null for the whole file.</summary>
        public List<long?> Ranges { get; } = [];

        public string? IfRange { get; private set; }

        public void Dispose() => _listener.Close();

        private async Task ServeAsync()
        {
            while (_listener.IsListening)
            {
                HttpListenerContext context;
                try
                {
                    context = await _listener.GetContextAsync();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }
                try
                {
                    await AnswerAsync(context);
                }
                catch (Exception e) when (e is HttpListenerException or IOException or ObjectDisposedException)
                {
                    // the client went away
                }
            }
        }

        private async Task AnswerAsync(HttpListenerContext context)
        {
            string? range = context.Request.Headers["Range"];
            IfRange = context.Request.Headers["If-Range"];
            Ranges.Add(range is null ? null : long.Parse(range.Split('=', '-')[1], System.Globalization.CultureInfo.InvariantCulture));
            var response = context.Response;
            response.StatusCode = (int)Status;
            if (context.Request.Url!.AbsolutePath == RedirectFrom)
            {
                response.Redirect(Url);
                response.Close();
                return;
            }
            if (Status != HttpStatusCode.OK)
            {
                response.Close();
                return;
            }
            int from = range is not null && IfRange == Tag ? (int)Ranges[^1]!.Value : 0;
            if (from > 0)
            {
                response.StatusCode = (int)HttpStatusCode.PartialContent;
                response.Headers["Content-Range"] = $"bytes {from}-{Content.Length - 1}/{Content.Length}";
            }
            response.Headers["ETag"] = Tag;
            response.ContentLength64 = Content.Length - from;
            if (BreakAfter > 0)
            {
                await response.OutputStream.WriteAsync(Content.AsMemory(from, BreakAfter));
                await response.OutputStream.FlushAsync();
                await Task.Delay(50);
                BreakAfter = 0;
                AfterBreak?.Invoke();
                response.Abort();
                return;
            }
            await response.OutputStream.WriteAsync(Content.AsMemory(from));
            response.Close();
        }
    }
}
