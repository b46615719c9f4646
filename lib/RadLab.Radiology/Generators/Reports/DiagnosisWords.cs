namespace RadLab.Radiology;

/// <summary>How a diagnosis is tied to an observation, by certainty.</summary>
internal static class DiagnosisWords
{
    private static readonly string[] s_certain = ["consistent with", "compatible with", "in keeping with"];
    private static readonly string[] s_probable = ["likely representing", "most likely representing", "suspicious for", "favored to represent", "suggestive of", "probably representing"];
    private static readonly string[] s_possible = ["which may represent", "possibly representing", "which could reflect", "which could represent", "for which the differential includes"];

    public static string Pick(EntityCertainty certainty, ReportStyle style, SeededRandom random) => style.Pick(certainty switch
    {
        EntityCertainty.Certain => s_certain,
        EntityCertainty.Probable => s_probable,
        _ => s_possible,
    }, random);
}
