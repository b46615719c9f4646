using System.Globalization;
using System.Text.Json.Nodes;
using RadLab.Compute;

namespace RadLab.Models;

/// <summary>What <see cref="AdapterMerge"/> writes.</summary>
public enum MergeTarget
{
    /// <summary>The base's weights as the folder has them (decoded where that is in 4 bits), plus the update, in 32 bits.</summary>
    F32,

    /// <summary>The same in 16 bits.</summary>
    BF16,

    /// <summary>The same quantized again: the update passes through 4 bits.</summary>
    Nf4,

    /// <summary>The base as the adapter saw it in training, quantized and decoded again, plus the update, in 32 bits.</summary>
    DequantizedF32,

    /// <summary>The same in 16 bits.</summary>
    DequantizedBF16,
}

/// <summary>Names of <see cref="MergeTarget"/> on the command line.</summary>
public static class MergeTargets
{
    private static readonly string[] s_names = ["f32", "bf16", "nf4", "dequantized-f32", "dequantized-bf16"];

    /// <summary>In the order of <see cref="MergeTarget"/>.</summary>
    public static IReadOnlyList<string> Names => s_names;

    public static MergeTarget Parse(string name) => Array.IndexOf(s_names, name) is >= 0 and int index ? (MergeTarget)index
        : throw new ArgumentException($"MergeTarget: must be one of {string.Join(", ", s_names)}, got '{name}'.", nameof(name));

    public static string NameOf(MergeTarget target) => s_names[(int)target];

    internal static bool IsDequantized(this MergeTarget target) => target is MergeTarget.DequantizedF32 or MergeTarget.DequantizedBF16;

    internal static WeightFormat Format(this MergeTarget target) => target switch
    {
        MergeTarget.Nf4 => WeightFormat.Nf4,
        MergeTarget.BF16 or MergeTarget.DequantizedBF16 => WeightFormat.BF16,
        _ => WeightFormat.F32,
    };
}

/// <summary>How <see cref="AdapterMerge"/> goes about it.</summary>
public sealed record MergeOptions
{
    /// <summary>In nats, the mean over all positions.</summary>
    public const double DefaultMaxDivergence = 1e-3;

    public MergeTarget Target { get; init; } = MergeTarget.BF16;

    /// <summary>Token ids of the texts on which the merged model is compared with the live adapter.</summary>
    public required IReadOnlyList<IReadOnlyList<int>> Prompts { get; init; }

    /// <summary>A merged model whose mean divergence is above is not written.</summary>
    public double MaxDivergence { get; init; } = DefaultMaxDivergence;

    /// <summary>Write it all the same.</summary>
    public bool AboveLimit { get; init; }

    /// <summary>Merge into another base than the adapter's.</summary>
    public bool AnotherBase { get; init; }

    public bool Overwrite { get; init; }

    /// <summary>Tensor bytes of a file.</summary>
    public long MaxShardBytes { get; init; } = ShardWriter.DefaultShardBytes;
}

/// <summary>The merged model beside the live adapter, position by position.</summary>
/// <param name="Positions">Of all prompts.</param>
/// <param name="MeanDivergence">KL(live ‖ merged), in nats.</param>
/// <param name="MaxDivergence">Of one position.</param>
/// <param name="MeanError">Mean of |merged - live| over all logits.</param>
/// <param name="MaxError">Largest |merged - live|.</param>
/// <param name="ChangedTokens">Positions at which greedy decoding would choose another token.</param>
public sealed record MergeFidelity(int Prompts, long Positions, double MeanDivergence, double MaxDivergence, double MeanError, double MaxError, long ChangedTokens);

/// <summary>What a merge did, or why it did not: <c>merge-report.json</c>.</summary>
/// <param name="Written">False where the limit was passed: nothing was left behind.</param>
/// <param name="Live">Format of the base under the live adapter: f32, bf16, nf4, fp4, int8.</param>
/// <param name="Notes">What the user should know, a line each.</param>
public sealed record MergeReport(bool Written, MergeTarget Target, string Live, double Limit, MergeFidelity Fidelity, IReadOnlyList<MergedLayer> Layers, BaseIdentity Base, IReadOnlyList<string> Notes)
{
    public const string FileName = "merge-report.json";

    /// <summary>Of all updates together; see <see cref="MergedLayer.Survived"/>.</summary>
    public double Survived
    {
        get
        {
            double all = Layers.Sum(l => l.UpdateNorm * l.UpdateNorm);
            return all == 0 ? 1 : Layers.Sum(l => l.Survived * l.UpdateNorm * l.UpdateNorm) / all;
        }
    }

    public JsonObject ToJson()
    {
        var layers = new JsonArray();
        foreach (var l in Layers) layers.Add(new JsonObject { ["module"] = l.Module, ["rank"] = l.Rank, ["update_norm"] = l.UpdateNorm, ["error"] = l.ErrorNorm, ["survived"] = l.Survived });
        return new JsonObject
        {
            ["written"] = Written,
            ["to"] = MergeTargets.NameOf(Target),
            ["live"] = Live,
            ["limit_mean_kl"] = Limit,
            ["prompts"] = Fidelity.Prompts,
            ["positions"] = Fidelity.Positions,
            ["mean_kl"] = Fidelity.MeanDivergence,
            ["max_kl"] = Fidelity.MaxDivergence,
            ["mean_logit_error"] = Fidelity.MeanError,
            ["max_logit_error"] = Fidelity.MaxError,
            ["changed_greedy_tokens"] = Fidelity.ChangedTokens,
            ["survived"] = Survived,
            ["base"] = new JsonObject { ["tokenizer_sha256"] = Base.TokenizerSha256, ["vocabulary_sha256"] = Base.VocabularySha256, ["weights_sha256"] = Base.WeightsSha256 },
            ["notes"] = new JsonArray([.. Notes.Select(n => (JsonNode)n)]),
            ["layers"] = layers,
        };
    }

    /// <summary>The figures in one line.</summary>
    public string Summary() => string.Create(CultureInfo.InvariantCulture,
        $"mean KL {Fidelity.MeanDivergence:G3}, max KL {Fidelity.MaxDivergence:G3}, logit error mean {Fidelity.MeanError:G3} max {Fidelity.MaxError:G3}, {Fidelity.ChangedTokens} of {Fidelity.Positions} greedy tokens changed, {Survived:P1} of the update kept");
}
