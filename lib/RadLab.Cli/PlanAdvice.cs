using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using RadLab.Compute;
using RadLab.Training;

namespace RadLab.Cli;

/// <summary>What a recipe could do with less memory, each change tried on the plan itself: what would gain nothing is not advised.</summary>
internal sealed class PlanAdvice
{
    private readonly List<(string[] Set, long Total)> _changes = [];
    private readonly MemoryPlan _plan;
    private readonly long _available;
    private long _together;

    private PlanAdvice(MemoryPlan plan, long available) => (_plan, _available, _together) = (plan, available, plan.Total);

    /// <param name="available">Bytes that the machine has free.</param>
    /// <param name="totalOf">A recipe's total in bytes.</param>
    public static PlanAdvice Of(Recipe recipe, MemoryPlan plan, long available, Func<Recipe, long> totalOf)
    {
        var advice = new PlanAdvice(plan, available);
        var together = recipe;
        foreach (string[] set in Candidates(recipe, plan))
        {
            long total = totalOf(set.Aggregate(recipe, RecipeJson.Set));
            if (total >= plan.Total) continue;
            advice._changes.Add((set, total));
            together = set.Aggregate(together, RecipeJson.Set);
        }
        if (advice._changes.Count > 0) advice._together = advice._changes.Count == 1 ? advice._changes[0].Total : totalOf(together);
        return advice;
    }

    /// <summary>Assignments for <c>--set</c>; those of one entry belong together.</summary>
    public IReadOnlyList<string[]> Changes => [.. _changes.Select(c => c.Set)];

    /// <summary>A line for each change, and one for all; what is left where these are not enough.</summary>
    public override string ToString()
    {
        if (_changes.Count == 0) return Rest("  micro batch, checkpointing and formats take the least already: ");
        var text = new StringBuilder();
        foreach (var (set, total) in _changes) text.Append(CultureInfo.InvariantCulture, $"  {total / 1e9,9:0.000} GB with {string.Join(' ', set.Select(s => "--set " + s))}\n");
        if (_changes.Count > 1) text.Append(CultureInfo.InvariantCulture, $"  {_together / 1e9,9:0.000} GB with all of these\n");
        if (!IsEnough) text.Append(Rest("  which is still too little; beyond that: "));
        return text.ToString().TrimEnd('\n');
    }

    public JsonObject ToJson() => new()
    {
        ["changes"] = new JsonArray([.. _changes.Select(c => (JsonNode)new JsonObject { ["set"] = new JsonArray([.. c.Set.Select(s => (JsonNode)s)]), ["total_bytes"] = c.Total })]),
        ["together_bytes"] = _together,
        ["rest"] = IsEnough ? null : Rest(""),
    };

    private bool IsEnough => _together <= _available;

    private string Rest(string before) => string.Create(CultureInfo.InvariantCulture,
        $"{before}a smaller model (weights and scales take {(_plan.Weights + _plan.Scales) / 1e9:0.0} GB now), a shorter batch.sequence_length, or a machine with more memory");

    private static IEnumerable<string[]> Candidates(Recipe recipe, MemoryPlan plan)
    {
        var batch = recipe.Batch;
        // as many texts a step as before
        if (batch.MicroBatch > 1) yield return ["batch.micro_batch=1", string.Create(CultureInfo.InvariantCulture, $"batch.accumulate={(long)batch.Accumulate * batch.MicroBatch}")];
        if (!plan.GradientCheckpointing) yield return ["gradient_checkpointing=On"];
        if (recipe.Mode == TrainingMode.Full) yield return ["mode=Adapter", "storage.linears=Nf4"];
        else if (recipe.Storage.Linears is not (WeightFormat.Nf4 or WeightFormat.Fp4)) yield return ["storage.linears=Nf4"];
        else if (!recipe.Storage.DoubleQuantization) yield return ["storage.double_quantization=true"];
        if (recipe.Optimizer.StateBudgetBytes is null && plan.Optimizer > 1L << 30) yield return ["optimizer.state_budget_bytes=1073741824"];
    }
}
