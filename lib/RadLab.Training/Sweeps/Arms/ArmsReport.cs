using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using RadLab.Models;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>A comparison's result for people and for programs.</summary>
public static class ArmsReport
{
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
        var recipe = result.Recipe;
        var first = result.Sizes[0].Base;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{recipe.Name} on {recipe.Recipe.Data}: {first.Metric} on {first.Values.Count} test items, {recipe.Seeds.Count} {(recipe.Seeds.Count == 1 ? "seed" : "seeds")}; intervals: hierarchical bootstrap over seeds and items, 95 %\n\n");
        var table = new TextTable("size", "arm", first.Metric + " [95 %]", "gain over base [95 %]", "distinct", "commonest", "chosen on validation");
        var cost = new TextTable("size", "arm", "parameters", "trained", "tokens", "time", "processor time", "peak MB");
        foreach (var size in result.Sizes)
        {
            table.Add(size.Size.Name, ArmsRecipe.Base, Quality(size, ArmsRecipe.Base).Quality.ToString(), "-", SweepReport.Whole(size.Base.Distinct), SweepReport.Number(size.Base.Commonest, "0.000"), "-");
            foreach (var arm in size.Arms)
            {
                var q = Quality(size, arm.Arm);
                table.Add(size.Size.Name, arm.Arm, q.Quality.ToString(), q.Gain.ToString(), SweepReport.Number(arm.Scores.Average(s => s.Distinct), "0"), SweepReport.Number(arm.Scores.Average(s => s.Commonest), "0.000"), $"{arm.Chosen} (of {SweepReport.Whole(arm.Tried)})");
                cost.Add(size.Size.Name, arm.Arm, SweepReport.Whole(size.Size.Parameters), SweepReport.Whole(arm.Runs[0].Parameters), SweepReport.Number(arm.Tokens, "0"), SweepReport.Time(arm.Seconds), SweepReport.Time(arm.ProcessorSeconds), SweepReport.Number(arm.PeakBytes / 1e6, "0.0"));
            }
        }
        text.Append(table).Append("\nwhat a run of each arm took (mean over seeds of training alone; processor time: of all cores, whatever else ran; peak: the engine's, the highest of the seeds)\n\n").Append(cost).Append('\n');
        foreach (var size in result.Sizes)
            text.Append(CultureInfo.InvariantCulture, $"{size.Size.Name} ({size.Size.Parameters} parameters): {(size.Tokens > 0 ? $"pretrained here on {size.Tokens} tokens, held-out loss {SweepReport.Number(size.PretrainingLoss, "0.000")}" : $"weights of {RadLabTiny.Name}")}\n");
        text.Append('\n');
        foreach (var (size, e) in result.Equivalence) text.Append(CultureInfo.InvariantCulture, $"{size}: {Sentence(e)}\n");
        text.Append(CultureInfo.InvariantCulture, $"\n{result.Claim}\n\n{Note}\n");
        return text.ToString();

        ArmQuality Quality(SizeResult size, string arm) => result.Qualities.Single(q => q.Size == size.Size.Name && q.Arm == arm);
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
                    ["size"] = q.Size, ["parameters"] = size.Size.Parameters, ["arm"] = q.Arm, ["quality"] = Of(q.Quality), ["gain"] = arm is null ? null : Of(q.Gain),
                    ["by_seed"] = new JsonArray([.. (arm?.Scores ?? [size.Base]).Select(s => (JsonNode)s.Values.Average())]),
                    ["distinct"] = arm?.Scores.Average(s => s.Distinct) ?? size.Base.Distinct, ["commonest"] = arm?.Scores.Average(s => s.Commonest) ?? size.Base.Commonest,
                    ["tokens"] = arm?.Tokens, ["seconds"] = arm?.Seconds, ["processor_seconds"] = arm?.ProcessorSeconds, ["peak_bytes"] = arm?.PeakBytes, ["trainable_parameters"] = arm?.Runs[0].Parameters, ["chosen"] = arm?.Chosen, ["tried"] = arm?.Tried,
                });
            }
        var equivalence = new JsonObject();
        foreach (var (size, e) in result.Equivalence)
            equivalence[size] = new JsonObject { ["margin"] = e.Margin, ["alpha"] = e.Alpha, ["difference"] = Of(e.Difference), ["confidence"] = 1 - 2 * e.Alpha, ["p_below"] = e.PBelow, ["p_above"] = e.PAbove, ["equivalent"] = e.Holds };
        return new JsonObject
        {
            ["name"] = result.Recipe.Name, ["data"] = result.Recipe.Recipe.Data, ["metric"] = result.Sizes[0].Base.Metric, ["items"] = result.Sizes[0].Base.Values.Count, ["seeds"] = new JsonArray([.. result.Recipe.Seeds.Select(s => (JsonNode)s)]),
            ["rows"] = rows, ["qlora_against_full"] = equivalence, ["gain_of_size"] = result.GainOfSize is { } gain ? Of(gain) : null, ["claim"] = result.Claim, ["note"] = Note,
            ["pretraining"] = new JsonArray([.. result.Sizes.Select(s => (JsonNode)new JsonObject { ["size"] = s.Size.Name, ["tokens"] = s.Tokens, ["held_out_loss"] = s.PretrainingLoss })]),
        };

        static JsonArray Of(Interval i) => [i.Mean, i.Low, i.High];
    }

    private static string Sentence(Equivalence e) => string.Create(CultureInfo.InvariantCulture,
        $"QLoRA less full fine-tuning {e.Difference.Mean:0.000} [{e.Difference.Low:0.000}, {e.Difference.High:0.000}] ({100 * (1 - 2 * e.Alpha):0.#} %); margin {e.Margin} stated beforehand: {(e.Holds ? "equivalent" : "equivalence not shown, which does not say that they differ")} (two one-sided tests, p = {Math.Max(e.PBelow, e.PAbove):0.0000})");

    private static RepeatChart ChartOf(ArmsResult result)
    {
        var sizes = result.Sizes.OrderBy(s => s.Size.Parameters).ToList();
        var series = result.Sizes[0].Arms.Select(a => a.Arm).Prepend(ArmsRecipe.Base).Select(arm => new RepeatSeries(arm, [.. sizes.Select(s => Point(s, arm))]));
        string metric = result.Sizes[0].Base.Metric;
        return Chart.Repeats(sizes.Select(s => s.Size.Name), series) with
        {
            Title = $"{result.Recipe.Name}: {metric} by model size", X = "model size (parameters)", Y = $"{metric} on the test split", Width = 760, Height = 460, ValueLabel = "one seed", IntervalLabel = "95 % interval over seeds and items",
        };

        RepeatPoint Point(SizeResult size, string arm)
        {
            var quality = result.Qualities.Single(q => q.Size == size.Size.Name && q.Arm == arm).Quality;
            return new RepeatPoint(size.Size.Name, arm == ArmsRecipe.Base ? [] : [.. size.Arm(arm).Scores.Select(s => s.Values.Average())]) { Mean = quality.Mean, Low = quality.Low, High = quality.High };
        }
    }
}
