using System.Text.Json.Nodes;
using RadLab.Training;

namespace RadLab.Cli;

/// <summary><c>radlab data get hf:ORG/NAME[@REVISION]</c>: a model into Hugging Face's cache.</summary>
internal static class DataGetModel
{
    public const string Prefix = "hf:";

    public static async Task<int> RunAsync(string id, bool json, CancellationToken cancellation)
    {
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.UserAgent.ParseAdd("radlab/0.1");
        string folder;
        using (var progress = new DataProgress(json)) folder = await new HuggingFaceDownload(http).GetAsync(id, progress.Bytes, cancellation);
        Console.WriteLine(json ? new JsonObject { ["model"] = id, ["folder"] = folder }.ToJsonString(DoctorVerb.Json) : $"{id}: {folder}\n  use it with --model {id}; its own licence applies");
        return ExitCodes.Done;
    }
}
