using System.Globalization;

namespace RadLab.Radiology;

/// <summary>How synthetic reports and notes are made. The defaults make clean text from all templates.</summary>
public sealed record SyntheticSettings
{
    public static SyntheticSettings Default { get; } = new();

    /// <summary>Which part of templates and vocabulary to use.</summary>
    public SyntheticPart Part { get; init; } = SyntheticPart.All;

    /// <summary>Share of each list of sentence templates that is held out, 0 to 0.5; at least one template of each list unless 0.</summary>
    public double TemplateShare { get; init; } = 0.2;

    /// <summary>Share of each vocabulary list (synonyms, reasons, histories) that is held out, 0 to 0.5.</summary>
    public double VocabularyShare { get; init; } = 0.2;

    /// <summary>Reports: up to this many studies of one patient follow each other, 1 to 8; the later ones are compared with the earlier ones.</summary>
    public int MaxStudiesPerPatient { get; init; } = 4;

    /// <summary>Reports: whether reports carry a patient id. Without, a later study is still compared with its prior.</summary>
    public bool PatientIds { get; init; } = true;

    /// <summary>
    /// Reports: the number of the one radiologist who writes them all, with a style and habits of their own; null: each report by another. What a model can learn by fine-tuning
    /// that no pretraining on everybody's reports can have taught it.
    /// </summary>
    public ulong? Radiologist { get; init; }

    /// <summary>Reports: probability per word of a typing error or an abbreviation, 0 to 0.5. Numbers, negations and the entities' own words stay as they are.</summary>
    public double NoiseRate { get; init; }

    /// <summary>Notes: probability per word of a typing error or an abbreviation, 0 to 0.5: orders are typed in a hurry.</summary>
    public double NoteNoiseRate { get; init; } = 0.03;

    /// <summary>Notes: share of notes with two admissible labels among those outside of hard pairs, 0 to 1.</summary>
    public double AmbiguousShare { get; init; } = 0.08;

    /// <summary>Notes: share of notes that come as hard pairs: records 2k and 2k+1 have the same complaint and another history, hence another label. 0 to 1.</summary>
    public double HardPairShare { get; init; } = 0.3;

    internal HoldOut HoldOut => new(Part, TemplateShare, VocabularyShare);

    internal void Check()
    {
        _ = HoldOut;
        Require(MaxStudiesPerPatient is >= 1 and <= 8, nameof(MaxStudiesPerPatient), "between 1 and 8", MaxStudiesPerPatient);
        Require(NoiseRate is >= 0 and <= 0.5, nameof(NoiseRate), "between 0 and 0.5", NoiseRate);
        Require(NoteNoiseRate is >= 0 and <= 0.5, nameof(NoteNoiseRate), "between 0 and 0.5", NoteNoiseRate);
        Require(AmbiguousShare is >= 0 and <= 1, nameof(AmbiguousShare), "between 0 and 1", AmbiguousShare);
        Require(HardPairShare is >= 0 and <= 1, nameof(HardPairShare), "between 0 and 1", HardPairShare);
    }

    private static void Require(bool holds, string name, string range, double value)
    {
        if (!holds) throw new ArgumentOutOfRangeException(name, string.Create(CultureInfo.InvariantCulture, $"SyntheticSettings: {name} must be {range}, got {value}."));
    }
}
