using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Radiology;

namespace RadLab.Notebooks;

/// <summary>The data that a notebook has opened; its terms decide where outputs may lie. See <see cref="DataUse"/> for what is seen.</summary>
/// <param name="Unknown">Files and sources that nothing vouches for.</param>
public sealed record NotebookData(IReadOnlyList<DataProvenance> Sets, IReadOnlyList<string> Unknown)
{
    /// <summary>What stands for data of unknown origin where a data set is named.</summary>
    public const string UnknownName = "unknown";

    public static NotebookData None { get; } = new([], []);

    /// <summary>Whether all of it is generated and describes nobody.</summary>
    public bool IsSynthetic => Unknown.Count == 0 && Sets.All(s => s.Phi.Class == PhiClass.None);

    /// <summary>The data set for which outputs must stay out of git trees; null where none asks for it. Data of unknown origin counts as patients'.</summary>
    /// <param name="allowed">Ids that the user allows by name.</param>
    public string? RestrictedBy(IReadOnlyCollection<string> allowed) =>
        Sets.FirstOrDefault(s => s.IsRestricted && !allowed.Contains(s.DataSet))?.DataSet ?? (Unknown.Count > 0 && !allowed.Contains(UnknownName) ? UnknownName : null);

    /// <summary>For a message: the sets, and the files without one.</summary>
    public override string ToString() => string.Join(", ", Sets.Select(s => s.ToString()).Concat(Unknown.Select(u => $"{u} (of unknown origin)")));

    internal static NotebookData Of(DataUse use) => new(use.Sets, use.Unknown);

    internal JsonObject ToJson() => new()
    {
        ["sets"] = new JsonArray([.. Sets.Select(s => (JsonNode)s.ToJson())]),
        ["unknown"] = new JsonArray([.. Unknown.Select(u => (JsonNode)u)]),
    };

    internal static NotebookData FromJson(JsonObject json) => new(
        [.. json["sets"]!.AsArray().Select(s => DataProvenance.FromJson(JsonSerializer.SerializeToElement(s), "the notebook's process"))],
        [.. json["unknown"]!.AsArray().Select(u => (string)u!)]);
}
