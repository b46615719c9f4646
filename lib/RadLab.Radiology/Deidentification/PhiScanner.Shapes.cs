namespace RadLab.Radiology;

/// <summary>What case, length and place of a token tell, once per text.</summary>
internal ref partial struct PhiScanner
{
    private const WordUse Listed = WordUse.GivenName | WordUse.FamilyName;

    private const WordUse Roles = WordUse.Function | WordUse.Study | WordUse.Credential | WordUse.Title | WordUse.Generic | WordUse.PersonNoun | WordUse.Facility | WordUse.FacilityHead | WordUse.NameLabel | WordUse.WeakLabel
        | WordUse.Label | WordUse.Region | WordUse.Brand | WordUse.Unit | WordUse.Month | WordUse.MonthShort | WordUse.Weekday | WordUse.PersonAct | WordUse.Signer | WordUse.Told | WordUse.EponymNoun | WordUse.Chat | WordUse.DateFollow | WordUse.Heading | WordUse.AddressUnit;

    private void Shapes()
    {
        bool listing = false;
        for (int i = 0; i < _tokens.Length; i++)
        {
            ref var token = ref _tokens[i];
            if (token.Breaks > 0) listing = token.Has(WordUse.Medicines);
            if (token.IsWord) token.Shape = WordShape(i, in token) | (listing ? TokenShape.Listing : TokenShape.None);
            else if (token.IsNumber) token.Shape = NumberShape(i, in token);
            _features.Add(in token);
        }
    }

    private readonly TokenShape WordShape(int i, in TextToken token)
    {
        var shape = TokenShape.Word;
        bool capital = token.Case is LetterCase.Capital || (token.Case == LetterCase.Mixed && (char.IsUpper(_text[token.Start]) || _text[token.Start + 1] is '\'' or '\u2019'));
        bool unknown = token.Unknown, flat = token.Shouted || _small;
        if (token.Length >= 3) shape |= TokenShape.Long;
        if (token.Length >= 5) shape |= TokenShape.Longer;
        if (token.Length is 2 or 3) shape |= TokenShape.Letters;
        if (token.Length == 1) shape |= TokenShape.Letter;
        if (token.Case == LetterCase.Lower) shape |= TokenShape.Lower;
        if (token.Case == LetterCase.Upper && token.Length > 1) shape |= TokenShape.Upper;
        if (unknown) shape |= TokenShape.Unknown;
        if (flat) shape |= TokenShape.Flat;
        else if (capital && token.Length > 1) shape |= TokenShape.Clear;
        if (token.Case == LetterCase.Upper && token.Length is >= 2 and <= 4 && !token.Shouted) shape |= TokenShape.Abbr;
        if (token.Length == 1) return Initial(i, in token) ? shape | TokenShape.Initial | TokenShape.Proper : shape;
        bool proper = capital || token.Case == LetterCase.Upper || _small;
        if (proper) shape |= TokenShape.Proper;
        bool listed = (token.Use & Listed) != 0 && !token.Has(WordUse.Function) && (capital && !token.Shouted && !_small || (proper && !token.Has(WordUse.Ordinary | WordUse.Month | WordUse.Eponym)));
        if (listed || (unknown && proper && (shape & TokenShape.Abbr) == 0)) shape |= TokenShape.Named;
        if (unknown && token.Length > 7 && StreetEnding(Word(i))) shape |= TokenShape.StreetName;
        if ((token.Use & Roles) != 0) shape |= TokenShape.Role;
        if ((proper || unknown) && SentenceStart(i)) shape |= TokenShape.Start;
        return shape;
    }

    /// <summary>A capital, or where case tells nothing any letter, but no article without a point.</summary>
    private readonly bool Initial(int i, in TextToken token)
    {
        bool point = GluedSymbol(i + 1, '.');
        if (i + 1 < _tokens.Length && _tokens[i + 1].Glued && !point && !IsSymbol(i + 1, ',') && !IsSymbol(i + 1, ';')) return false;
        if (token.Glued && i > 0 && !(IsSymbol(i - 1, '.') && i > 1 && (_tokens[i - 2].Length == 1 || _tokens[i - 2].Has(WordUse.Title))) && !IsSymbol(i - 1, '(') && !IsSymbol(i - 1, ',') && !IsSymbol(i - 1, ':') && !IsSymbol(i - 1, '^')) return false;
        return char.IsUpper(_text[token.Start]) || ((_small || point) && char.IsLower(_text[token.Start]) && (point || _text[token.Start] != 'a' || MiddleInitial(i)));
    }

    /// <summary>"demetrius a" at the end of a line or before another unknown word: no article stands there.</summary>
    private readonly bool MiddleInitial(int i) => i > 0 && _tokens[i - 1].Unknown && _tokens[i].Breaks == 0 && (i + 1 >= _tokens.Length || _tokens[i + 1].Breaks > 0 || _tokens[i + 1].IsNumber || _tokens[i + 1].Unknown);

    private static readonly string[] s_streetEndings = ["strasse", "straße", "strase", "gasse", "gata", "gatan", "straat", "laan"];

    private static bool StreetEnding(ReadOnlySpan<char> word)
    {
        foreach (string ending in s_streetEndings)
            if (word.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) return true;
        return false;
    }

    private readonly TokenShape NumberShape(int i, in TextToken token)
    {
        var shape = TokenShape.Number;
        int value = token.Value;
        if (token.Length <= 2 && value is >= 1 and <= 12) shape |= TokenShape.MonthNumber;
        if (token.Length <= 2 && value is >= 1 and <= 31) shape |= TokenShape.DayNumber;
        if (token.Length == 2 && _text[token.Start] == '0') shape |= TokenShape.LeadingZero;
        if (!(token.Glued && i > 0 && (Chained(i - 1) || (IsSymbol(i - 1, ':') && IsNumber(i - 2))))) shape |= TokenShape.Free;
        if (token.Length == 4 && IsYear(value)) shape |= TokenShape.Year;
        if (token.Length == 2) shape |= TokenShape.TwoDigits;
        if (token.Length == 4) shape |= TokenShape.FourDigits;
        if (token.Length == 5) shape |= TokenShape.FiveDigits;
        if (token.Length <= 6) shape |= TokenShape.HouseNumber;
        if (value is >= 90 and <= 125) shape |= TokenShape.OldAge;
        return shape;
    }
}
