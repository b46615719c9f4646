using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>A sweep's result for people, spreadsheets and programs.</summary>
public static class SweepReport
{
    public const string TextName = "results.txt", CsvName = "results.csv", JsonName = "results.json", ChartName = "chart.svg";

    internal static void Write(string folder, SweepResult result)
    {
        Put(TextName, ToText(result));
        Put(CsvName, ToCsv(result));
        Put(JsonName, ToJson(result).ToJsonString(SweepJson.Indented) + "\n");
        Put(ChartName, SweepChart.Of(result).ToSvg() + "\n");

        void Put(string name, string text) => WholeFile.Write(Path.Combine(folder, name), Encoding.UTF8.GetBytes(text));
    }

    /// <summary>A row for each trial; where there are seeds, one for each setting as well; what was chosen.</summary>
    public static string ToText(SweepResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        string[] axes = Axes(result);
        string metric = Metric(result);
        var trials = new TextTable(["trial", .. axes, "status", "steps", "validation loss", $"{metric} [95 %]", "time", "processor time", "tokens/s", "peak MB", "trainable"]);
        foreach (var t in result.Trials)
            trials.Add([t.Trial.Name, .. axes.Select(a => Setting(t, a)), t.Status.ToString().ToLowerInvariant(), Whole(t.Steps), Number(t.ValidationLoss, "0.0000"),
                t.Score is { } s ? string.Create(CultureInfo.InvariantCulture, $"{s.Mean:0.000} [{s.Low:0.000}, {s.High:0.000}]") : "-", Time(t.Seconds), Time(t.ProcessorSeconds), Number(Given(t.TokensPerSecond), "0"), Number(Given(t.PeakBytes / 1e6), "0.0"), Whole(t.Parameters)]);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{result.Sweep.Name}: {result.Trials.Count} trials of {result.Sweep.Recipe.Name} on {result.Sweep.Recipe.Data}{(result.Sweep.MetricItems > 0 && result.Sweep.Recipe.Task != TrainingTask.Text ? $"; {metric} of {AnswerScoring.AnswersOf(result.Sweep.Recipe)} to validation items" : "")}\n\n{trials}");
        int[] left = [.. result.Trials.Select(t => t.Score?.LeftOut).OfType<int>().Distinct().Order()];
        if (left is [> 0]) text.Append(CultureInfo.InvariantCulture, $"\n{left[0]} validation items are too long to be answered and left out\n");
        if (left.Length > 1) text.Append(CultureInfo.InvariantCulture, $"\n{left[0]} to {left[^1]} validation items are too long to be answered and left out, as the trial's length is: their {metric} is not of the same items\n");
        if (result.Groups.Count < result.Trials.Count)
        {
            var groups = new TextTable("mean over seeds", "finished", "validation loss", "deviation", metric, "time");
            foreach (var g in result.Groups) groups.Add(g.Group.Length > 0 ? g.Group : "(all alike)", $"{g.Finished}/{g.Trials}", Number(g.ValidationLoss, "0.0000"), Number(g.Deviation, "0.0000"), Number(g.Score, "0.000"), Time(g.Seconds));
            text.Append('\n').Append(groups);
        }
        foreach (var failed in result.Trials.Where(t => t.Problem is not null)) text.Append(CultureInfo.InvariantCulture, $"\n{failed.Trial.Name} failed: {failed.Problem}\n");
        if (result.Best is { } best)
            text.Append(CultureInfo.InvariantCulture, $"\nchosen by validation loss: {best.Trial.Name} ({Settings(best)}), {best.ValidationLoss:0.0000}\n");
        if (TeachingModel.Is(result.Sweep.Recipe.Model)) text.Append(CultureInfo.InvariantCulture, $"\n{TeachingModel.Note}\n");
        return text.ToString();
    }

