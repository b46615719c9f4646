using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RadLab.Training;

/// <summary>One request to an MLflow server: JSON there and back, and every failure sorted into passing, refused and lasting. Tries once; who repeats decides the caller.</summary>
internal sealed class MlflowHttp : IDisposable
{
    private const string NotThere = "RESOURCE_DOES_NOT_EXIST";
    private const int MaxAnswerBytes = 16 << 20, UploadBytesPerSecond = 100_000;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly string _server;
    private readonly HttpClient _http;
    private readonly AuthenticationHeaderValue? _authorization;

    public MlflowHttp(string server, MlflowCredentials credentials)
    {
        (_server, _authorization) = (server, credentials.Header);
        // a redirect could carry the token to another host
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(10) }) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Null where the server says that there is no such thing.</summary>
    public JsonObject? Get(string path, CancellationToken cancellation, params ReadOnlySpan<(string Name, string Value)> query)
    {
        var text = new StringBuilder(path);
        for (int i = 0; i < query.Length; i++) text.Append(i == 0 ? '?' : '&').Append(query[i].Name).Append('=').Append(Uri.EscapeDataString(query[i].Value));
        return Send(HttpMethod.Get, Api(text.ToString()), null, s_patience, [NotThere], cancellation);
    }

    public JsonObject Post(string path, JsonObject body, CancellationToken cancellation) => Send(HttpMethod.Post, Api(path), Content(body), s_patience, [], cancellation)!;

    /// <summary>Null where the server has such a thing already.</summary>
    public JsonObject? Create(string path, JsonObject body, CancellationToken cancellation) => Send(HttpMethod.Post, Api(path), Content(body), s_patience, ["RESOURCE_ALREADY_EXISTS"], cancellation);

    public void Put(string path, string file, CancellationToken cancellation)
    {
        using var stream = File.OpenRead(file);
        var content = new StreamContent(stream, 1 << 16);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        content.Headers.ContentLength = stream.Length;
        Send(HttpMethod.Put, _server + path, content, s_patience + TimeSpan.FromSeconds((double)stream.Length / UploadBytesPerSecond), [], cancellation);
    }

    public void Dispose() => _http.Dispose();

    private string Api(string path) => $"{_server}/api/2.0/mlflow/{path}";

    private static ByteArrayContent Content(JsonObject body)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body.ToJsonString()));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    private JsonObject? Send(HttpMethod method, string url, HttpContent? content, TimeSpan patience, ReadOnlySpan<string> expected, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, url) { Content = content };
        request.Headers.Authorization = _authorization;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(patience);
        try
        {
            using var response = _http.Send(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            string body = Read(response, limit.Token);
            if (response.IsSuccessStatusCode && body.Length == 0 && method != HttpMethod.Put) throw new TrackingException(TrackingFault.Passing, $"{_server}: the answer was lost on the way");
            if (response.IsSuccessStatusCode) return Parse(body);
            string code = CodeOf(body, out string? message);
            foreach (string known in expected)
                if (code == known) return null;
            throw Fault(response, method, url, code, message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TrackingException(TrackingFault.Passing, string.Create(CultureInfo.InvariantCulture, $"{_server}: no answer within {patience.TotalSeconds:0} s"));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new TrackingException(TrackingFault.Passing, $"{_server}: cannot be reached ({e.Message.ReplaceLineEndings(" ")})", e);
        }
    }

    private TrackingException Fault(HttpResponseMessage response, HttpMethod method, string url, string code, string? message)
    {
        int status = (int)response.StatusCode;
        string what = string.Create(CultureInfo.InvariantCulture, $"{_server}: {method} {new Uri(url).AbsolutePath} was answered {status} {code}{(message is null ? "" : ": " + message)}");
        if (status is 408 or 425 or 429 or >= 500) return new TrackingException(TrackingFault.Passing, what, retryAfter: RetryAfter(response));
        return response.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new TrackingException(TrackingFault.Lasting, $"{what}; check {MlflowCredentials.TokenVariable}, or {MlflowCredentials.UserVariable} and {MlflowCredentials.PasswordVariable}"),
            HttpStatusCode.NotFound => new TrackingException(TrackingFault.Lasting, $"{what}; the run or the address is not there (any more)") { IsNotFound = true },
            _ when status is >= 300 and < 400 => new TrackingException(TrackingFault.Lasting, $"{what}; redirects are not followed, give the address it leads to"),
            _ => new TrackingException(TrackingFault.Refused, what),
        };
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response) =>
        response.Headers.RetryAfter is not { } after ? null : after.Delta ?? (after.Date is { } date && date > DateTimeOffset.UtcNow ? date - DateTimeOffset.UtcNow : null);

    private string Read(HttpResponseMessage response, CancellationToken cancellation)
    {
        using var stream = response.Content.ReadAsStream(cancellation);
        using var whole = new MemoryStream();
        byte[] buffer = new byte[1 << 14];
        // the token does not reach a synchronous read; closing the stream does
        using var stop = cancellation.Register(stream.Dispose);
        try
        {
            for (int read; (read = stream.Read(buffer)) > 0;)
            {
                if (whole.Length + read > MaxAnswerBytes) throw new TrackingException(TrackingFault.Lasting, $"{_server}: answers with more than {MaxAnswerBytes} bytes; this is no MLflow server");
                whole.Write(buffer, 0, read);
            }
        }
        catch (ObjectDisposedException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw;
        }
        return Encoding.UTF8.GetString(whole.GetBuffer(), 0, (int)whole.Length);
    }

    private JsonObject Parse(string body)
    {
        if (body.Length == 0) return [];
        try
        {
            if (JsonNode.Parse(body, null, new JsonDocumentOptions { MaxDepth = 32, AllowDuplicateProperties = false }) is JsonObject answer) return answer;
        }
        catch (JsonException)
        {
            // said below
        }
        throw new TrackingException(TrackingFault.Lasting, $"{_server}: does not answer with a JSON object that has each key once; this is no MLflow server");
    }

    private static string CodeOf(string body, out string? message)
    {
        message = null;
        try
        {
            if (JsonNode.Parse(body, null, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false }) is not JsonObject answer) return "";
            string text = answer["message"]?.ToString() ?? "";
            message = text.Length == 0 ? null : text.ReplaceLineEndings(" ")[..Math.Min(200, text.ReplaceLineEndings(" ").Length)];
            return answer["error_code"]?.ToString() ?? "";
        }
        catch (JsonException)
        {
            return "";
        }
    }
}
