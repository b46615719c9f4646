namespace RadLab.Radiology;

/// <summary>Turns one study's state into sections, entities and statements.</summary>
/// <param name="habits">Of the radiologist who writes every report of the data set; null: each report by another.</param>
internal sealed class ReportWriter(StudyState study, SeededRandom random, HoldOut holdOut, RadiologistHabits? habits = null)
{
    private readonly ReportStyle _style = ReportStyle.Of(habits, random);
    private readonly SectionText _text = new();
    private readonly List<SyntheticEntity> _entities = [];
    private readonly List<SyntheticStatement> _statements = [];

    // entity of each state, and of its diagnosis; -1 until it is named
    private readonly int[] _entityOf = [.. Enumerable.Repeat(-1, study.Findings.Count)];
    private readonly int[] _diagnosisOf = [.. Enumerable.Repeat(-1, study.Findings.Count)];
    private List<int>? _order;

    public IReadOnlyList<SyntheticEntity> Entities => _entities;

    public IReadOnlyList<SyntheticStatement> Statements => _statements;

    /// <summary>Classes of the templates used so far, for tests of the held-out split.</summary>
    public HashSet<string> Used { get; } = [];

    public string Findings()
    {
        _text.Clear();
        bool any = false;
        foreach (var organ in study.Exam.Organs)
        {
            if (organ.Sex != 0 && organ.Sex != study.Sex) continue;
            int before = _text.Length;
            WriteOrgan(organ, !any);
            any |= _text.Length > before;
        }
        _text.TrimEnd();
        return _text.ToString();
    }

    public string Impression() => new ImpressionWriter(this, study, random, _style).Write();

    public string Indication()
    {
        string reason;
        if (study.FollowUpOf is { } followed)
        {
            _text.Clear();
            var slots = new FindingSlots(followed, followed.Finding.NounList[followed.Kind], study.Side, _style, random);
            SentenceTemplate.Parse(CommonWordings.FollowUp.Pick(random, holdOut, habits)).Write(_text, slots, random, habits);
            reason = _text.ToString();
            reason = char.ToLowerInvariant(reason[0]) + reason[1..];
        }
        else
        {
            reason = study.Reason!.Says.Pick(random, holdOut, habits).Replace("{side}", FindingState.SideWord(study.Side), StringComparison.Ordinal);
        }
        bool asks = study.Reason is { Asks.Length: > 0 } && random.Chance(0.5);
        var (who, letter) = study.Sex == 'F' ? (study.Age < 18 ? "girl" : random.Chance(0.5) ? "woman" : "female", "F") : (study.Age < 18 ? "boy" : random.Chance(0.5) ? "man" : "male", "M");
        return Sentence(study.FollowUpOf is not null ? CommonWordings.FollowUpIndication : asks ? CommonWordings.IndicationWithQuestion : CommonWordings.Indication,
            ("reason", reason), ("age", FormattableString.Invariant($"{study.Age}")), ("who", who), ("letter", letter), ("ask", study.Reason?.Asks ?? ""));
    }

    public string Technique() => Sentence(study.Exam.Techniques, ("side", FindingState.SideWord(study.Side)), ("ml", FormattableString.Invariant($"{random.Between(7, 13) * 10}")));

    public string Title() => study.Exam.Titles.Pick(random, holdOut, habits).Replace("{side}", FindingState.SideWord(study.Side), StringComparison.Ordinal).Replace("{SIDE}", FindingState.SideWord(study.Side).ToUpperInvariant(), StringComparison.Ordinal);

    public string Comparison() => study.HasPrior
        ? Sentence(CommonWordings.Comparison, ("noun", study.Exam.Noun.Replace("{side}", FindingState.SideWord(study.Side), StringComparison.Ordinal)), ("ago", Ago(study.DaysSincePrior)))
        : Sentence(CommonWordings.NoComparison);

    /// <summary>States in the order in which the findings name them.</summary>
    internal IReadOnlyList<int> Order => _order ?? throw new InvalidOperationException("ReportWriter: the findings come first.");

    internal int EntityOf(int state) => _entityOf[state];

    internal bool IsAdmissible(string[] concepts) => !study.Findings.Any(s => !s.Resolved && s.Finding.IsAny(concepts));

