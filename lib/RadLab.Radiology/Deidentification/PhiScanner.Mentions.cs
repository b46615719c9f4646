namespace RadLab.Radiology;

/// <summary>Further mentions of names that were found.</summary>
internal ref partial struct PhiScanner
{
    /// <summary>Every further mention of a name that was found: "Petrovic" after "Mrs. Anna Petrovic".</summary>
    private void FurtherMentions()
    {
        int count = _found.Count;
        for (int f = 0; f < count; f++)
        {
            var finding = _found[f];
            if (finding.Kind != PhiKind.Name) continue;
            for (int k = 0; k < _tokens.Length && _tokens[k].Start < finding.End; k++)
            {
                if (_tokens[k].Start < finding.Start || !IsWord(k) || _tokens[k].Length < 3 || (_tokens[k].Case == LetterCase.Upper && _tokens[k].Length < 5 && !_tokens[k].Shouted) || _tokens[k].Has(WordUse.Function | WordUse.Title | WordUse.Particle)) continue;
                Mentions(k);
            }
        }
    }

    private void Mentions(int name)
    {
        bool explained = !_tokens[name].Unknown;
        for (int k = 0; k < _tokens.Length; k++)
        {
            ref readonly var token = ref _tokens[k];
            if (token.Taken || !token.IsWord || token.Length != _tokens[name].Length || !Word(k).Equals(Word(name), StringComparison.OrdinalIgnoreCase)) continue;
            // a name that is also a word counts again only in its own capitals, inside a sentence and before no disease
            if (explained && (token.Case != LetterCase.Capital || SentenceStart(k) || Has(k + 1, WordUse.EponymNoun) || (GluedSymbol(k + 1, '\'') && Has(k + 3, WordUse.EponymNoun)))) continue;
            Take(PhiKind.Name, k, k);
        }
    }
}
