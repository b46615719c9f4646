using System.Text.Json.Nodes;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>Where a prediction's input comes from and what its model was trained on: both decide where the output may lie.</summary>
/// <param name="Input">Null: nobody said where the records come from.</param>
/// <param name="TrainedOn">Of adapter and base, where known.</param>
public sealed record PredictionOrigin(DataProvenance? Input, IReadOnlyList<DataProvenance> TrainedOn)
{
    /// <summary>What stands for records of unknown origin wherever a data set is named.</summary>
    public const string Unknown = "unknown";

    /// <summary>Records of unknown origin count as restricted: they may be a hospital's.</summary>
    public bool IsRestricted => Input is null || Input.IsRestricted || TrainedOn.Any(p => p.IsRestricted);

    /// <summary>The data set that restricts the output, for messages; null where nothing does.</summary>
    public string? RestrictedBy => Input is null ? Unknown : Input.IsRestricted ? Input.DataSet : TrainedOn.FirstOrDefault(p => p.IsRestricted)?.DataSet;

    /// <summary>Refuses a place from which restricted answers would be published by an ordinary commit.</summary>
    /// <param name="allowed">The data set that the user allows by name.</param>
    /// <exception cref="DataRefusedException">The path lies in a git work tree.</exception>
    public void CheckPlace(string output, string? allowed)
    {
        if (RestrictedBy is not { } by || by == allowed || GitWorkTree.Containing(output) is not { } tree) return;
        string why = by == Unknown ? "where the records come from is not known, so they count as patients' (name their data set with --data-set)" : $"{by} is restricted";
        throw new DataRefusedException($"--out {output}: lies in the git work tree {tree}, and {why}; choose a place outside, or give --allow-in-git {by}");
    }

    internal JsonObject ToJson() => new()
    {
        ["phi_class"] = Input is null ? Unknown : KebabOf(Input.Phi.Class),
        ["restricted"] = IsRestricted,
        ["input"] = Input?.ToJson(),
        ["trained_on"] = new JsonArray([.. TrainedOn.Select(p => (JsonNode)p.ToJson())]),
    };

    private static string KebabOf(PhiClass phi) => phi switch
    {
        PhiClass.None => "none",
        PhiClass.PublicDeidentified => "public-deidentified",
        PhiClass.CredentialedDeidentified => "credentialed-deidentified",
        _ => "contains-phi",
    };
}
