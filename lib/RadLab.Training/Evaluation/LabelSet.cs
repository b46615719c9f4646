using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>The closed set of labels that training has shown.</summary>
internal static class LabelSet
{
    public static string[] Of(IEnumerable<PromptExample> train) => [.. train.SelectMany(e => e.Admissible.Append(e.Answer)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}
