using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace RadLab.Tests.Training;

internal sealed record ServerRun(string Id, string ExperimentId, string Name, Dictionary<string, string> Tags)
{
    public Dictionary<string, string> Parameters { get; } = [];

    public List<(string Key, double Value, long Time, long Step)> Metrics { get; } = [];

    public string Status { get; set; } = "RUNNING";

    public long? End { get; set; }
}

/// <summary>
/// An MLflow tracking server on the loopback address, by its published REST reference: every field is known and of its type, lengths and batch sizes are
/// held to, a parameter never changes, artifacts belong to a run and versions to artifacts; anything else is answered 400. Metrics are appended as they
/// come, so that whoever sends one twice is seen.
/// </summary>
internal sealed partial class StrictMlflowServer : IDisposable
{
    private const string Api = "/api/2.0/mlflow/", ArtifactApi = "/api/2.0/mlflow-artifacts/artifacts/";

    private readonly WebApplication _app;
    private readonly Lock _one = new();
    private int _failures, _lost;
    private string? _retryAfter;

    public StrictMlflowServer(string? authorization = null)
    {
        Authorization = authorization;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0").ConfigureKestrel(k => k.Limits.MaxRequestBodySize = null);
        _app = builder.Build();
        _app.Run(AnswerAsync);
        _app.StartAsync().GetAwaiter().GetResult();
        Uri = _app.Urls.Single();
    }

    public string Uri { get; }

    public string? Authorization { get; }

    public ConcurrentQueue<string> Requests { get; } = [];

    public ConcurrentQueue<string> Refusals { get; } = [];

    /// <summary>Answers a path below the API with this text, status 200, instead of what it should.</summary>
    public ConcurrentDictionary<string, string> Strange { get; } = [];

    /// <summary>A path below the API that this server does not know.</summary>
    public string? Without { get; set; }

    /// <summary>Larger bodies are answered 413, as a proxy does that stands before a server.</summary>
    public long LargestBody { get; set; } = long.MaxValue;

    /// <summary>The next requests are answered 503.</summary>
    public void FailNext(int count, string? retryAfter = null)
    {
        _retryAfter = retryAfter;
        Interlocked.Exchange(ref _failures, count);
    }

    /// <summary>The next changes are made, and their answers lost.</summary>
    public void LoseNextAnswers(int count) => Interlocked.Exchange(ref _lost, count);

    public void Dispose()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        _app.StopAsync(limit.Token).GetAwaiter().GetResult();
        _app.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        string path = request.Path.ToUriComponent();
        Requests.Enqueue(request.Method + " " + path);
        using var whole = new MemoryStream();
        await request.Body.CopyToAsync(whole);
        if (Interlocked.Decrement(ref _failures) >= 0)
        {
            if (_retryAfter is not null) context.Response.Headers.RetryAfter = _retryAfter;
            await WriteAsync(context, 503, Error("TEMPORARILY_UNAVAILABLE", "busy").ToJsonString());
            return;
        }
        if (Authorization is not null && request.Headers.Authorization != Authorization)
        {
            await WriteAsync(context, 401, Error("UNAUTHENTICATED", "who are you").ToJsonString());
            return;
        }
        if (whole.Length > LargestBody)
        {
            await WriteAsync(context, 413, "<html>Request Entity Too Large</html>");
            return;
        }
        if (path.StartsWith(Api, StringComparison.Ordinal) && Strange.TryGetValue(path[Api.Length..], out string? strange))
        {
            await WriteAsync(context, 200, strange);
            return;
        }
        try
        {
            string answer;
            lock (_one) answer = Handle(request.Method, path, request.Query.ToDictionary(q => q.Key, q => q.Value.Single() ?? ""), whole.ToArray()).ToJsonString();
            if (request.Method != "GET" && Interlocked.Decrement(ref _lost) is >= 0 and var left)
            {
                // in turn: cut off in the middle, and nothing at all
                if (left % 2 == 0)
                {
                    context.Response.ContentLength = 100;
                    await context.Response.Body.WriteAsync("{"u8.ToArray());
                    await context.Response.Body.FlushAsync();
                }
                context.Abort();
                return;
            }
            await WriteAsync(context, 200, answer);
        }
        catch (Refusal r)
        {
            Refusals.Enqueue($"{path}: {r.Message}");
            await WriteAsync(context, r.Code switch { "RESOURCE_DOES_NOT_EXIST" or "ENDPOINT_NOT_FOUND" => 404, _ => 400 }, Error(r.Code, r.Message).ToJsonString());
        }
    }

    private JsonObject Handle(string method, string path, Dictionary<string, string> query, byte[] body)
    {
        if (method == "PUT" && path.StartsWith(ArtifactApi, StringComparison.Ordinal)) return PutArtifact(System.Uri.UnescapeDataString(path[ArtifactApi.Length..]), body);
        if (!path.StartsWith(Api, StringComparison.Ordinal) || path[Api.Length..] == Without) throw new Refusal("ENDPOINT_NOT_FOUND", path);
        return (method, path[Api.Length..]) switch
        {
            ("GET", "experiments/get-by-name") => ExperimentByName(Query(query, "experiment_name!")["experiment_name"]),
            ("POST", "experiments/create") => CreateExperiment(Fields(body, "name:string!", "artifact_location:string", "tags:array")),
            ("POST", "runs/search") => Search(Fields(body, "experiment_ids:array!", "filter:string", "run_view_type:string", "max_results:int", "order_by:array", "page_token:string")),
            ("POST", "runs/create") => CreateRun(Fields(body, "experiment_id:string!", "user_id:string", "run_name:string", "start_time:int", "tags:array")),
            ("GET", "runs/get") => GetRun(Query(query, "run_id!")["run_id"]),
            ("POST", "runs/log-batch") => LogBatch(Fields(body, "run_id:string!", "metrics:array", "params:array", "tags:array"), body.Length),
            ("POST", "runs/set-tag") => SetTag(Fields(body, "run_id:string!", "key:string!", "value:string!")),
            ("POST", "runs/update") => Update(Fields(body, "run_id:string!", "status:string", "end_time:int", "run_name:string")),
            ("GET", "artifacts/list") => ListArtifacts(Query(query, "run_id!", "path", "page_token")),
            ("POST", "registered-models/create") => CreateModel(Fields(body, "name:string!", "tags:array", "description:string")),
            ("GET", "model-versions/search") => SearchVersions(Query(query, "filter", "max_results", "order_by", "page_token")),
            ("POST", "model-versions/create") => CreateVersion(Fields(body, "name:string!", "source:string!", "run_id:string", "tags:array", "run_link:string", "description:string")),
            ("POST", "model-versions/set-tag") => SetVersionTag(Fields(body, "name:string!", "version:string!", "key:string!", "value:string!")),
            ("POST", "registered-models/alias") => SetAlias(Fields(body, "name:string!", "alias:string!", "version:string!")),
            _ => throw new Refusal("ENDPOINT_NOT_FOUND", $"{method} {path}"),
        };
    }

    private static JsonObject Error(string code, string message) => new() { ["error_code"] = code, ["message"] = message };

    private static async Task WriteAsync(HttpContext context, int status, string body)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes);
    }
}
