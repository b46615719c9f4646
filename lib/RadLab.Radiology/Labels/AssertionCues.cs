namespace RadLab.Radiology;

/// <summary>
/// The phrases that negate, leave open or end a clause: RadLab's own lists, written after the kinds of NegEx (Chapman et al., J Biomed Inform 2001) and of
/// the CheXpert labeller (Irvin et al., AAAI 2019). The notation is that of <see cref="PhraseTable"/>. The longest phrase at a place counts.
/// </summary>
internal static class AssertionCues
{
    public static readonly (CueKind Kind, string[] Patterns)[] All =
    [
        (CueKind.NoCue,
        [
            "no significant|suspicious|definite|appreciable|apparent|substantial|major|real|obvious|further? interval? change|changes|increase|decrease|improvement",
            "no interval? change|changes|increase|decrease|improvement|difference|progression",
            "no doubt", "not only", "not necessarily", "not certain|sure|clear if|whether", "gram negative", "with or without", "with and without",
            "without interval|significant? change|changes|difficulty|complication|complications|contrast", "not drain|extend|cause|change|changed", "not significantly|substantially|appreciably? changed|different",
            "no more than", "no less than", "not yet", "not calcified|fully|completely|entirely", "not typical|specific|diagnostic", "false negative", "negative pressure", "rh negative",
            "no . 1|2|3|4|5|6|7|8|9", "may|might|could not? have been",
        ]),
        (CueKind.NegatesAfter,
        [
            "no", "not", "without", "w / o", "never", "none", "nor", "neither", "cannot see", "can not see", "nil",
            "deny|denies|denied|denying", "decline|declines|declined", "absent", "absence|lack|disappearance of", "lacks|lacking",
            "negative for", "- ve for", "free of|from", "clear of", "cleared of", "unremarkable for|without", "rather than", "instead of", "nonvisualization|nonvisualisation of",
            "fail|fails|failed to show|reveal|demonstrate|identify|disclose|detect", "resolution|clearing|removal of", "resolved", "ruled|rules out", "ruled|rules him|her|it out", "ruled|rules the patient out",
            "ruled|rules out for|against", "excludes", "excluding", "no evidence|sign|signs|suggestion|indication|findings|finding|features|history of|for", "no evidence|findings|finding to suggest|indicate|support",
            "did|does|do not", "doesnt|dont|didnt|isnt|arent|wasnt|werent|hasnt|havent|wont", "evidence against", "argues|argue|arguing against",
        ]),
        (CueKind.NoNew, ["no new|developing|additional", "no evidence|sign|signs of new", "without new|evidence of? new"]),
        (CueKind.NegatesBefore,
        [
            "unlikely", "is|are|was|were|seems|appears|appear? absent", "is|are|was|were not|no? longer seen|identified|visualized|visualised|noted|evident|present|appreciated|demonstrated|detected|observed|found|apparent|recognized|shown|visible|suspected|suggested",
            "not seen|identified|visualized|visualised|noted|evident|present|appreciated|demonstrated|detected|observed|found|apparent|recognized|shown|visible",
            "is|are|was|were not clearly|definitely|convincingly|confidently|currently|now|readily? seen|identified|visualized|noted|evident|present|appreciated|demonstrated|detected|observed|visible",
            "no longer seen|identified|visualized|noted|evident|present|appreciated|demonstrated|detected|visible|apparent",
            "has|have|had been? resolved|cleared|disappeared", "have|has completely|nearly|almost? resolved|cleared", "resolved", "is|are|was|were been? ruled out", "has|have|had been ruled|excluded", "has|have|had been ruled out", "ruled out", "is|are|was|were excluded",
            "has|have|was|were been? removed", "is|are|was|were negative", ": none|negative|absent|nil", "- none|negative|absent", "is|are denied", "absent", "- free",
        ]),
        (CueKind.OpensAfterFirst,
        [
            "cannot|cant exclude|rule", "cannot be? excluded", "cannot|cant completely|entirely|definitely|fully|definitively exclude", "can|could|does|do|did|would not exclude", "can|could|does|do|did|would not completely|entirely|definitely|fully exclude",
            "not exclude|excluding", "cannot|cant rule out", "cannot|cant be? ruled out", "can|could|does|do|did not rule out", "difficult|hard|impossible|unable to exclude|rule", "difficult|hard|impossible|unable to completely|entirely|definitely exclude",
            "difficult|hard|impossible|unable to rule out", "without excluding", "no evidence to rule out", "to exclude", "and exclude an|any|a|underlying", "to rule out", "to r / o", "rule out", "rule - out", "r / o", "less likely", "unlikely but possible",
        ]),
        (CueKind.OpensBeforeFirst,
        [
            "not excluded", "not be? excluded", "not be completely|entirely|definitely|fully? excluded", "is|are not completely|entirely|definitely|fully excluded", "cannot|cant be completely|entirely|definitely|fully? excluded", "cannot|cant be ruled out", "not ruled out", "not been|be ruled out|excluded",
            "is|are|be difficult|hard|impossible to exclude", "is|are less likely", "should|must|could|may|might|would|will|can be ruled out|excluded", "should|must|could|may|might|would|will|can be excluded", "being ruled out",
            "not adequately|well|optimally|completely|fully evaluated|visualized|visualised|assessed|seen", "poorly|incompletely|suboptimally evaluated|visualized|visualised|assessed|seen",
        ]),
        (CueKind.OpensAfter,
        [
            "possible|possibly|perhaps|maybe|questionable|equivocal", "question|questioned", "? of", "suspect|suspected|suspects", "suspicious|worrisome|concerning|concern|suspicion for|of",
            "may|might|could|would represent|reflect|indicate|include|suggest|be|relate|have|also|in|just|simply|still|potentially?", "may|might|could", "can represent|reflect|indicate|be|have|simulate|mimic", "favor|favors|favored|favoring|favour", "suggestion|question|possibility|likelihood of",
            "differential includes|include|diagnosis|considerations|would", "differential diagnosis includes|include", "consider|considered|considerations include?", "correlate|correlation clinically|clinical? for|with", "evaluate|evaluation|assess|assessment|followup|workup for", "concern|concerned|worry about|that|for",
            "symptoms|symptom of|for", "may|might|could|can also? be secondary|due|related to", "may|might|could represent|reflect changes? secondary|due|related to", "possibly|perhaps secondary|due|related to",
        ]),
        (CueKind.OpensBefore,
        [
            "is|are|was|were also? possible|suspected|questioned|questionable|considered|favored|uncertain|equivocal", "possible|suspected|questionable", "may|might|could|would be present|considered|possible|suspected", "may|might|could have this appearance",
            "to be considered", "should be considered", "is|are|remains|remain a? possibility|consideration|concern", "in the differential", "?",
        ]),
        (CueKind.FavoursAfter, ["probable|probably|presumed|presumably|borderline", "probably|presumably secondary|due|related to", "either"]),
        (CueKind.FavoursBefore, ["is|are|was|were probable|presumed", "probable"]),
        (CueKind.SuggestsAfter, ["suggest|suggests|suggesting|suggested", "suggestive of"]),
        (CueKind.Alternative, ["or", "and / or", "/", "versus|vs", "vs ."]),
        (CueKind.Ends,
        [
            "but", "however", "nevertheless", "nonetheless", "yet", "though", "although", "except for?", "despite", "in spite of", "aside|apart from", "other than", "with the exception of", "whereas", "while",
            "secondary to", "due to", "because of?", "as|is|are|was|the|a cause|source|reason|etiology|origin of|for", "cause|causes|source|sources|reason|reasons|etiology|origin|origins of|for", "which", "who", "there is|are|was|were|has|have", ";", "since", "status post", "s / p",
            "presented|presents|presenting with|for", "in addition", "positive for", "otherwise", "additionally", "also|again noted|seen is|are",
        ]),
        (CueKind.Normal,
        [
            "normal", "normally", "unremarkable", "within normal limits|range|limit", "within limits", "wnl", "upper limits|limit|range of? normal", "upper normal", "top normal", "top of normal", "top limits of normal", "high normal", "nonenlarged", "without abnormality", "intact", "unenlarged",
        ]),
        (CueKind.Enlarged,
        [
            "enlarged|enlargement|enlarging|enlarge", "large|larger|largest", "prominent|prominence", "widened|widening|wide", "increased in? size?", "increase in size", "megaly", "big|huge|massive", "dilated|dilatation|dilation", "abnormal|abnormally", "globular", "hypertrophy|hypertrophied", "accentuated", "magnified",
        ]),
        (CueKind.Borderline, ["borderline"]),
        (CueKind.Unknown, ["stable", "unchanged", "similar", "obscured", "not? changed", "no interval|significant|definite? change", "difficult to evaluate|assess", "poorly|incompletely evaluated|visualized|assessed"]),
        (CueKind.Verb, ["is|are|was|were|has|have|had|appear|appears|remain|remains|demonstrate|demonstrates|show|shows|reveal|reveals|project|projects|measures|overlies|overlie|persists|persist|suggests|represents", "contains|extends|terminates"]),
        (CueKind.SeenVerb, ["is|are|was|were seen|identified|noted|present|visualized|visualised|evident|appreciated|demonstrated|detected|observed|found|apparent|visible|suspected|shown|recognized"]),
        (CueKind.Participle, ["seen|noted|identified|present|unchanged|visualized|demonstrated"]),
        (CueKind.Subject, ["the", "a", "an", "this", "these", "his|her|its|their", "there", "mild|moderate|severe|small|large|minimal|stable|left|right|bilateral|patchy|heart|lungs|lung|cardiac|bony|visualized|some|interval", "he|she|patient|it"]),
    ];
}
