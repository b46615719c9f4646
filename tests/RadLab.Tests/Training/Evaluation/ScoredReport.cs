using RadLab.Radiology;
using RadLab.Training;

namespace RadLab.Tests.Training;

/// <summary>Reports as an evaluation makes them, of answers written by hand.</summary>
internal static class ScoredReport
{
    /// <summary>All studies, and abnormal ones alone.</summary>
    public static EvaluationReport Impressions { get; } = MakeImpressions();

    /// <summary>Labels of all notes, and of unambiguous ones alone.</summary>
    public static EvaluationReport Protocols { get; } = MakeProtocols();

    private static EvaluationReport MakeImpressions()
    {
        PromptExample[] items = [.. ((string[])["No acute disease.", "Small left effusion.", "Mild cardiomegaly.", "No acute disease."]).Select((a, i) => Item(i, "impression", a))];
        SystemAnswers[] all = [new(RunEvaluation.Constant, ["No acute disease.", "No acute disease.", "No acute disease.", "No acute disease."]), new(RunEvaluation.Model, ["No acute disease.", "Left effusion.", "No acute disease.", "No disease."])];
        SystemAnswers[] abnormal = [.. all.Select(s => new SystemAnswers(s.System, [s.Answers[1], s.Answers[2]]))];
        return new EvaluationReport("test", [AnswerTable.Of("tiny on set", items, all, 1), AnswerTable.Of("tiny on set, abnormal studies", items[1..3], abnormal, 1)], [], 1, [TeachingModel.Note]);
    }

    private static EvaluationReport MakeProtocols()
    {
        PromptExample[] items = [.. ((string[])["CT Chest", "XR Chest", "CT Chest"]).Select((a, i) => Item(i, "protocol", a))];
        SystemAnswers[] all = [new(RunEvaluation.Constant, ["CT Chest", "CT Chest", "CT Chest"]), new(RunEvaluation.Model, ["CT Chest", "XR Chest", "XR Chest"])];
        SystemAnswers[] few = [.. all.Select(s => new SystemAnswers(s.System, [.. s.Answers.Take(2)]))];
        return new EvaluationReport("validation", [AnswerTable.Of("t", items, all, 1)], [KeyValuePair.Create("all", ClassTable.Of("t", items, all, 1)), KeyValuePair.Create("unambiguous", ClassTable.Of("t, unambiguous notes", items[..2], few, 1))], 0, []);
    }

    private static PromptExample Item(int i, string task, string answer) => new() { Id = $"{i}", Task = task, Split = "test", Instruction = "i", Input = "n", Answer = answer };
}