    /// <summary>Writes one sentence about a state and enters it (and its diagnosis) among the entities.</summary>
    internal SyntheticSpan WriteState(int index, SectionText text, Wordings wordings, bool inFindings, List<int> touched)
    {
        var state = study.Findings[index];
        var slots = new FindingSlots(state, PickNoun(state), study.Side, _style, random) { MayGivePriorSize = inFindings || (_entityOf[index] >= 0 && _entities[_entityOf[index]].PriorSizeMm.Count > 0) };
        int start = WriteSentence(text, wordings, slots);
        var span = new SyntheticSpan(start, text.Length - start);
        if (_entityOf[index] < 0)
        {
            _entityOf[index] = _entities.Count;
            _entities.Add(EntityFor(state));
        }
        int entity = _entityOf[index];
        _entities[entity] = AddSaid(Place(_entities[entity], slots.Noun ?? span, inFindings), state, slots);
        touched.Add(entity);
        if (slots.Diagnosis is { } named)
        {
            if (_diagnosisOf[index] < 0)
            {
                _diagnosisOf[index] = _entities.Count;
                _entities.Add(new SyntheticEntity { Name = state.Finding.Diagnoses[state.Diagnosis], Organ = state.Organ.Name, Place = state.Place, Side = state.TrueSide, Certainty = state.DiagnosisCertainty, Explains = entity });
            }
            int diagnosis = _diagnosisOf[index];
            _entities[diagnosis] = Place(_entities[diagnosis], named, inFindings);
            touched.Add(diagnosis);
        }
        return span;
    }

    /// <summary>Enters an absence, or its second mention.</summary>
    /// <param name="mention">Whether the span names it.</param>
    internal int Deny(string concept, string organ, SyntheticSpan span, bool inFindings, bool mention = true)
    {
        int index = _entities.FindIndex(e => e.Name == concept && e.Negated && e.Change == EntityChange.NotCompared);
        if (index < 0)
        {
            index = _entities.Count;
            _entities.Add(new SyntheticEntity { Name = concept, Organ = organ, Negated = true });
        }
        var entity = _entities[index];
        if (mention && (inFindings ? entity.Findings is null : entity.Impression is null)) _entities[index] = Place(entity, span, inFindings);
        return index;
    }

    /// <summary>Takes back what an impression item entered that is not written after all.</summary>
    internal void Restore(SyntheticEntity[] entities)
    {
        _entities.Clear();
        _entities.AddRange(entities);
    }

    internal bool IsDenied(string concept) => _entities.Exists(e => e.Negated && e.Name == concept && e.Change == EntityChange.NotCompared);

    internal void AddStatement(SyntheticSpan span, IReadOnlyList<int> entities) => _statements.Add(new SyntheticStatement(span, entities));

    internal int WriteSentence(SectionText text, Wordings wordings, ISlots slots)
    {
        var template = holdOut.Pick(wordings, random, habits);
        Used.Add(TemplateSplit.ClassOf(template.Source));
        text.BeginSentence();
        int start = text.Length;
        template.Write(text, slots, random, habits);
        text.TrimEnd();
        return start;
    }

    // synonyms can be held out; what kind it is, is not a matter of words
    private Noun PickNoun(FindingState state)
    {
        var nouns = state.Old && state.Finding.OldNounList.Length > 0 ? state.Finding.OldNounList : state.Finding.NounList;
        return state.Finding.HasKinds && nouns == state.Finding.NounList ? nouns[state.Kind] : nouns[holdOut.PickWord(nouns.Length, random, nouns[0].Singular, habits)];
    }

    private static SyntheticEntity Place(SyntheticEntity entity, SyntheticSpan span, bool inFindings) => inFindings ? entity with { Findings = span } : entity with { Impression = span };

    private static SyntheticEntity EntityFor(FindingState state) => new()
    {
        Name = state.Finding.Name,
        Organ = state.Organ.Name,
        Place = state.Place,
        Side = state.TrueSide,
        Negated = state.Resolved,
        Certainty = state.Resolved ? EntityCertainty.Certain : state.Certainty,
        Change = state.Change,
        Attributes = [.. state.Finding.HasKinds && !state.Old ? [KeyValuePair.Create("kind", state.Finding.NounList[state.Kind].Singular)] : Array.Empty<KeyValuePair<string, string>>(),
            .. state.Old ? [KeyValuePair.Create("age", "old")] : Array.Empty<KeyValuePair<string, string>>()],
    };

    // an entity has what the text says about it, so that it can be found there
    private static SyntheticEntity AddSaid(SyntheticEntity entity, FindingState state, FindingSlots slots)
    {
        if (state.Resolved) return entity;
        List<KeyValuePair<string, string>>? added = null;
        for (int t = 0; t < state.Traits.Length; t++)
        {
            var trait = state.Finding.Traits[t];
            if (slots.Said.Contains(trait.Name) && !entity.Attributes.Any(a => a.Key == trait.Name)) (added ??= [.. entity.Attributes]).Add(KeyValuePair.Create(trait.Name, trait.Values[state.Traits[t]]));
        }
        return entity with
        {
            Severity = slots.Said.Contains("grade") ? state.Severity : entity.Severity,
            SizeMm = slots.Said.Contains("size") ? state.SizeMm : entity.SizeMm,
            PriorSizeMm = slots.SaidPriorSize ? state.PriorSizeMm : entity.PriorSizeMm,
            Attributes = added ?? entity.Attributes,
        };
    }

