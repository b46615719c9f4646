namespace RadLab.Radiology;

/// <summary>
/// The impression of a report whose findings are written: what matters first, then the answer to the question asked, then what is minor; nothing that the
/// findings do not state.
/// </summary>
internal sealed class ImpressionWriter(ReportWriter report, StudyState study, SeededRandom random, ReportStyle style)
{
    private const int MostItems = 7;

    private readonly SectionText _text = new();
    private readonly List<Action<List<int>>> _items = [];
    private readonly HashSet<int> _summaries = [];

    public string Write()
    {
        var present = report.Order.Where(i => !study.Findings[i].Resolved).ToArray();
        bool acute = present.Any(i => study.Findings[i].Acute);
        var major = Sorted(report.Order.Where(i => study.Findings[i].Rank >= 2));
        var minor = Sorted(report.Order.Where(i => study.Findings[i].Rank == 1 && style.Chance($"minor {study.Findings[i].Finding.Name}", study.Findings[i].Resolved ? 0.4 : 0.65, random)));
        bool answers = study.Reason?.Question is { } asked && report.IsDenied(asked) && report.IsAdmissible([asked, .. study.Reason.NotWith]) && style.Chance("answers the question", 0.8, random);
        bool stable = present.Length > 1 && present.Length == study.Findings.Count && present.All(i => study.Findings[i].Change == EntityChange.Unchanged) && style.Chance("says that nothing has changed", 0.4, random);

        if (study.Findings.Count == 0 && style.Chance("sums up a normal study", 0.45, random)) AddSummary(study.Exam.Normal, $"abnormality of {study.Exam.Noun.Replace("{side} ", "", StringComparison.Ordinal)}");
        else
        {
            bool nothingAcute = !acute && (major.Count + minor.Count == 0 || style.Chance("says that nothing is acute", 0.7, random));
            bool first = style.Chance("begins with nothing acute", 0.5, random);
            if (answers && !acute) AddAnswer();
            if (answers && nothingAcute && style.Chance("lets the answer be enough", 0.5, random)) nothingAcute = false;
            if (nothingAcute && first) AddNothingAcute();
            AddStates(major);
            if (answers && acute) AddAnswer();
            AddStates(minor);
            if (nothingAcute && !first) AddNothingAcute();
            if (stable) AddStable(present);
        }
        if (_items.Count == 0) AddNothingAcute();
        return WriteItems();
    }

    private List<int> Sorted(IEnumerable<int> states) =>
        [.. states.OrderByDescending(i => study.Findings[i].Rank * 4 + (study.Findings[i].Acute ? 2 : 0) + (study.Findings[i].Resolved ? -3 : 0))];

    private string WriteItems()
    {
        int count = Math.Min(_items.Count, MostItems);
        bool numbered = style.Impression is ImpressionLayout.NumberedLines or ImpressionLayout.Numbered && (count > 1 || random.Chance(0.1));
        var said = new HashSet<string>();
        int number = 0;
        for (int n = 0; n < count; n++)
        {
            int before = _text.Length;
            var entities = report.Entities.ToArray();
            if (n > 0 && style.Impression is ImpressionLayout.NumberedLines or ImpressionLayout.Lines) _text.NewLine();
            if (numbered)
            {
                _text.BeginSentence();
                _text.AppendRaw(FormattableString.Invariant($"{++number}. "));
            }
            _text.BeginSentence();
            int start = _text.Length;
            var touched = new List<int>();
            _items[n](touched);
            if (!said.Add(_text.ToString()[start..]) && _summaries.Contains(n))
            {
                // the question's answer and "nothing acute" can be the same sentence: once is enough
                _text.CutTo(before);
                number--;
                report.Restore(entities);
                continue;
            }
            report.AddStatement(new SyntheticSpan(start, _text.Length - start), touched);
        }
        return _text.ToString();
    }

    private void AddStates(List<int> states)
    {
        foreach (int i in states)
        {
            var state = study.Findings[i];
            var wordings = CommonWordings.Impression(state);
            _items.Add(touched =>
            {
                report.WriteState(i, _text, wordings, false, touched);
                if (!state.Resolved && !state.Old && state.Certainty == EntityCertainty.Certain && style.Chance($"advises {state.Finding.Name}", state.Finding.AdviceChance, random) && state.Finding.Advice?.Invoke(state) is { } advice)
                    report.WriteSentence(_text, advice, new FindingSlots(state, state.Finding.NounList[state.Kind], study.Side, style, random));
            });
        }
    }

    private void AddAnswer() => _items.Add(touched =>
    {
        int start = report.WriteSentence(_text, CommonWordings.QuestionAbsent, new NamedSlots(("ask", study.Reason!.Asks)));
        var span = new SyntheticSpan(start, _text.Length - start);
        string question = study.Reason!.Question!, asks = study.Reason.Asks;
        int denied = report.Deny(question, study.Exam.Noun, span, false, mention: asks == question);
        // "no metastatic disease" rests on "no lymphadenopathy", and is a name of its own
        if (asks != question) touched.Add(report.Deny(asks[..2] == "a " ? asks[2..] : asks.StartsWith("an ", StringComparison.Ordinal) ? asks[3..] : asks, study.Exam.Noun, span, false));
        touched.Add(denied);
    });

    private void AddNothingAcute() => AddSummary(study.Exam.NothingAcute, study.Exam.AcuteConcept);

    private void AddStable(int[] present) => _items.Add(touched =>
    {
        report.WriteSentence(_text, CommonWordings.NoChange, new NamedSlots(("prior", style.Prior)));
        touched.AddRange(present.Select(report.EntityOf));
    });

    private void AddSummary(Wordings wordings, string concept)
    {
        _summaries.Add(_items.Count);
        _items.Add(touched =>
        {
            int start = report.WriteSentence(_text, wordings, new NamedSlots(("side", FindingState.SideWord(study.Side))));
            var stated = Enumerable.Range(0, report.Entities.Count).Where(i => report.Entities[i].Findings is not null).ToArray();
            var denied = stated.Where(i => report.Entities[i].Negated).ToArray();
            // it sums up what is denied; where nothing is, that all that is described is not acute
            touched.AddRange(denied.Length > 0 ? denied : stated);
            touched.Insert(0, report.Deny(concept, study.Exam.Noun, new SyntheticSpan(start, _text.Length - start), false));
        });
    }
}
