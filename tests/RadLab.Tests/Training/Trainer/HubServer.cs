using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace RadLab.Tests.Training;

/// <summary>Answers as huggingface.co does: a list of files with hashes, small files at once, large ones by a redirection to a place that must not see the token.</summary>
internal sealed class HubServer : IDisposable
{
    public const string Model = "org/tiny", Commit = "0123456789abcdef0123456789abcdef01234567";

    private readonly HttpListener _listener = new();

    public HubServer()
    {
        for (int port = 21_000 + (Environment.ProcessId % 20_000); ; port++)
        {
            try
            {
                _listener.Prefixes.Clear();
                _listener.Prefixes.Add($"http://127.0.0.1:{port}/");
                _listener.Start();
                Address = $"http://127.0.0.1:{port}";
                break;
            }
            catch (HttpListenerException) when (port < 60_000)
            {
                // in use
            }
        }
        _ = Task.Run(ServeAsync);
    }

    public string Address { get; }

    public SortedDictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>Null: open to everybody.</summary>
    public string? Token { get; set; }

    /// <summary>Bytes of the next large file after which the connection breaks.</summary>
    public int BreakAfter { get; set; }

    /// <summary>What large files are sent as instead.</summary>
    public byte[]? Tampered { get; set; }

    public List<string> Requests { get; } = [];

    public List<string> Leaks { get; } = [];

    public void Dispose() => _listener.Close();

    public static string TagOf(string name, byte[] content)
    {
        if (name.EndsWith(".safetensors", StringComparison.Ordinal)) return Convert.ToHexStringLower(SHA256.HashData(content));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);   // what git names a file by
        hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {content.Length}\0")));
        hash.AppendData(content);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                await AnswerAsync(await _listener.GetContextAsync());
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException)
            {
                // the client went away, or the test is over
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        string path = context.Request.Url!.AbsolutePath.Trim('/');
        string? authorization = context.Request.Headers["Authorization"], range = context.Request.Headers["Range"];
        Requests.Add(range is null ? path : $"{path} {range}");
        var response = context.Response;
        if (path.StartsWith("cdn/", StringComparison.Ordinal))
        {
            if (authorization is not null) Leaks.Add(path);
            string name = path[4..];
            byte[] content = Tampered ?? Files[name];
            string tag = $"\"{TagOf(name, Files[name])}\"";
            int from = range is not null && context.Request.Headers["If-Range"] == tag ? int.Parse(range.Split('=', '-')[1], CultureInfo.InvariantCulture) : 0;
            if (from > 0)
            {
                response.StatusCode = 206;
                response.Headers["Content-Range"] = string.Create(CultureInfo.InvariantCulture, $"bytes {from}-{content.Length - 1}/{content.Length}");
            }
            response.Headers["ETag"] = tag;
            response.ContentLength64 = content.Length - from;
            if (BreakAfter > 0)
            {
                await response.OutputStream.WriteAsync(content.AsMemory(from, BreakAfter));
                await response.OutputStream.FlushAsync();
                await Task.Delay(50);
                BreakAfter = 0;
                response.Abort();
                return;
            }
            await response.OutputStream.WriteAsync(content.AsMemory(from));
        }
        else if (Token is not null && authorization != "Bearer " + Token)
        {
            response.StatusCode = 401;
        }
        else if (path == $"api/models/{Model}/revision/main" || path == $"api/models/{Model}/revision/{Commit}")
        {
            await response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(List().ToJsonString()));
        }
        else if (path.StartsWith($"{Model}/resolve/{Commit}/", StringComparison.Ordinal) && Files.TryGetValue(path[(path.LastIndexOf('/') + 1)..], out byte[]? small))
        {
            string name = path[(path.LastIndexOf('/') + 1)..];
            if (name.EndsWith(".safetensors", StringComparison.Ordinal)) response.Redirect($"{Address}/cdn/{name}");
            else await response.OutputStream.WriteAsync(small);
        }
        else
        {
            response.StatusCode = 404;
        }
        response.Close();
    }

    private JsonObject List() => new()
    {
        ["id"] = Model,
        ["sha"] = Commit,
        ["siblings"] = new JsonArray([.. Files.Select(f =>
        {
            var entry = new JsonObject { ["rfilename"] = f.Key, ["size"] = f.Value.Length, ["blobId"] = new string('0', 40) };
            if (f.Key.EndsWith(".safetensors", StringComparison.Ordinal)) entry["lfs"] = new JsonObject { ["sha256"] = TagOf(f.Key, f.Value), ["size"] = f.Value.Length, ["pointerSize"] = 134 };
            else entry["blobId"] = TagOf(f.Key, f.Value);
            return (JsonNode)entry;
        })]),
    };
}
