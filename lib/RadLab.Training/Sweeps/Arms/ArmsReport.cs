using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using RadLab.Models;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>A comparison's result for people and for programs.</summary>
public static class ArmsReport
{
    private const string Constant = "constant", References = "references";
    private const string Note = "RadLab-tiny and its family are for teaching and tests: these scores say how the arms compare on them, not what a model for reports can do.";

    internal static void Write(string folder, ArmsResult result)
    {
        Put(SweepReport.TextName, ToText(result));
        Put(SweepReport.JsonName, ToJson(result).ToJsonString(SweepJson.Indented) + "\n");
        Put(SweepReport.ChartName, ChartOf(result).ToSvg() + "\n");

        void Put(string name, string text) => WholeFile.Write(Path.Combine(folder, name), Encoding.UTF8.GetBytes(text));
    }

    public static string ToText(ArmsResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        var text = new StringBuilder(Header(result));
        text.Append(Qualities(result));
        foreach (string remark in Remarks(result)) text.Append('\n').Append(remark).Append('\n');
        text.Append("\nwhat a run of each arm took (mean over its runs, training alone; processor time: of all cores, whatever else ran; peak: the engine's, the highest of the runs)\n\n").Append(Costs(result)).Append('\n');
        foreach (var size in result.Sizes)
            text.Append(CultureInfo.InvariantCulture, $"{size.Size.Name} ({size.Size.Parameters} parameters): {(size.Tokens > 0 ? $"pretrained here on {size.Tokens} tokens, held-out loss {SweepReport.Number(size.PretrainingLoss, "0.000")}" : $"weights of {RadLabTiny.Name}")}\n");
        text.Append('\n');
        foreach (var e in result.Equivalence) text.Append(CultureInfo.InvariantCulture, $"{e.Size}: {Sentence(e, stated: result.Unbound.Count == 0)}\n");
        text.Append(CultureInfo.InvariantCulture, $"\n{result.Claim.Text}\n\n{Note}\n");
        return text.ToString();
    }

    public static JsonObject ToJson(ArmsResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        var rows = new JsonArray();
        foreach (var size in result.Sizes)
            foreach (var q in result.Qualities.Where(q => q.Size == size.Size.Name))
            {
                var arm = size.Arms.FirstOrDefault(a => a.Arm == q.Arm);
                rows.Add(new JsonObject
                {
                    ["size"] = q.Size, ["parameters"] = size.Size.Parameters, ["arm"] = q.Arm, ["quality"] = Of(q.Quality), ["gain"] = q.OverBase is { } gain ? Of(gain) : null, ["over_constant"] = Of(q.OverConstant),
                    ["by_seed"] = new JsonArray([.. (arm?.Scores ?? [size.Base]).Select(s => (JsonNode)s.Values.Average())]), ["seeds"] = arm is null ? null : new JsonArray([.. SeedsOf(arm).Select(s => (JsonNode)s)]),
                    ["failed"] = arm is null ? null : new JsonArray([.. arm.Failed.Select(f => (JsonNode)new JsonObject { ["seed"] = f.Key, ["problem"] = f.Value })]),
                    ["distinct"] = arm?.Scores.Average(s => s.Distinct) ?? size.Base.Distinct, ["commonest"] = arm?.Scores.Average(s => s.Commonest) ?? size.Base.Commonest,
                    ["tokens"] = arm?.Tokens, ["seconds"] = arm?.Seconds, ["processor_seconds"] = arm?.ProcessorSeconds, ["peak_bytes"] = arm?.PeakBytes, ["trainable_parameters"] = arm?.Runs[0].Parameters,
                    ["chosen"] = arm?.Chosen, ["tried"] = arm?.Tried, ["at_edge"] = arm?.AtEdge,
                });
            }
        var equivalence = new JsonObject();
        foreach (var e in result.Equivalence)
            equivalence[e.Size] = new JsonObject
            {
                ["margin"] = e.Test.Margin, ["alpha"] = e.Test.Alpha, ["difference"] = Of(e.Test.Difference), ["confidence"] = 1 - 2 * e.Test.Alpha, ["p_below"] = e.Test.PBelow, ["p_above"] = e.Test.PAbove,
                ["equivalent"] = e.Obstacle is null ? e.Holds : null, ["not_assessable"] = e.Obstacle, ["smallest_margin"] = e.SmallestMargin, ["full_over_base"] = Of(e.OverBase), ["full_over_constant"] = Of(e.OverConstant), ["at_edge"] = e.AtEdge,
            };
        return new JsonObject
        {
            ["name"] = result.Recipe.Name, ["data"] = result.Recipe.Recipe.Data, ["metric"] = result.Constant.Metric, ["answers"] = AnswerScoring.AnswersOf(result.Recipe.Recipe), ["items"] = result.Constant.Values.Count, ["left_out"] = result.Constant.LeftOut,
            ["seeds"] = new JsonArray([.. Seeds(result).Select(s => (JsonNode)s)]), ["margin_stated_beforehand"] = result.Unbound.Count == 0,
            ["test_split"] = new JsonObject { ["models"] = result.Looks.Models, ["looks"] = result.Looks.Looks },
            ["constant"] = new JsonObject { ["quality"] = result.Constant.Values.Average(), ["commonest"] = result.Constant.Commonest },
            ["references"] = result.Constant.References is { } r ? new JsonObject { ["distinct"] = r.Distinct, ["commonest"] = r.Commonest } : null,
            ["rows"] = rows, ["qlora_against_full"] = equivalence, ["gain_of_size"] = new JsonArray([.. result.Claim.Contrasts.Select(c => (JsonNode)new JsonObject
            {
                ["arm"] = c.Arm, ["smaller"] = c.Smaller, ["larger"] = c.Larger, ["difference"] = Of(c.Difference), ["less_full"] = c.LessFull is { } less ? Of(less) : null,
            })]),
            ["claim"] = result.Claim.Text, ["note"] = Note,
            ["pretraining"] = new JsonArray([.. result.Sizes.Select(s => (JsonNode)new JsonObject { ["size"] = s.Size.Name, ["tokens"] = s.Tokens, ["held_out_loss"] = s.PretrainingLoss })]),
        };

        static JsonArray Of(Interval i) => [i.Mean, i.Low, i.High];
    }