    public static string ToCsv(SweepResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        string[] axes = Axes(result);
        var table = new TextTable(["trial", .. axes, "status", "steps", "validation_loss", "metric", "score", "score_low", "score_high", "seconds", "processor_seconds", "tokens", "tokens_per_s", "peak_bytes", "trainable_parameters"]);
        foreach (var t in result.Trials)
            table.Add([t.Trial.Name, .. axes.Select(a => Setting(t, a)), t.Status.ToString(), Whole(t.Steps), Exact(t.ValidationLoss), t.Score?.Metric ?? "", Exact(t.Score?.Mean), Exact(t.Score?.Low), Exact(t.Score?.High),
                Exact(t.Seconds), Exact(t.ProcessorSeconds), Whole(t.Tokens), Exact(t.TokensPerSecond), Whole(t.PeakBytes), Whole(t.Parameters)]);
        return table.ToCsv();
    }

    public static JsonObject ToJson(SweepResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return new JsonObject
        {
            ["name"] = result.Sweep.Name, ["recipe"] = result.Sweep.Recipe.Name, ["data"] = result.Sweep.Recipe.Data, ["metric"] = Metric(result), ["best"] = result.Best?.Trial.Name, ["note"] = TeachingModel.Is(result.Sweep.Recipe.Model) ? TeachingModel.Note : null,
            ["trials"] = new JsonArray([.. result.Trials.Select(t => (JsonNode)Row(t))]),
            ["groups"] = new JsonArray([.. result.Groups.Select(g => (JsonNode)new JsonObject
            {
                ["settings"] = g.Group, ["trials"] = g.Trials, ["finished"] = g.Finished, ["validation_loss"] = g.ValidationLoss, ["deviation"] = g.Deviation, ["score"] = g.Score, ["seconds"] = g.Seconds,
            })]),
        };
    }

    internal static string Settings(TrialResult t) => string.Join(", ", t.Trial.Settings.Select(s => $"{s.Key}={s.Value}"));

    internal static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "-";

    internal static string Whole(long value) => value.ToString(CultureInfo.InvariantCulture);

    internal static string Time(double? time) => time is not { } seconds || seconds <= 0 ? "-" : seconds < 60 ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s")
        : seconds < 3600 ? TimeSpan.FromSeconds(seconds).ToString(@"m\:ss", CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $@"{(long)(seconds / 3600)}:{TimeSpan.FromSeconds(seconds):mm\:ss}");

    private static JsonObject Row(TrialResult t)
    {
        var settings = new JsonObject();
        foreach (var (path, value) in t.Trial.Settings) settings[path] = value;
        return new JsonObject
        {
            ["trial"] = t.Trial.Name, ["settings"] = settings, ["status"] = t.Status.ToString(), ["steps"] = t.Steps, ["validation_loss"] = t.ValidationLoss,
            ["score"] = t.Score is { } s ? new JsonObject { ["metric"] = s.Metric, ["mean"] = s.Mean, ["low"] = s.Low, ["high"] = s.High, ["items"] = s.Items, ["distinct"] = s.Distinct, ["commonest"] = s.Commonest } : null,
            ["seconds"] = t.Seconds, ["processor_seconds"] = t.ProcessorSeconds, ["tokens"] = t.Tokens, ["tokens_per_s"] = t.TokensPerSecond, ["peak_bytes"] = t.PeakBytes, ["trainable_parameters"] = t.Parameters, ["problem"] = t.Problem,
        };
    }

    private static string[] Axes(SweepResult result) => [.. result.Trials[0].Trial.Settings.Select(s => s.Key)];

    private static string Metric(SweepResult result) => result.Sweep.Recipe.Task == TrainingTask.Protocol ? AnswerScoring.Accuracy : AnswerScoring.RougeL;

    private static string Setting(TrialResult t, string path) => t.Trial.Settings.First(s => s.Key == path).Value;

    private static double? Given(double value) => value > 0 ? value : null;

    private static string Exact(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";
}
