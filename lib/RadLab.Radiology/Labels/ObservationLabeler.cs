namespace RadLab.Radiology;

/// <summary>
/// Labels radiology reports by rules: phrases of every label, judged by the words around them (<see cref="NegationRules"/>). Immutable; any number of
/// threads may label at once.
/// </summary>
/// <remarks>
/// A report's mentions of a label are united as the CheXpert labeller does it: any positive one makes it positive; else an uncertain one makes it uncertain;
/// else it is negative where mentioned at all. Organs ("heart size") count through what their clause says of them: enlarged is positive, normal (also "upper limits
/// of normal") is negative, stable or obscured is uncertain, anything else no mention. CheXpert calls probable, borderline and alternative findings uncertain; ChestX-ray14 knows
/// yes and no only, and they are positive there.
/// </remarks>
public sealed class ObservationLabeler
{
    private const int Roles = 4;
    private const int Finding = 0, Organ = 1, Veto = 2, Hint = 3;

    private readonly ObservationRules _rules;
    private readonly PhraseTable _phrases;
    private readonly int _noFinding, _unimportant;

    [ThreadStatic]
    private static SentenceReading? s_reading;

    private ObservationLabeler(ObservationRules rules)
    {
        _rules = rules;
        _phrases = SentenceReading.WithCues(new PhraseTable());
        for (int i = 0; i < rules.Labels.Length; i++)
        {
            var rule = rules.Labels[i];
            Add(rule.Findings, i, Finding);
            Add(rule.Organs, i, Organ);
            Add(rule.Vetoes, i, Veto);
            Add(rule.Hints, i, Hint);
        }
        Add(rules.OtherFindings, rules.Labels.Length, Finding);
        _phrases.Freeze();
        Labels = [.. rules.Labels.Select(r => r.Label)];
        _noFinding = Array.FindIndex(rules.Labels, r => r.Label == rules.NoFinding);
        _unimportant = Array.FindIndex(rules.Labels, r => r.Label == rules.Unimportant);
    }

    /// <summary>The 14 observations of CheXpert in the order of CheXbert (Irvin et al., AAAI 2019; Smit et al., EMNLP 2020).</summary>
    public static ObservationLabeler CheXpert { get; } = new(CheXpertRules.All);

    /// <summary>The 14 labels of ChestX-ray14 (Wang et al., CVPR 2017), as in Open-i's gold labels.</summary>
    public static ObservationLabeler ChestXray14 { get; } = new(ChestXray14Rules.All);

    public string Name => _rules.Name;

    public IReadOnlyList<string> Labels { get; }

    /// <summary>The labels of a report: findings, impression or both. A text without words has none, not even "No Finding".</summary>
    public ReportLabels Label(string text) => Label(text, null);

    /// <summary>As above; every judged phrase is appended to <paramref name="mentions"/>.</summary>
    public ReportLabels Label(string text, List<LabelMention>? mentions)
    {
        ArgumentNullException.ThrowIfNull(text);
        var reading = s_reading ??= new SentenceReading();
        Span<int> seen = stackalloc int[_rules.Labels.Length + 1];   // bits: 1 positive, 2 negative, 4 uncertain
        seen.Clear();
        bool words = false;
        for (int start = 0, end; start < text.Length; start = end)
        {
            end = Sentences.NextEnd(text, start);
            bool any = reading.Read(text, start, end, _phrases);
            words = words || reading.HasWords(text);
            if (any) Judge(reading, seen, mentions);
        }

        var statuses = new LabelStatus[_rules.Labels.Length];
        bool clean = true;
        for (int i = 0; i < seen.Length; i++)
        {
            var status = (seen[i] & 1) != 0 ? LabelStatus.Positive : (seen[i] & 4) != 0 ? LabelStatus.Uncertain : seen[i] != 0 ? LabelStatus.Negative : LabelStatus.NotMentioned;
            if (i < statuses.Length) statuses[i] = status;
            if (i != _unimportant && status is LabelStatus.Positive or LabelStatus.Uncertain) clean = false;
        }
        if (_noFinding >= 0) statuses[_noFinding] = clean && words ? LabelStatus.Positive : LabelStatus.NotMentioned;
        return new ReportLabels(Labels, statuses);
    }

    private void Judge(SentenceReading reading, Span<int> seen, List<LabelMention>? mentions)
    {
        var own = reading.Own;
        for (int m = 0; m < own.Count; m++)
        {
            var match = own[m];
            int label = (match.Value - SentenceReading.FirstOwnValue) / Roles, role = (match.Value - SentenceReading.FirstOwnValue) % Roles;
            if (role == Veto || IsInside(own, m, label, role)) continue;
            var status = role == Organ ? OrganStatus(reading, match) : _rules.Status(AssertionRules.Judge(reading.Cues, reading.Clause, match.First, match.End));
            if (role == Hint && status == LabelStatus.Positive) status = LabelStatus.Uncertain;
            if (status == LabelStatus.NotMentioned || (role == Hint && status == LabelStatus.Negative)) continue;
            seen[label] |= status switch { LabelStatus.Positive => 1, LabelStatus.Negative => 2, _ => 4 };
            if (mentions is null || label == _rules.Labels.Length) continue;
            int from = reading.Words[match.First].Start;
            mentions.Add(new LabelMention(Labels[label], from, reading.Words[match.End - 1].End - from, status));
        }
    }

    // a phrase inside a longer one of the same label, or inside a veto; hints ("heart failure") are often vetoes, too
    private static bool IsInside(List<PhraseMatch> own, int m, int label, int role)
    {
        var match = own[m];
        foreach (var other in own)
        {
            if (other.First > match.First) break;
            if (other.End < match.End || (other.Value - SentenceReading.FirstOwnValue) / Roles != label) continue;
            bool veto = (other.Value - SentenceReading.FirstOwnValue) % Roles == Veto;
            if (veto ? role != Hint : other.Length > match.Length) return true;
        }
        return false;
    }

    private LabelStatus OrganStatus(SentenceReading reading, PhraseMatch organ)
    {
        // the nearest word about its size; a word about stability counts only where there is no other
        var best = default(PhraseMatch);
        int least = int.MaxValue;
        foreach (var cue in reading.Cues)
        {
            if ((CueKind)cue.Value is not (CueKind.Normal or CueKind.Enlarged or CueKind.Borderline or CueKind.Unknown)) continue;
            int distance = int.MaxValue;
            if (cue.First >= organ.End && reading.Clause[cue.First] == reading.Clause[organ.End - 1]) distance = 2 * (cue.First - organ.End);
            else if (cue.End <= organ.First && organ.First - cue.End <= 5 && reading.Clause[cue.End - 1] == reading.Clause[organ.First]) distance = 2 * (organ.First - cue.End) + 1;
            if (distance == int.MaxValue) continue;
            if ((CueKind)cue.Value == CueKind.Unknown) distance += 1000;
            if (distance < least) (best, least) = (cue, distance);
        }
        if (least == int.MaxValue) return LabelStatus.NotMentioned;
        var said = AssertionRules.Judge(reading.Cues, reading.Clause, best.First, best.End);
        return (CueKind)best.Value switch
        {
            CueKind.Enlarged => _rules.Status(said),
            CueKind.Normal => said is Shade.Present or Shade.Favoured ? LabelStatus.Negative : LabelStatus.Uncertain,
            CueKind.Borderline => _rules.Status(Shade.Favoured),
            _ => LabelStatus.Uncertain,
        };
    }

    private void Add(string[] patterns, int label, int role)
    {
        foreach (string pattern in patterns) _phrases.Add(pattern, SentenceReading.FirstOwnValue + label * Roles + role);
    }
}