    private static string Header(ArmsResult result)
    {
        ulong[] seeds = Seeds(result);
        string intervals = result.LeastSeeds > 1 ? "intervals: 95 %, over items by bootstrap and over seeds by Student's t" : "intervals: 95 %, bootstrap over items alone: of one seed, they say nothing about others";
        return string.Create(CultureInfo.InvariantCulture, $"{result.Recipe.Name} on {result.Recipe.Recipe.Data}: {result.Constant.Metric} of {AnswerScoring.AnswersOf(result.Recipe.Recipe)} to {result.Constant.Values.Count} test items, {(seeds.Length == 1 ? "seed" : "seeds")} {string.Join(", ", seeds)}; {intervals}\n\n");
    }

    private static string Qualities(ArmsResult result)
    {
        var table = new TextTable("size", "arm", result.Constant.Metric + " [95 %]", "gain over base [95 %]", "over constant [95 %]", "distinct", "commonest", "chosen on validation");
        if (result.Constant.References is { } references) table.Add("-", References, "-", "-", "-", SweepReport.Whole(references.Distinct), SweepReport.Number(references.Commonest, "0.000"), "-");
        table.Add("-", Constant, SweepReport.Number(result.Constant.Values.Average(), "0.000"), "-", "-", SweepReport.Whole(result.Constant.Distinct), SweepReport.Number(result.Constant.Commonest, "0.000"), "-");
        foreach (var size in result.Sizes)
            foreach (var q in result.Qualities.Where(q => q.Size == size.Size.Name))
            {
                var arm = size.Arms.FirstOrDefault(a => a.Arm == q.Arm);
                table.Add(q.Size, q.Arm, q.Quality.ToString(), q.OverBase?.ToString() ?? "-", q.OverConstant.ToString(), SweepReport.Number(arm?.Scores.Average(s => s.Distinct) ?? size.Base.Distinct, "0"),
                    SweepReport.Number(arm?.Scores.Average(s => s.Commonest) ?? size.Base.Commonest, "0.000"), arm is null ? "-" : $"{arm.Chosen} (of {SweepReport.Whole(arm.Tried)}{(arm.AtEdge is null ? "" : $"; {arm.AtEdge}: the optimum may lie beyond")})");
            }
        return table.ToString();
    }

    private static string Costs(ArmsResult result)
    {
        var table = new TextTable("size", "arm", "parameters", "trained", "tokens", "time", "processor time", "peak MB");
        foreach (var size in result.Sizes)
            foreach (var arm in size.Arms)
                table.Add(size.Size.Name, arm.Arm, SweepReport.Whole(size.Size.Parameters), SweepReport.Whole(arm.Runs[0].Parameters), SweepReport.Number(arm.Tokens, "0"), SweepReport.Time(arm.Seconds), SweepReport.Time(arm.ProcessorSeconds), SweepReport.Number(arm.PeakBytes / 1e6, "0.0"));
        return table.ToString();
    }

