namespace RadLab.Radiology;

/// <summary>The examinations that synthetic reports are made of.</summary>
internal static class ReportExams
{
    public static IReadOnlyList<ReportExam> All { get; } =
    [
        ChestRadiographs.TwoViews, ChestRadiographs.Portable,
    ];

    private static readonly double s_total = All.Sum(e => e.Weight);

    public static ReportExam Pick(SeededRandom random)
    {
        double at = random.Uniform() * s_total;
        foreach (var exam in All)
            if ((at -= exam.Weight) < 0) return exam;
        return All[^1];
    }
}
