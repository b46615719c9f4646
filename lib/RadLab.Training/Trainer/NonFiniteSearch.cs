using System.Globalization;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>Where a loss that is no number comes from: the first weight that holds a NaN or an infinity, or, if there is none, the first module whose output does.</summary>
internal static class NonFiniteSearch
{
    /// <returns>A clause for a message.</returns>
    public static string First(TrainingSubject subject, Batch batch) => InWeights(subject) ?? InOutputs(subject.Model, batch) ?? "weights and the outputs of all modules are finite, the loss alone is not";

    /// <returns>Null: all weights are finite.</returns>
    public static string? InWeights(TrainingSubject subject)
    {
        foreach (var parameter in subject.Groups.SelectMany(g => g.Parameters).Concat(subject.Model.Parameters))
            if (Of($"the weight {parameter.Name}", parameter.Value) is { } found) return found;
        foreach (var linear in subject.Model.Linears.Concat(subject.Model.Head is { } head ? [head] : []))
        {
            if (linear.Quantized is not { } quantized) continue;
            if (quantized.NestedAbsmax is { } nested && Of($"the scales of {linear.Module}", nested) is { } inNested) return inNested;
            if (quantized.Scales.DType == DType.F32 && Of($"the scales of {linear.Module}", quantized.Scales) is { } inScales) return inScales;
        }
        return null;
    }

    // with the dropout of the pass that failed
    private static string? InOutputs(LlamaModel model, Batch batch)
    {
        using var tape = model.Engine.Tape(recording: false);
        string? first = null;
        model.Hidden(tape, batch.Tokens, batch.Layout, (module, output) => first ??= Of($"the output of {module}", output));
        return first;
    }

    private static string? Of(string what, Tensor values)
    {
        using var lease = values.Acquire();
        if (values.DType == DType.F32)
        {
            var numbers = values.AsSpan<float>();
            for (int i = 0; i < numbers.Length; i++)
                if (!float.IsFinite(numbers[i])) return Found(what, numbers[i], i);
        }
        else if (values.DType == DType.BF16)
        {
            var numbers = values.AsSpan<ushort>();
            for (int i = 0; i < numbers.Length; i++)
                if ((numbers[i] & 0x7F80) == 0x7F80) return Found(what, (numbers[i] & 0x7F) != 0 ? float.NaN : float.PositiveInfinity, i);
        }
        return null;
    }

    private static string Found(string what, float value, int at) => string.Create(CultureInfo.InvariantCulture, $"{what} is the first with {(float.IsNaN(value) ? "a NaN" : "an infinity")}, at element {at}");
}
