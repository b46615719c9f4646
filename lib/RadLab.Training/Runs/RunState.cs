using System.Text.Json;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>What a run must remember besides weights and optimizer; order, dropout and sampling follow from seed and step.</summary>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="Tokens">Read so far.</param>
/// <param name="BestLoss">Lowest validation loss; null before the first evaluation.</param>
/// <param name="BestStep">Step of that loss.</param>
/// <param name="WithoutBetter">Evaluations since.</param>
/// <param name="EvaluatedStep">Step of the last evaluation: an interrupt may have come between a step and its evaluation.</param>
/// <param name="ValidationLoss">Of that evaluation.</param>
public sealed record RunState(long Step, long Tokens, double? BestLoss, long? BestStep, int WithoutBetter, long? EvaluatedStep, double? ValidationLoss)
{
    internal const string FileName = "state.json";

    public static RunState Start { get; } = new(0, 0, null, null, 0, null, null);

    internal RunState Evaluated(double loss)
    {
        var evaluated = this with { EvaluatedStep = Step, ValidationLoss = loss };
        return BestLoss is { } best && loss >= best
            ? evaluated with { WithoutBetter = WithoutBetter + 1 }
            : evaluated with { BestLoss = loss, BestStep = Step, WithoutBetter = 0 };
    }

    internal void Save(string folder) => WholeFile.Write(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this));

    // its bytes have been checked against the manifest
    internal static RunState Load(string folder) => JsonSerializer.Deserialize<RunState>(File.ReadAllBytes(Path.Combine(folder, FileName)))!;
}
