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
/// Picks from the part of a list that a data set is made of. The split does not depend on the seed. Sentence templates are split over all lists at once
/// (<see cref="TemplateSplit"/>). Of a vocabulary list the last round(n · share) entries are held out, at least one and never all; a list with a single entry
/// belongs to both parts.
/// </summary>
internal readonly struct HoldOut
{
    private readonly SyntheticPart _part;
    private readonly double _vocabularyShare;
    private readonly TemplateSplit? _templates;

    public HoldOut(SyntheticPart part, double templateShare, double vocabularyShare)
    {
        if (part is < SyntheticPart.All or > SyntheticPart.HeldOut) throw new ArgumentOutOfRangeException(nameof(part), string.Create(CultureInfo.InvariantCulture, $"SyntheticSettings: Part must be All, Kept or HeldOut, got {(int)part}."));
        CheckShare(nameof(SyntheticSettings.TemplateShare), templateShare);
        CheckShare(nameof(SyntheticSettings.VocabularyShare), vocabularyShare);
        (_part, _vocabularyShare) = (part, vocabularyShare);
        if (part != SyntheticPart.All && templateShare > 0) _templates = TemplateSplit.Of(templateShare);
    }

    /// <param name="habits">Of the radiologist who chooses, where there is one.</param>
    public SentenceTemplate Pick(Wordings wordings, SeededRandom random, RadiologistHabits? habits = null)
    {
        var templates = _templates is null ? wordings.Templates : _templates.Part(wordings, _part);
        return templates[habits?.Below(templates[0].Source, templates.Count, random) ?? random.Below(templates.Count)];
    }

    /// <summary>Index into a vocabulary list.</summary>
    /// <param name="about">What the list is about.</param>
    /// <param name="habits">Of the radiologist who chooses, where there is one.</param>
    public int PickWord(int count, SeededRandom random, string about = "", RadiologistHabits? habits = null)
    {
        int heldOut = HeldOutOf(count, _vocabularyShare);
        return heldOut == 0 || _part == SyntheticPart.All ? Below(count)
            : _part == SyntheticPart.Kept ? Below(count - heldOut)
            : count - heldOut + Below(heldOut);

        int Below(int bound) => habits?.Below(about, bound, random) ?? random.Below(bound);
    }

    /// <summary>How many of a list's entries are held out.</summary>
    public static int HeldOutOf(int count, double share) => count < 2 || share == 0 ? 0 : Math.Clamp((int)(count * share + 0.5), 1, count - 1);

    private static void CheckShare(string name, double share)
    {
        if (!(share >= 0 && share <= 0.5)) throw new ArgumentOutOfRangeException(name, string.Create(CultureInfo.InvariantCulture, $"SyntheticSettings: {name} must be between 0 and 0.5, got {share}."));
    }
}
