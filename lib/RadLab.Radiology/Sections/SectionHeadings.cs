using System.Collections.Frozen;

namespace RadLab.Radiology;

public enum SectionKind
{
    Exam,
    Indication,
    Technique,
    Comparison,
    Findings,
    Impression,

    /// <summary>A heading that ends the section before it and belongs to none of the above (plan, medications, signature …).</summary>
    Other,
}

/// <summary>The spellings under which reports announce their sections.</summary>
internal static class SectionHeadings
{
    /// <summary>Longest spelling looked for, in characters.</summary>
    public const int MaxLength = 60;

    private static readonly (SectionKind Kind, string[] Spellings)[] s_spellings =
    [
        (SectionKind.Exam,
        [
            "EXAM", "EXAMS", "EXAMINATION", "EXAMINATIONS", "EXAM TYPE", "TYPE OF EXAM", "EXAMINATION TYPE", "TYPE OF EXAMINATION", "STUDY", "STUDIES", "STUDY TYPE", "TYPE OF STUDY",
            "PROCEDURE", "PROCEDURES", "TYPE OF TEST", "TEST", "EXAM NAME", "EXAM DESCRIPTION", "PROCEDURE NAME", "IMAGING STUDY", "EXAMINATION PERFORMED", "EXAM PERFORMED", "PROCEDURE PERFORMED",
        ]),
        (SectionKind.Indication,
        [
            "INDICATION", "INDICATIONS", "CLINICAL INDICATION", "CLINICAL INDICATIONS", "INDICATION FOR STUDY", "INDICATION FOR EXAM", "INDICATION FOR EXAMINATION", "INDICATIONS FOR STUDY",
            "INDICATIONS FOR EXAM", "HISTORY", "CLINICAL HISTORY", "BRIEF HISTORY", "HISTORY AND INDICATION", "HISTORY/INDICATION", "INDICATION/HISTORY", "INDICATION AND HISTORY",
            "CLINICAL HISTORY/INDICATION", "PERTINENT HISTORY", "RELEVANT HISTORY", "PATIENT HISTORY", "REASON FOR EXAM", "REASON FOR EXAMINATION", "REASON FOR THE EXAM", "REASON FOR THIS EXAM",
            "REASON FOR THIS EXAMINATION", "REASON FOR THE EXAMINATION", "REASON FOR STUDY", "REASON FOR THE STUDY", "REASON FOR TEST", "REASON FOR THE TEST", "REASON FOR PROCEDURE",
            "REASON FOR REQUEST", "REASON", "CLINICAL", "CLINICAL DATA", "CLINICAL INFORMATION", "CLINICAL STATEMENT", "CLINICAL DETAILS", "CLINICAL BACKGROUND", "CLINICAL CONTEXT",
            "CLINICAL QUESTION", "CLINICAL PROBLEM", "PRESENTING COMPLAINT", "REFERRAL INFORMATION", "HX", "CLINICAL HX", "REQUEST", "BACKGROUND",
        ]),
        (SectionKind.Technique,
        [
            "TECHNIQUE", "TECHNIQUES", "TECHNICAL FACTORS", "TECHNICAL INFORMATION", "TECHNICAL DETAILS", "PROTOCOL", "METHOD", "METHODS", "PROCEDURE TECHNIQUE", "EXAM TECHNIQUE",
            "IMAGING TECHNIQUE", "SCAN TECHNIQUE", "PROCEDURE AND TECHNIQUE", "EXAMINATION TECHNIQUE", "CONTRAST", "ACQUISITION",
        ]),
        (SectionKind.Comparison,
        [
            "COMPARISON", "COMPARISONS", "COMPARISON EXAM", "COMPARISON EXAMS", "COMPARISON EXAMINATION", "COMPARISON STUDY", "COMPARISON STUDIES", "COMPARED TO", "COMPARISON IS MADE TO",
            "PRIOR STUDIES", "PRIOR STUDY", "PRIOR EXAMS", "PRIOR EXAM", "PREVIOUS STUDIES", "PREVIOUS EXAMS", "PREVIOUS EXAMINATION", "PRIORS", "RELEVANT PRIORS",
        ]),
        (SectionKind.Findings,
        [
            "FINDINGS", "FINDING", "INTERPRETATION", "INTERPRETATIONS", "REPORT", "DESCRIPTION", "OBSERVATION", "OBSERVATIONS", "RESULT", "RESULTS", "NARRATIVE", "BODY OF REPORT",
            "TECHNIQUE AND FINDINGS", "FINDINGS AND TECHNIQUE", "TECHNIQUE/FINDINGS", "IMAGING FINDINGS", "RADIOGRAPHIC FINDINGS", "RADIOLOGICAL FINDINGS", "CT FINDINGS", "MRI FINDINGS",
            "MR FINDINGS", "ULTRASOUND FINDINGS", "SONOGRAPHIC FINDINGS", "X-RAY FINDINGS", "PROCEDURE AND FINDINGS", "PROCEDURE AND INTERPRETATION", "EXAM FINDINGS", "REPORT/FINDINGS",
        ]),
        (SectionKind.Impression,
        [
            "IMPRESSION", "IMPRESSIONS", "IMP", "CONCLUSION", "CONCLUSIONS", "OPINION", "FINAL IMPRESSION", "INITIAL IMPRESSION", "RADIOLOGIC IMPRESSION", "RADIOLOGICAL IMPRESSION",
            "IMPRESSION AND RECOMMENDATION", "IMPRESSION AND RECOMMENDATIONS", "IMPRESSION/RECOMMENDATION", "IMPRESSION/RECOMMENDATIONS", "IMPRESSION/PLAN", "IMPRESSION AND PLAN",
            "IMPRESSION/CONCLUSION", "SUMMARY/IMPRESSION", "IMPRESSION/SUMMARY", "CONCLUSION/IMPRESSION", "CONCLUSIONS AND RECOMMENDATIONS", "FINAL CONCLUSION", "DIAGNOSTIC IMPRESSION",
            "OVERALL IMPRESSION", "SUMMARY", "INTERPRETATION SUMMARY", "FINAL DIAGNOSIS",
        ]),
        (SectionKind.Other,
        [
            "PLAN", "RECOMMENDATION", "RECOMMENDATIONS", "FOLLOW-UP", "FOLLOW UP", "MEDICATIONS", "MEDICATION", "MEDS", "ALLERGIES", "ANESTHESIA", "COMPLICATIONS", "ESTIMATED BLOOD LOSS",
            "PREOPERATIVE DIAGNOSIS", "POSTOPERATIVE DIAGNOSIS", "PREOPERATIVE DIAGNOSES", "POSTOPERATIVE DIAGNOSES", "DESCRIPTION OF PROCEDURE", "PROCEDURE IN DETAIL", "SUMMARY OF PROCEDURE",
            "DISPOSITION", "CONDITION", "PAST MEDICAL HISTORY", "PAST SURGICAL HISTORY", "FAMILY HISTORY", "SOCIAL HISTORY", "HISTORY OF PRESENT ILLNESS", "PMH", "PSH", "SHX", "FHX", "ROS",
            "REVIEW OF SYSTEMS", "PHYSICAL EXAM", "PHYSICAL EXAMINATION", "CC", "CHIEF COMPLAINT", "COURSE", "HOSPITAL COURSE", "LABS", "LAB", "LABORATORY DATA", "ASSESSMENT", "ASSESSMENT AND PLAN",
            "DISCUSSION", "COMMENT", "COMMENTS", "NOTE", "NOTIFICATION", "ADDENDUM", "ATTESTATION", "SIGNED", "ELECTRONICALLY SIGNED", "ELECTRONICALLY SIGNED BY", "DICTATED BY", "TRANSCRIBED BY",
            "READ BY", "RADIOLOGIST", "REFERRING PHYSICIAN", "ORDERING PHYSICIAN", "ATTENDING PHYSICIAN", "WET READ", "DATE OF EXAM", "EXAM DATE", "DATE", "ACCESSION", "ACCESSION NUMBER",
            "MRN", "DOB", "PATIENT NAME", "PATIENT", "DOSE", "RADIATION DOSE", "DLP", "CRITICAL RESULT", "CRITICAL RESULTS", "CRITICAL RESULTS COMMUNICATION", "CPT CODE", "ICD CODE", "PREOP DIAGNOSIS", "DIAGNOSIS", "MAMMOGRAPHY INFORMATION", "BILLING",
        ]),
    ];