    // what must be known to read the table
    private static IEnumerable<string> Remarks(ArmsResult result)
    {
        yield return "constant: the commonest answer of the training data to everything; references: what variety there is to find.";
        foreach (var size in result.Sizes)
            foreach (var arm in size.Arms)
            {
                if (arm.AtEdge is { } edge) yield return $"{size.Size.Name} {arm.Arm}: {edge}: the optimum may lie beyond, and the arm may be better than it looks here.";
                if (arm.Failed.Count > 0) yield return string.Create(CultureInfo.InvariantCulture, $"{size.Size.Name} {arm.Arm}: {arm.Scores.Count} of {arm.Scores.Count + arm.Failed.Count} seeds; {string.Join("; ", arm.Failed.Select(f => string.Create(CultureInfo.InvariantCulture, $"seed {f.Key} failed: {f.Value.TrimEnd('.')}")))}. The arm is judged by the runs that came to their end, which flatters it.");
            }
        if (result.Recipe.ChoiceSeed is null) yield return "Settings were chosen with a seed that is scored as well (a comparison of an earlier version): the best of several runs is partly lucky, which flatters its arm.";
        if (result.Constant.LeftOut > 0) yield return string.Create(CultureInfo.InvariantCulture, $"{result.Constant.LeftOut} test items are too long to be answered and left out.");
        var (models, looks) = result.Looks;
        yield return looks == models ? string.Create(CultureInfo.InvariantCulture, $"The test split was looked at {looks} times: once for each of {models} systems.")
            : string.Create(CultureInfo.InvariantCulture, $"The test split was looked at {looks} times for {models} systems: what was chosen in between by these scores makes them no test any more.");
        if (result.Equivalence.All(e => e.Seeds > 1 && e.OverBase.Low <= 0))
            yield return "Full fine-tuning is at no size shown to be better than its base, so that there is little to compare: the bases may know such texts from pretraining already, or the steps are too few. Try other data in a new comparison; --pretrained with this one's folder spares it the pretraining.";
        if (result.Unbound.Count > 0) yield return $"{string.Join(", ", result.Unbound)}: scored by an earlier version, which did not write down what {ArmsRecipe.FileName} was: that its margin was stated before cannot be told.";
    }

    private static ulong[] SeedsOf(ArmResult arm) => [.. arm.Runs.Select(r => r.Trial.Recipe.Seed)];

    private static ulong[] Seeds(ArmsResult result) => [.. result.Sizes.SelectMany(s => s.Arms).SelectMany(SeedsOf).Distinct().Order()];

    private static string Sentence(SizeEquivalence e, bool stated)
    {
        var test = e.Test;
        string difference = string.Create(CultureInfo.InvariantCulture, $"QLoRA less full fine-tuning {test.Difference.Mean:0.000} [{test.Difference.Low:0.000}, {test.Difference.High:0.000}] ({100 * (1 - 2 * test.Alpha):0.#} %)");
        if (e.Obstacle is { } obstacle) return $"{difference}; equivalence not assessable: {obstacle}";
        string edge = e.AtEdge is null ? "" : $"; {e.AtEdge}: with better settings this may change";
        return string.Create(CultureInfo.InvariantCulture,
            $"{difference}; margin {test.Margin} {(stated ? "stated beforehand" : $"of {ArmsRecipe.FileName}")}: {Judgement(e)} (two one-sided tests, p = {Math.Max(test.PBelow, test.PAbove):0.0000}; these data could show it for no margin below {e.SmallestMargin:0.000}){edge}");
    }

    // the interval is that of both one-sided tests: what it leaves out is rejected
    private static string Judgement(SizeEquivalence e)
    {
        if (e.Holds) return "equivalent";
        var (low, high) = (e.Test.Difference.Low, e.Test.Difference.High);
        return high < -e.Test.Margin ? "not equivalent: QLoRA scores lower by more than the margin"
            : low > e.Test.Margin ? "not equivalent: QLoRA scores higher by more than the margin"
            : high < 0 ? "equivalence not shown: QLoRA scores lower, whether by more than the margin is open"
            : low > 0 ? "equivalence not shown: QLoRA scores higher, whether by more than the margin is open"
            : "equivalence not shown, which does not say that they differ";
    }

    private static RepeatChart ChartOf(ArmsResult result)
    {
        var sizes = result.Sizes.OrderBy(s => s.Size.Parameters).ToList();
        string metric = result.Constant.Metric;
        double constant = result.Constant.Values.Average();
        var series = result.Sizes[0].Arms.Select(a => a.Arm).Prepend(ArmsRecipe.Base).Select(arm => new RepeatSeries(arm, [.. sizes.Select(s => Point(s, arm))]))
            .Prepend(new RepeatSeries(Constant, [.. sizes.Select(s => new RepeatPoint(s.Size.Name, []) { Mean = constant })]));
        return Chart.Repeats(sizes.Select(s => s.Size.Name), series) with
        {
            Title = $"{result.Recipe.Name}: {metric} by model size", X = "model size (parameters)", Y = $"{metric} on the test split", Width = 760, Height = 460, ValueLabel = "one seed",
            IntervalLabel = result.LeastSeeds > 1 ? "95 % interval over seeds and items" : "95 % interval over items alone",
        };

        RepeatPoint Point(SizeResult size, string arm)
        {
            var quality = result.Qualities.Single(q => q.Size == size.Size.Name && q.Arm == arm).Quality;
            return new RepeatPoint(size.Size.Name, arm == ArmsRecipe.Base ? [] : [.. size.Arm(arm).Scores.Select(s => s.Values.Average())]) { Mean = quality.Mean, Low = quality.Low, High = quality.High };
        }
    }
}
