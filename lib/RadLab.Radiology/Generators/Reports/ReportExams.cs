namespace RadLab.Radiology;

/// <summary>The examinations that synthetic reports are made of.</summary>
internal static class ReportExams
{
    public static IReadOnlyList<ReportExam> All { get; } =
    [
        ChestRadiographs.TwoViews, ChestRadiographs.Portable, AbdomenFilms.Abdomen, .. LimbFilms.All, SpineFilms.CervicalFilm, SpineFilms.LumbarFilm,
        ChestCt.WithContrast, ChestCt.WithoutContrast, ChestCt.Embolism, AbdomenCt.WithContrast, AbdomenCt.Stones, HeadCt.Head, HeadCt.Sinus, HeadCt.Neck, SpineFilms.CervicalCt, SpineFilms.LumbarCt,
        BrainMr.Brain, SpineMr.Lumbar, SpineMr.Cervical, SpineMr.Thoracic, JointMr.Knee, JointMr.Shoulder, JointMr.Ankle, JointMr.Hip, BodyMr.Liver, BodyMr.FemalePelvis, BodyMr.Prostate,
        Fluoroscopy.Esophagram, Fluoroscopy.UpperGi, Fluoroscopy.SmallBowel, Fluoroscopy.BariumEnema, Fluoroscopy.Swallow, Fluoroscopy.Hysterosalpingogram, Fluoroscopy.VoidingCystourethrogram,
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
