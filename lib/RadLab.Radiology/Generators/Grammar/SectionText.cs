namespace RadLab.Radiology;

/// <summary>
/// A section being written: sentences begin with a capital, "a" becomes "an" where the next word asks for it, and what an empty slot leaves behind
/// (double blanks, blanks before punctuation) is removed.
/// </summary>
internal sealed class SectionText
{
    private char[] _text = new char[1024];
    private int _length;
    private bool _sentenceStart = true;
    private bool _article;

    public int Length => _length;

    public override string ToString() => new(_text, 0, _length);

    public void Clear()
    {
        _length = 0;
        (_sentenceStart, _article) = (true, false);
    }

    /// <summary>The next word starts a sentence.</summary>
    public void BeginSentence()
    {
        if (Last is not ('\n' or ' ')) Add(' ');
        _sentenceStart = true;
    }

    /// <summary>Takes back what was written since.</summary>
    public void CutTo(int length)
    {
        _length = length;
        while (_length > 0 && Last is ' ' or '\n') _length--;
        _sentenceStart = true;
    }

    public void NewLine()
    {
        TrimEnd();
        if (_length > 0) Add('\n');
        _sentenceStart = true;
    }

    /// <summary>Text outside the grammar, such as an item's number or an organ's heading.</summary>
    public void AppendRaw(string text)
    {
        foreach (char c in text) Add(c);
    }

    /// <summary>"a" or "an", decided by what comes next.</summary>
    public void AppendArticle() => _article = true;

    public SyntheticSpan AppendTerm(string text)
    {
        FlushArticle(text);
        int start = _length;
        Append(text);
        return new SyntheticSpan(start, _length - start);
    }

    public void Append(string text)
    {
        if (text.Length == 0) return;
        if (_article && text.AsSpan().TrimStart().Length > 0)
        {
            text = text.TrimStart();
            FlushArticle(text);
        }
        foreach (char c in text) Append(c);
    }

    /// <summary>Ends a sentence: removes a blank that an empty slot left.</summary>
    public void TrimEnd()
    {
        while (_length > 0 && Last == ' ') _length--;
    }

    // An empty section ends like a line: nothing is put before its first word.
    private char Last => _length == 0 ? '\n' : _text[_length - 1];

    private void Append(char c)
    {
        char last = Last;
        if (c == ' ')
        {
            if (last is ' ' or '\n') return;
            if (last is '.' or '?') _sentenceStart = true;
        }
        else if (c is '.' or ',' or ';' or ':' or ')' or '?')
        {
            if (last == ' ') _length--;
            if (c == ',' && Last == ',') return;
        }
        else if (_sentenceStart)
        {
            if (char.IsLetter(c)) c = char.ToUpperInvariant(c);
            _sentenceStart = false;
        }
        Add(c);
    }

    private void Add(char c)
    {
        if (_length == _text.Length) Array.Resize(ref _text, 2 * _length);
        _text[_length++] = c;
    }

    private void FlushArticle(string next)
    {
        if (!_article) return;
        _article = false;
        Append(TakesAn(next) ? "an " : "a ");
    }

    // By sound: "an 8 mm", "an 11 mm", "an L4 fracture", but "a uterine mass".
    private static bool TakesAn(string next)
    {
        char first = next[0];
        if (char.IsDigit(first)) return first == '8' || ((next.StartsWith("11", StringComparison.Ordinal) || next.StartsWith("18", StringComparison.Ordinal)) && (next.Length == 2 || !char.IsDigit(next[2])));
        if (char.IsUpper(first) && (next.Length == 1 || !char.IsLower(next[1]))) return "AEFHILMNORSX".Contains(first, StringComparison.Ordinal);
        if (first is 'u' or 'U') return !(next.StartsWith("uni", StringComparison.OrdinalIgnoreCase) || next.StartsWith("ur", StringComparison.OrdinalIgnoreCase) || next.StartsWith("ut", StringComparison.OrdinalIgnoreCase));
        return "aeioAEIO".Contains(first, StringComparison.Ordinal);
    }
}
