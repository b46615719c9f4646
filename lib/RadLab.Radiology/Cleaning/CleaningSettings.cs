using System.Text.Json;

namespace RadLab.Radiology;

/// <summary>What makes a report unusable. The defaults drop what cannot teach an impression; each is a choice, stated in the data card.</summary>
public sealed record CleaningSettings
{
    public static CleaningSettings Default { get; } = new();

    /// <summary>Fewer words in the findings is too short; 10 is the threshold that the group behind RadiologyLlama used on MIMIC-CXR earlier.</summary>
    public int MinFindingsWords { get; init; } = 10;

    /// <summary>Fewer words in the impression is too short; 2 from the same source.</summary>
    public int MinImpressionWords { get; init; } = 2;

    /// <summary>More words in one section is not a section but a document: nothing that long fits a prompt.</summary>
    public int MaxSectionWords { get; init; } = 4000;

    /// <summary>An impression that equals the findings teaches copying. Longer ones also count where they stand in the findings word for word: from so many words.</summary>
    public int CopiedWords { get; init; } = 25;

    /// <summary>Share of the words of findings or impression that are placeholders of a removal (XXXX, ___), above which too little is left.</summary>
    public double MaxPlaceholderShare { get; init; } = 0.3;

    /// <summary>
    /// Traces of dictation software and transcription: a report with one was never finished or is garbled. ASCII only: such lists are searched many bytes at a
    /// time. The replacement character U+FFFD, a trace of a wrong encoding, always counts as one.
    /// </summary>
    public IReadOnlyList<string> DictationArtefacts { get; init; } =
    [
        "[[", "]]", "<<", ">>", "{{", "}}", "[blank]", "(blank)", "[inaudible]", "(inaudible)", "[unintelligible]", "<unk>", "end of dictation", "dictation ends", "begin dictation",
        "new paragraph", "open quote", "close quote", "strike that", "scratch that", "dictated but not read", "*** report not finalized", "***", "???", "[sic]", "lorem ipsum",
    ];

    /// <summary>Names of examinations and documents that are no imaging reports.</summary>
    public IReadOnlyList<string> NonReports { get; init; } =
    [
        "operative report", "discharge summary", "history and physical", "progress note", "consultation note", "office visit", "nerve conduction", "needle emg", "electromyogra", "electroencephalogra",
        "pathology report", "letter to", "test report only", "polysomnogra", "holter", "treadmill",
    ];

    /// <summary>Phrases of which two different ones in a document make it an operation note or a consultation.</summary>
    public IReadOnlyList<string> NonReportHeadings { get; init; } =
    [
        "ANESTHESIA:", "ESTIMATED BLOOD LOSS:", "PREOPERATIVE DIAGNOS", "POSTOPERATIVE DIAGNOS", "PROCEDURE IN DETAIL:", "DESCRIPTION OF PROCEDURE:", "NERVE CONDUCTION STUDIES:", "NEEDLE EMG:",
        "PMH:", "FHX:", "SHX:", "HISTORY OF PRESENT ILLNESS:", "REVIEW OF SYSTEMS:", "PHYSICAL EXAMINATION:", "DISCHARGE DIAGNOS",
    ];

    /// <summary>The settings of a JSON object whose fields are named like these properties, with a small first letter; what it does not name keeps its default.</summary>
    /// <param name="file">Name for messages.</param>
    public static CleaningSettings Parse(ReadOnlyMemory<byte> json, string file)
    {
        const int MaxPhrases = 1000;
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 4 });
        }
        catch (JsonException e)
        {
            throw new DataFormatException(FormattableString.Invariant($"{file}:{e.LineNumber + 1}: is not JSON; correct the line"));
        }
        using (document)
        {
            var f = new ManifestFields(file, "", document.RootElement);
            var settings = new CleaningSettings
            {
                MinFindingsWords = Words("minFindingsWords", Default.MinFindingsWords),
                MinImpressionWords = Words("minImpressionWords", Default.MinImpressionWords),
                MaxSectionWords = Words("maxSectionWords", Default.MaxSectionWords),
                CopiedWords = Words("copiedWords", Default.CopiedWords),
                MaxPlaceholderShare = f.Share("maxPlaceholderShare") ?? Default.MaxPlaceholderShare,
                DictationArtefacts = Phrases("dictationArtefacts", Default.DictationArtefacts),
                NonReports = Phrases("nonReports", Default.NonReports),
                NonReportHeadings = Phrases("nonReportHeadings", Default.NonReportHeadings),
            };
            f.End();
            return settings;

            int Words(string field, int otherwise) => f.Whole(field) is not { } words ? otherwise : words <= 1_000_000 ? (int)words : throw f.Error(field, "must be at most 1000000");

            IReadOnlyList<string> Phrases(string field, IReadOnlyList<string> otherwise) => !f.Has(field) ? otherwise
                : f.Texts(field, MaxPhrases) is var phrases && phrases.All(p => p.Trim().Length > 0) ? phrases : throw f.Error(field, "must not hold an empty phrase");
        }
    }
}

/// <summary>Why a record was dropped; <see cref="DropReasons.Name"/> is what files and cards say.</summary>
public enum DropReason
{
    NoFindings,
    NoImpression,
    FindingsTooShort,
    ImpressionTooShort,
    TooLong,
    ImpressionCopiesFindings,
    TooMuchRemoved,
    DictationArtefacts,
    NotAReport,
    ConflictingModality,
}

public static class DropReasons
{
    /// <summary>Lower-case words joined by hyphens.</summary>
    public static string Name(this DropReason reason) => ManifestFields.Kebab(reason.ToString());

    public static string Meaning(this DropReason reason) => reason switch
    {
        DropReason.NoFindings => "no findings section",
        DropReason.NoImpression => "no impression section",
        DropReason.FindingsTooShort => "findings of too few words",
        DropReason.ImpressionTooShort => "impression of too few words",
        DropReason.TooLong => "a section of too many words",
        DropReason.ImpressionCopiesFindings => "impression copied from the findings",
        DropReason.TooMuchRemoved => "too many words replaced by placeholders at the source",
        DropReason.DictationArtefacts => "traces of dictation or transcription",
        DropReason.NotAReport => "not an imaging report",
        _ => "modality and examination contradict each other",
    };
}
