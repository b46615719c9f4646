namespace RadLab.Radiology;

/// <summary>Sentences that every examination shares.</summary>
internal static class CommonWordings
{
    /// <summary>How the findings put a state.</summary>
    public static Wordings Findings(FindingState state) =>
        state.Resolved ? Resolved : state.Certainty != EntityCertainty.Certain ? Doubtful : state.Old ? Old : state.Finding.Says;

    /// <summary>How the impression puts a state.</summary>
    public static Wordings Impression(FindingState state) =>
        state.Resolved ? ResolvedEnd : state.Certainty != EntityCertainty.Certain ? DoubtfulEnd : state.Old ? OldEnd : state.Finding.Ends!;

    public static readonly Wordings NegativeList =
        ["No {list}.", "There is no {list}.", "No evidence of {list}.", "There is no evidence of {list}.", "Negative for {list}.", "No {list} [is seen|is identified].", "No {list} is [present|demonstrated]."];

    public static readonly Wordings QuestionAbsent =
        ["No evidence of {ask}.", "No {ask}.", "No imaging evidence of {ask}.", "Negative for {ask}.", "No findings to suggest {ask}."];

    public static readonly Wordings Resolved =
    [
        "The previously [seen|described|noted] {side} {x} {at} {has} resolved.", "Interval resolution of the {side} {x} {at}.",
        "The {side} {x} {at} seen on {prior} {is} no longer [present|visible|evident].", "The {side} {x} {at} {is} no longer identified.",
    ];

    public static readonly Wordings ResolvedEnd =
        ["Interval resolution of the {side} {x} {at}.", "Resolved {side} {x} {at}.", "The {side} {x} {at} {has} resolved since {prior}.", "The {side} {x} {at} {is} no longer seen."];

    public static readonly Wordings Doubtful =
    [
        "Possible {grade} {side} {x} {at}{since}.", "There is questionable {grade} {side} {x} {at}{since}.", "{a}{grade} {side} {x} {at} cannot be excluded{since}.",
        "Equivocal {grade} {side} {x} {at}{since}.",
    ];

    public static readonly Wordings DoubtfulEnd =
        ["Possible {grade} {side} {x} {at}{since}.", "Questionable {grade} {side} {x} {at}{since}; correlate clinically.", "{a}{grade} {side} {x} {at} is possible but not certain{since}."];

    public static readonly Wordings Old =
        ["{x} {at}{since}.", "{there} {new} {x} {at}.", "Again seen {is} {a} {x} {at}{since}.", "{a} {new} {x} {at} {is} noted."];

    public static readonly Wordings OldEnd =
        ["{x} {at}{since}.", "{new} {x} {at}.", "{there} {x} {at}{since}."];

    public static readonly Wordings NoChange =
        ["No significant interval change.", "Findings are unchanged from {prior}.", "Stable examination [overall|] compared with {prior}.", "No interval change compared with {prior}."];

    public static readonly Wordings Indication =
    [
        "{age}-year-old {who} with {reason}.", "{reason}.", "{reason} in {a} {age}-year-old {who}.", "{age} year old {who}, {reason}.", "{age} {letter} with {reason}.",
        "{who} aged {age} with {reason}.", "The patient is {a} {age}-year-old {who} with {reason}.",
    ];

    public static readonly Wordings IndicationWithQuestion =
    [
        "{age}-year-old {who} with {reason}. Evaluate for {ask}.", "{reason}, rule out {ask}.", "{reason}. Concern for {ask}.", "{age} {letter}, {reason}. {ask}?",
        "{reason} in {a} {age}-year-old {who}; assess for {ask}.", "{who} of {age} years with {reason}. Question of {ask}.",
    ];

    public static readonly Wordings FollowUpIndication =
        ["{reason}.", "{age}-year-old {who}, {reason}.", "{age} {letter}, {reason}.", "{reason} in {a} {age}-year-old {who}."];

    public static readonly Words FollowUp = ["follow-up of {side} {x} {at}", "known {side} {x} {at}", "reevaluation of {side} {x} {at}", "surveillance of {side} {x} {at}"];

    public static readonly Wordings NoComparison =
        ["None.", "None available.", "No prior studies are available.", "No prior imaging available for comparison.", "There are no prior studies for comparison."];

    public static readonly Wordings Comparison =
        ["{noun} from {ago} earlier.", "{noun} {ago} ago.", "Prior {noun}, {ago} ago.", "{noun} performed {ago} earlier.", "Comparison is made with the {noun} of {ago} ago."];

    public static IReadOnlyList<Wordings> All { get; } =
    [
        NegativeList, QuestionAbsent, Resolved, ResolvedEnd, Doubtful, DoubtfulEnd, Old, OldEnd,
        NoChange, Indication, IndicationWithQuestion, FollowUpIndication, NoComparison, Comparison,
    ];
}
