using System.Globalization;
using System.Text.Json.Nodes;
using RadLab.Training;

namespace RadLab.Cli;

/// <summary>What <c>radlab train</c> says at a run's end.</summary>
internal static class TrainReport
{
    /// <summary>A line for people; of an interrupted run a second one with the command that goes on.</summary>
    public static string Text(string folder, TrainingResult result)
    {
        string end = result.End switch { RunEnd.Finished => "finished", RunEnd.StoppedEarly => "stopped early", _ => "interrupted" };
        string text = string.Create(CultureInfo.InvariantCulture,
            $"{folder}: {end} after {result.State.Step} steps, {result.State.Tokens} tokens{(Loss(folder, result) is { } loss ? $", loss {loss:0.0000}" : "")}{(result.State.BestLoss is { } best ? $", best validation loss {best:0.0000} at step {result.State.BestStep}" : "")}");
        return result.End == RunEnd.Interrupted ? $"{text}\ngo on with: radlab train --resume {folder}" : text;
    }

    /// <summary>The same for programs, with what the scoring of the test split has found.</summary>
    public static JsonObject Json(string folder, TrainingResult result) => new()
    {
        ["run"] = folder,
        ["end"] = result.End.ToString(),
        ["steps"] = result.State.Step,
        ["tokens"] = result.State.Tokens,
        ["loss"] = Loss(folder, result),
        ["validation_loss"] = result.State.ValidationLoss,
        ["best_step"] = result.State.BestStep,
        ["test"] = result.End != RunEnd.Interrupted && File.Exists(FinalScoring.FileOf(folder)) ? JsonNode.Parse(File.ReadAllText(FinalScoring.FileOf(folder))) : null,
    };

    // a run that had ended already makes no step when it is resumed: its last one is in the log
    private static double? Loss(string folder, TrainingResult result)
    {
        double loss = double.IsFinite(result.Loss) ? result.Loss : RunCurve.Read(folder).Steps is [.., var last] ? last.Loss : double.NaN;
        return double.IsFinite(loss) ? loss : null;
    }
}
