namespace RadLab.Radiology;

/// <summary>The scanner's word lists in one open-addressed table: text of any case in, uses out, nothing allocated.</summary>
internal static class Lexicon
{
    private const int Longest = 24;

    private static readonly string[] s_words;
    private static readonly WordUse[] s_uses;
    private static readonly int s_mask;

    static Lexicon()
    {
        var all = new Dictionary<string, WordUse>(StringComparer.Ordinal);
        Add(all, "vocabulary", WordUse.Ordinary);
        Add(all, "given-names", WordUse.GivenName);
        Add(all, "family-names", WordUse.FamilyName);
        Add(all, "cities", WordUse.City);
        Add(all, "eponyms", WordUse.Eponym);
        Add(all, "brands", WordUse.Brand);
        foreach (string line in WordLists.Lines("context"))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            var use = Enum.Parse<WordUse>(line[..colon]);
            foreach (string word in line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)) Put(all, word, use | WordUse.Ordinary);
        }
        foreach (string word in PhiRules.Words) Put(all, word, WordUse.Ordinary);
        foreach (string word in PhiLabels.FirstWords) Put(all, word, WordUse.Label | WordUse.Ordinary);

        int size = 1;
        while (size < all.Count * 3) size *= 2;
        s_mask = size - 1;
        s_words = new string[size];
        s_uses = new WordUse[size];
        foreach (var (word, use) in all)
        {
            int at = (int)Hash(word) & s_mask;
            while (s_words[at] is not null) at = (at + 1) & s_mask;
            s_words[at] = word;
            s_uses[at] = use;
        }
    }

    /// <summary>What the word can mean; a form in -s, -es, -ed, -ing, -ly, -er or -ies is as ordinary as its stem.</summary>
    public static WordUse Find(ReadOnlySpan<char> word) => Find(word, out _);

    /// <summary>No word has a higher number.</summary>
    public static int MostNumber => s_mask + 1;

    /// <summary>The word's number, by which rules name it; every word that a rule names is in the table.</summary>
    public static int Number(string word)
    {
        Look(word, out int number);
        return number > 0 ? number : throw new InvalidOperationException($"De-identification: the rules name the word \"{word}\", which is not in the lexicon.");
    }

    /// <param name="word">Any case.</param>
    /// <param name="number">The word's number, or that of the word that was meant where two letters changed places; 0 for words of no list.</param>
    public static WordUse Find(ReadOnlySpan<char> word, out int number)
    {
        number = 0;
        if (word.Length > Longest) return word.Contains('-') ? WordUse.None : Medical(word);
        Span<char> lower = stackalloc char[Longest + 1];
        for (int i = 0; i < word.Length; i++) lower[i] = char.ToLowerInvariant(word[i]);
        var use = Look(lower[..word.Length], out number);
        if (use == WordUse.None && Contracted(lower[..word.Length])) return WordUse.Function | WordUse.Ordinary;
        if (use == WordUse.None && word.Length > 4 && MonthSlip.Is(lower[..word.Length])) return WordUse.MonthShort;
        if (use == WordUse.None && word.Length > 4 && Exchanged(lower[..word.Length]) is var at and > 0)
        {
            (lower[at], lower[at + 1]) = (lower[at + 1], lower[at]);
            return Look(lower[..word.Length], out number);
        }
        return (use & (WordUse.Ordinary | WordUse.Function)) != 0 || word.Length < 3 || !Stemmed(lower, word.Length) ? use : use | WordUse.Ordinary;
    }

    /// <summary>The word that was meant where two neighbouring letters changed places ("pateint", "Technoloigst"), or an empty string.</summary>
    public static string Meant(ReadOnlySpan<char> word)
    {
        if (word.Length is < 5 or > Longest) return "";
        Span<char> lower = stackalloc char[Longest + 1];
        for (int i = 0; i < word.Length; i++) lower[i] = char.ToLowerInvariant(word[i]);
        int at = Exchanged(lower[..word.Length]);
        if (at == 0) return "";
        (lower[at], lower[at + 1]) = (lower[at + 1], lower[at]);
        return lower[..word.Length].ToString();
    }

    /// <summary>The first of the two letters that changed places in an ordinary word; 0 where there is none.</summary>
    private static int Exchanged(Span<char> lower)
    {
        if (Stemmed(lower, lower.Length)) return 0;
        for (int i = 1; i + 1 < lower.Length; i++)
        {
            if (lower[i] == lower[i + 1]) continue;
            (lower[i], lower[i + 1]) = (lower[i + 1], lower[i]);
            var use = Look(lower);
            (lower[i], lower[i + 1]) = (lower[i + 1], lower[i]);
            if ((use & WordUse.Ordinary) != 0 && (use & (WordUse.GivenName | WordUse.FamilyName)) == 0) return i;
        }
        return 0;
    }

    /// <summary>hasn't, we've, she'll, they're, I'd, I'm: no name ends so.</summary>
    private static bool Contracted(ReadOnlySpan<char> lower)
    {
        int at = lower.IndexOfAny('\'', '\u2019');
        return at > 0 && lower[(at + 1)..] is "t" or "ve" or "ll" or "re" or "d" or "m";
    }

    private static bool Stemmed(Span<char> w, int n)
    {
        if (Medical(w[..n]) != WordUse.None) return true;
        if (w[n - 1] == 's' && (Known(w, n - 1) || (w[n - 2] == 'e' && (Known(w, n - 2) || (n > 4 && w[n - 3] == 'i' && Known(w, n - 3, 'y')))))) return true;
        if (w[n - 1] == 'd' && w[n - 2] == 'e' && (Known(w, n - 2) || Known(w, n - 1) || (n > 4 && w[n - 3] == 'i' && Known(w, n - 3, 'y')) || Doubled(w, n - 2))) return true;
        if (w[n - 1] == 'r' && w[n - 2] == 'e' && n > 4 && (Known(w, n - 2) || Known(w, n - 1))) return true;
        if (w[n - 1] == 'y' && w[n - 2] == 'l' && (Known(w, n - 2) || Known(w, n - 1, 'e') || (n > 6 && w[n - 3] == 'i' && Known(w, n - 3, 'y')))) return true;
        return w[..n].EndsWith("ing") && n > 5 && (Known(w, n - 3) || Known(w, n - 3, 'e') || Doubled(w, n - 3));
    }

    private static bool Doubled(Span<char> w, int n) => n > 3 && w[n - 1] == w[n - 2] && Known(w, n - 1);

    /// <summary>Whether the first n letters, and one more where given, are an ordinary word of at least three letters.</summary>
    private static bool Known(Span<char> w, int n, char last = '\0')
    {
        if (n < 3) return false;
        if (last == '\0') return (Look(w[..n]) & WordUse.Ordinary) != 0;
        char kept = w[n];
        w[n] = last;
        bool known = (Look(w[..(n + 1)]) & WordUse.Ordinary) != 0;
        w[n] = kept;
        return known;
    }

    // endings that no name has; a word that carries one is a term, whether a list holds it or not
    private static readonly string[] s_endings =
    [
        "itis", "osis", "oses", "ectomy", "ectasis", "ectatic", "oscopy", "oscopic", "ography", "ographic", "ogram", "ograms", "otomy", "ostomy", "oplasty", "omegaly", "opathy", "opathic", "uria", "emia", "emic",
        "algia", "plegia", "paresis", "trophy", "trophic", "genic", "lysis", "lytic", "stenosis", "scopy", "cranial", "ular", "ation", "ations", "ology", "ologic", "ological", "ologist", "ologists", "tension",
        "thorax", "cardial", "cardium", "pleural", "phageal", "sclerotic", "sclerosis", "carcinoma", "sarcoma", "blastoma", "adenoma", "granuloma", "hematoma", "lipoma", "myxoma", "lymphoma", "melanoma", "angioma",
        "fibroma", "ical", "ically", "ability", "ivity", "iform", "iasis", "cyte", "cytes", "cytic", "phasia", "phagia", "pnea", "plasia", "plastic", "cele", "edema", "density", "intense", "intensity", "echoic",
        "ism", "isms", "istic", "oid", "oids", "centesis", "globin", "less", "able", "ible", "ably", "tion", "tions", "sion", "sions", "ized", "izing", "ising", "mycin", "cillin", "azole", "olol", "sartan", "statin",
        "azepam", "oxacin", "clovir", "zosin", "dipine", "barbital", "phylline", "triptan", "tidine", "azine", "prazole", "parin", "umab", "tinib", "zolamide", "formin", "rubicin", "platin", "profen", "caine", "ethasone",
        "onide", "solone", "nisone", "thiazide", "amide", "oside", "pril", "gliptin", "coccus", "cocci", "bacter", "virus", "viral", "itides", "osity",
    ];

    private static WordUse Medical(ReadOnlySpan<char> word)
    {
        if (word.Length < 7) return WordUse.None;
        foreach (string ending in s_endings)
            if (word.Length > ending.Length + 1 && word.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) return WordUse.Ordinary;
        return WordUse.None;
    }

    private static WordUse Look(ReadOnlySpan<char> lower) => Look(lower, out _);

    private static WordUse Look(ReadOnlySpan<char> lower, out int number)
    {
        int at = (int)Hash(lower) & s_mask;
        while (s_words[at] is { } word)
        {
            if (lower.SequenceEqual(word)) { number = at + 1; return s_uses[at]; }
            at = (at + 1) & s_mask;
        }
        number = 0;
        return WordUse.None;
    }

    private static void Add(Dictionary<string, WordUse> all, string list, WordUse use)
    {
        foreach (string line in WordLists.Lines(list))
            foreach (string word in line.Split(' ', StringSplitOptions.RemoveEmptyEntries)) Put(all, word, use);
    }

    private static void Put(Dictionary<string, WordUse> all, string word, WordUse use) => all[word] = all.GetValueOrDefault(word) | use;

    private static uint Hash(ReadOnlySpan<char> lower)
    {
        uint hash = 2166136261;
        foreach (char c in lower) hash = (hash ^ c) * 16777619;
        return hash ^ (hash >> 15);
    }
}
