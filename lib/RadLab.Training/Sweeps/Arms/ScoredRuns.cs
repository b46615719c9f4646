using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Models;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>
/// The scores of a comparison's models on the test split: each is made once, logged before and kept in <c>scores-test.json</c>. All of them must be of the same items and of the same
/// <c>arms.json</c>.
/// </summary>
internal sealed class ScoredRuns(string root, ArmsRecipe recipe, ArmsBinding binding)
{
    public const string FileName = "scores-test.json";

    private const long MaxBytes = 1 << 26;

    private readonly List<string> _unbound = [];
    private (string Hash, string Path)? _items;

    /// <summary>Files of earlier versions, which do not say what <c>arms.json</c> was when they were made.</summary>
    public IReadOnlyList<string> Unbound => _unbound;

    /// <summary>Models that were scored, and looks at the test split that they took together.</summary>
    public (int Models, int Looks) Looks { get; private set; }

    /// <summary>Everything that was looked at so far must have been with the present <c>arms.json</c>.</summary>
    /// <exception cref="RecipeException">It was changed since.</exception>
    public void Check()
    {
        foreach (string folder in Directory.EnumerateFiles(root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
            .Where(f => Path.GetFileName(f) is FileName or AnswerScoring.LogName).Select(f => Path.GetDirectoryName(f)!).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            foreach (var look in AnswerScoring.Logged(folder)) binding.Check(look, Path.GetRelativePath(root, Path.Combine(folder, AnswerScoring.LogName)));
            if (File.Exists(Path.Combine(folder, FileName))) _ = Read(folder);
        }
    }

    /// <summary>The scores of one model, made where they are not there yet.</summary>
    /// <param name="folder">Of its run.</param>
    public ItemScores Of(string folder, Func<ItemScores> score)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            // logged before it is done: who stops it in between has looked all the same
            AnswerScoring.Log(folder, DataSplit.Test, recipe.TestItems, binding);
            WholeFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(ToJson(score())));
        }
        var (scores, bound) = Read(folder);
        string name = Path.GetRelativePath(root, path);
        if (!bound) _unbound.Add(name);
        if (scores.ItemsSha256 is { } hash)
        {
            _items ??= (hash, name);
            if (_items.Value.Hash != hash) throw new RecipeException($"{name}: scores test items with the hash {hash}, but {_items.Value.Path} those with {_items.Value.Hash}: the data has changed in between; restore it, delete the file and it is scored again, which is logged.");
        }
        Looks = (Looks.Models + 1, Looks.Looks + AnswerScoring.Looks(folder, DataSplit.Test));
        return scores;
    }

    private (ItemScores Scores, bool Bound) Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (new FileInfo(path).Length > MaxBytes) throw new RecipeException(FormattableString.Invariant($"{path}: must have at most {MaxBytes} bytes, has {new FileInfo(path).Length}."));
        try
        {
            var json = JsonNode.Parse(File.ReadAllBytes(path), null, new JsonDocumentOptions { MaxDepth = 4 })!.AsObject();
            bool bound = binding.Check(json, Path.GetRelativePath(root, path));
            return (new ItemScores((string)json["metric"]!, [.. json["values"]!.AsArray().Select(v => (double)v!)], (int)json["distinct"]!, (double)json["commonest"]!)
            {
                LeftOut = (int?)json["left_out"] ?? 0, ItemsSha256 = (string?)json["items_sha256"],
                References = json["references"] is JsonObject r ? new AnswerVariety((int)r["distinct"]!, (double)r["commonest"]!) : null,
            }, bound);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or FormatException or ArgumentNullException)
        {
            throw new RecipeException($"{path}: is not what a comparison writes; delete it and the run is scored again, which is logged.", e);
        }
    }

    private JsonObject ToJson(ItemScores scores) => new()
    {
        ["metric"] = scores.Metric, ["distinct"] = scores.Distinct, ["commonest"] = scores.Commonest, ["left_out"] = scores.LeftOut, ["items_sha256"] = scores.ItemsSha256,
        ["references"] = scores.References is { } r ? new JsonObject { ["distinct"] = r.Distinct, ["commonest"] = r.Commonest } : null,
        [ArmsBinding.Key] = binding.ToJson(), ["values"] = new JsonArray([.. scores.Values.Select(v => (JsonNode)v)]),
    };
}
