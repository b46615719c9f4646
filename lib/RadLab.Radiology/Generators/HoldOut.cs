using System.Globalization;

namespace RadLab.Radiology;

/// <summary>Which part of the generators' sentence templates and vocabulary a data set is made of.</summary>
public enum SyntheticPart
{
    /// <summary>Everything.</summary>
    All,

    /// <summary>Everything but what is held out: for training.</summary>
    Kept,

    /// <summary>Only what is held out: for testing.</summary>
    HeldOut,
}

/// <summary>
/// Splits lists of wordings into a kept and a held-out part. The held-out part is the end of each list: round(n · share) entries, at least one and never all,
/// so it does not depend on the seed and sets made with <see cref="SyntheticPart.Kept"/> and <see cref="SyntheticPart.HeldOut"/> share no sentence template.
/// A list with a single entry (some vocabulary; never sentences) belongs to both parts.
/// </summary>
internal readonly struct HoldOut
{
    private readonly SyntheticPart _part;
    private readonly double _templateShare;
    private readonly double _vocabularyShare;

    public HoldOut(SyntheticPart part, double templateShare, double vocabularyShare)
    {
        if (!Enum.IsDefined(part)) throw new ArgumentOutOfRangeException(nameof(part), string.Create(CultureInfo.InvariantCulture, $"SyntheticSettings: Part must be All, Kept or HeldOut, got {(int)part}."));
        CheckShare(nameof(SyntheticSettings.TemplateShare), templateShare);
        CheckShare(nameof(SyntheticSettings.VocabularyShare), vocabularyShare);
        (_part, _templateShare, _vocabularyShare) = (part, templateShare, vocabularyShare);
    }

    public int PickTemplate(int count, SeededRandom random) => Pick(count, _templateShare, random);

    public int PickWord(int count, SeededRandom random) => Pick(count, _vocabularyShare, random);

    /// <summary>How many of a list's last entries are held out.</summary>
    public static int HeldOutOf(int count, double share) => count < 2 || share == 0 ? 0 : Math.Clamp((int)(count * share + 0.5), 1, count - 1);

    private int Pick(int count, double share, SeededRandom random)
    {
        int heldOut = HeldOutOf(count, share);
        return heldOut == 0 || _part == SyntheticPart.All ? random.Below(count)
            : _part == SyntheticPart.Kept ? random.Below(count - heldOut)
            : count - heldOut + random.Below(heldOut);
    }

    private static void CheckShare(string name, double share)
    {
        if (!(share >= 0 && share <= 0.5)) throw new ArgumentOutOfRangeException(name, string.Create(CultureInfo.InvariantCulture, $"SyntheticSettings: {name} must be between 0 and 0.5, got {share}."));
    }
}