    private static readonly FrozenDictionary<string, SectionKind> s_kinds = s_spellings.SelectMany(s => s.Spellings.Select(x => KeyValuePair.Create(x, s.Kind))).ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, SectionKind>.AlternateLookup<ReadOnlySpan<char>> s_lookup = s_kinds.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Last words that decide where the whole is not in the list: "MRI LEFT KNEE FINDINGS".</summary>
    private static readonly (string Word, SectionKind Kind)[] s_endings =
    [
        (" FINDINGS", SectionKind.Findings), (" IMPRESSION", SectionKind.Impression), (" TECHNIQUE", SectionKind.Technique), (" COMPARISON", SectionKind.Comparison),
        (" CONCLUSION", SectionKind.Impression), (" CONCLUSIONS", SectionKind.Impression), (" INDICATION", SectionKind.Indication),
        (" DIAGNOSES", SectionKind.Impression),
    ];

    /// <param name="phrase">Upper case, single blanks.</param>
    public static bool TryFind(ReadOnlySpan<char> phrase, out SectionKind kind) => s_lookup.TryGetValue(phrase, out kind);

    /// <summary>As <see cref="TryFind"/>, or by the last word of a short phrase.</summary>
    public static bool TryFindWithColon(ReadOnlySpan<char> phrase, out SectionKind kind)
    {
        if (TryFind(phrase, out kind)) return true;
        if (phrase.Count(' ') > 5) return false;
        foreach (var (word, ending) in s_endings)
        {
            if (!phrase.EndsWith(word, StringComparison.Ordinal)) continue;
            kind = ending;
            return true;
        }
        return false;
    }
}
