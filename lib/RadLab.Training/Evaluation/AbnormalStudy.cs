using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>Tells abnormal studies from normal ones, which are most of any set and the easiest to sum up: scores on all of them hide what a model makes of the others.</summary>
internal static class AbnormalStudy
{
    private static readonly string[] s_chestSets = ["openi-chest-xray", "mimic-cxr"];

    /// <summary>The rules are CheXpert's: they know the chest alone.</summary>
    public static bool Knows(string dataSet) => s_chestSets.Contains(dataSet);

    /// <summary>An observation of the findings or the impression is positive or uncertain.</summary>
    public static bool Is(PromptExample example) =>
        ObservationLabeler.CheXpert.Label($"{example.Input}\n{example.Answer}")["No Finding"] != LabelStatus.Positive;
}
