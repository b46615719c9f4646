namespace RadLab.Radiology;

/// <summary>Fills the slots of one finding's sentences and remembers where its noun and its diagnosis came to stand.</summary>
internal sealed class FindingSlots(FindingState state, Noun noun, EntitySide examSide, ReportStyle style, SeededRandom random) : ISlots
{
    /// <summary>Whether {since} may name the prior size.</summary>
    public bool MayGivePriorSize { get; init; } = true;

    /// <summary>Where {x} stands.</summary>
    public SyntheticSpan? Noun { get; private set; }

    /// <summary>Names of the slots that wrote something: what the sentence tells about the finding.</summary>
    public List<string> Said { get; } = [];

    /// <summary>Whether the prior size was given.</summary>
    public bool SaidPriorSize { get; private set; }

    /// <summary>Where the diagnosis of {dx} stands.</summary>
    public SyntheticSpan? Diagnosis { get; private set; }

    public bool IsPlural => noun.IsPlural || (state.Side == EntitySide.Both && !noun.IsMass);

    public bool Fill(string slot, SectionText text)
    {
        Said.Add(slot);
        switch (slot)
        {
            case "x": Noun = text.AppendTerm(IsPlural ? noun.Plural : noun.Singular); break;
            case "a": if (!IsPlural && !noun.IsMass) text.AppendArticle(); break;
            case "there":
                text.Append(IsPlural ? "there are" : "there is");
                if (!IsPlural && !noun.IsMass)
                {
                    text.Append(" ");
                    text.AppendArticle();
                }
                break;
            case "is": text.Append(IsPlural ? "are" : "is"); break;
            case "has": text.Append(IsPlural ? "have" : "has"); break;
            case "was": text.Append(IsPlural ? "were" : "was"); break;
            case "s": if (!IsPlural) text.Append("s"); break;
            case "side": if (state.Finding.Side != FindingSide.Exam) text.Append(FindingState.SideWord(state.Side)); break;
            case "examside": text.Append(FindingState.SideWord(examSide)); break;
            case "place": text.Append(state.Place); break;
            case "at":
                if (state.PlaceIndex >= 0) text.Append(state.Finding.At.Replace("{place}", state.Place, StringComparison.Ordinal));
                break;
            case "size": if (state.SizeMm.Length > 0) text.Append(style.Size(state.SizeMm)); break;
            case "grade": text.Append(state.Severity); break;
            case "new": ChangeWords.Before(state, noun.IsMass, style, text, random); break;
            case "since": SaidPriorSize |= ChangeWords.After(state, IsPlural, MayGivePriorSize, style, text, random); break;
            case "prior": text.Append(style.Prior); break;
            case "dx": WriteDiagnosis(text); break;
            default: return WriteTrait(slot, text);
        }
        return true;
    }

    private void WriteDiagnosis(SectionText text)
    {
        if (state.Diagnosis < 0) return;
        text.Append(", ");
        text.Append(DiagnosisWords.Pick(state.DiagnosisCertainty, style, random));
        text.Append(" ");
        Diagnosis = text.AppendTerm(state.Finding.Diagnoses[state.Diagnosis]);
    }

    private bool WriteTrait(string slot, SectionText text)
    {
        for (int i = 0; i < state.Traits.Length; i++)
        {
            if (state.Finding.Traits[i].Name != slot) continue;
            text.Append(state.Finding.Traits[i].Values[state.Traits[i]].Replace("{side}", FindingState.SideWord(state.Side), StringComparison.Ordinal));
            return true;
        }
        return false;
    }
}

/// <summary>Fills slots by name from a few fixed values; {a} is the article of what follows.</summary>
internal sealed class NamedSlots(params (string Name, string Value)[] values) : ISlots
{
    public bool Fill(string slot, SectionText text)
    {
        if (slot == "a")
        {
            text.AppendArticle();
            return true;
        }
        foreach (var (name, value) in values)
        {
            if (name != slot) continue;
            text.Append(value);
            return true;
        }
        return false;
    }
}