    private void WriteOrgan(ReportOrgan organ, bool first)
    {
        if (_style.Layout != FindingsLayout.Prose && !first) _text.NewLine();
        int start = _text.Length;
        if (_style.Layout == FindingsLayout.Headed) _text.AppendRaw((_style.UpperCaseHeadings ? organ.Name.ToUpperInvariant() : organ.Name) + ": ");
        int body = _text.Length;

        _order ??= [];
        int[] own = [.. Enumerable.Range(0, study.Findings.Count).Where(i => study.Findings[i].Organ == organ)];
        own = organ.ByPlace ? [.. own.OrderBy(i => study.Findings[i].PlaceIndex)] : [.. own.OrderByDescending(i => study.Findings[i].Rank)];
        var touched = new List<int>();
        foreach (int i in own)
        {
            var state = study.Findings[i];
            WriteState(i, _text, CommonWordings.Findings(state), true, touched);
            _order.Add(i);
        }
        WriteNegatives(organ);
        bool abnormal = own.Any(i => !study.Findings[i].Resolved);
        foreach (var normal in organ.Normals)
        {
            if ((normal.Sex != 0 && normal.Sex != study.Sex) || (normal.Contrast is { } c && c != study.Exam.Contrast) || !IsAdmissible(normal.Denies)) continue;
            if (normal.Denies.Any(IsDenied)) continue;
            bool asked = study.Reason?.Question is { } question && Array.IndexOf(normal.Denies, question) >= 0;
            if (asked || random.Chance(abnormal ? normal.Chance * 0.8 : normal.Chance)) WriteNormal(normal.Says, normal.Denies, organ);
        }
        if (abnormal && organ.Otherwise is not null && random.Chance(0.35)) WriteNormal(organ.Otherwise, [$"other abnormality of {organ.Name.ToLowerInvariant()}"], organ);
        // an organ about which nothing is said gets a sentence after all, or its heading goes
        if (_text.Length == body)
        {
            var any = organ.Normals.Where(n => (n.Sex == 0 || n.Sex == study.Sex) && (n.Contrast is null || n.Contrast == study.Exam.Contrast) && IsAdmissible(n.Denies)).ToArray();
            if (any.Length > 0 && (_style.Layout == FindingsLayout.Headed || _text.Length == 0)) WriteNormal(any[0].Says, any[0].Denies, organ);
            else _text.CutTo(start);
        }
    }

    private void WriteNormal(Wordings says, string[] denies, ReportOrgan organ)
    {
        int start = WriteSentence(_text, says, new NamedSlots(("side", FindingState.SideWord(study.Side))));
        var span = new SyntheticSpan(start, _text.Length - start);
        foreach (string concept in denies) Deny(concept, organ.Name, span, true);
    }

    private void WriteNegatives(ReportOrgan organ)
    {
        var items = new List<(string Concept, string Word)>();
        foreach (var item in organ.Negatives)
        {
            if ((item.Contrast is { } c && c != study.Exam.Contrast) || !IsAdmissible([item.Concept])) continue;
            if (item.Concept == study.Reason?.Question || random.Chance(0.55)) items.Add((item.Concept, _style.Pick(item.Words, random)));
        }
        if (items.Count == 0) return;
        if (random.Chance(0.3)) items.Reverse();
        var slots = new NegativeSlots(items, _style);
        WriteSentence(_text, CommonWordings.NegativeList, slots);
        for (int i = 0; i < items.Count; i++) Deny(items[i].Concept, organ.Name, slots.Spans[i], true);
    }

    private string Sentence(Wordings wordings, params (string Name, string Value)[] values)
    {
        _text.Clear();
        WriteSentence(_text, wordings, new NamedSlots(values));
        return _text.ToString();
    }

    private static string Ago(int days)
    {
        var (count, unit) = days < 14 ? (days, "day") : days < 60 ? (days / 7, "week") : days < 700 ? ((days + 15) / 30, "month") : (days / 365, "year");
        return FormattableString.Invariant($"{count} {unit}{(count == 1 ? "" : "s")}");
    }

    private sealed class NegativeSlots(List<(string Concept, string Word)> items, ReportStyle style) : ISlots
    {
        public SyntheticSpan[] Spans { get; } = new SyntheticSpan[items.Count];

        public bool Fill(string slot, SectionText text)
        {
            if (slot != "list") return false;
            for (int i = 0; i < items.Count; i++)
            {
                if (i > 0) text.Append(i < items.Count - 1 ? ", " : items.Count > 2 && style.SerialComma ? ", or " : " or ");
                Spans[i] = text.AppendTerm(items[i].Word);
            }
            return true;
        }
    }
}
