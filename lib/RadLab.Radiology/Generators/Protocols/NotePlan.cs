namespace RadLab.Radiology;

/// <summary>What a note is to state, before any word is chosen.</summary>
internal sealed record NotePlan(ProtocolRule Rule, char Sex, int Age, IReadOnlyList<string> Histories, long? PairedWith)
{
    private const ulong PairStream = 20, NoteStream = 21;

    // may stand beside any complaint without contradicting it
    private static readonly string[] s_anywhere = ["kidney-stones", "pacemaker", "kidney-failure", "contrast-allergy", "no-gallbladder", "cirrhosis", "smoker", "abdominal-surgery"];

    // protocols that need no iodinated contrast and no gadolinium
    private static readonly string[] s_plain = ["US ", "XR ", "CT Stone", "CT Chest High Resolution", "CT Chest Low Dose"];

    private static readonly ProtocolRule[] s_ambiguous = [.. ProtocolRules.All.Where(r => r.IsAmbiguous)];

    // every label is as likely as any other, then every rule of the label
    private static readonly ProtocolRule[][] s_byLabel = [.. ProtocolRules.All.Where(r => !r.IsAmbiguous).GroupBy(r => r.Labels[0]).Select(g => g.ToArray())];

    // the unambiguous rules of each complaint that has two or more labels
    private static readonly ProtocolRule[][] s_pairable = [.. ProtocolRules.All.Where(r => !r.IsAmbiguous).GroupBy(r => r.Complaint).Where(g => g.Select(r => r.Labels[0]).Distinct().Count() > 1).Select(g => g.ToArray())];

    /// <summary>Index of the complaint's wording; the same for both notes of a pair.</summary>
    public int ComplaintWording { get; init; }

    public static ProtocolFact Complaint(string id) => s_complaints[id];

    public static ProtocolFact History(string id) => s_histories[id];

    private static readonly Dictionary<string, ProtocolFact> s_complaints = ProtocolComplaints.All.ToDictionary(f => f.Id);
    private static readonly Dictionary<string, ProtocolFact> s_histories = ProtocolHistories.All.ToDictionary(f => f.Id);

    public static NotePlan At(ulong seed, long index, SyntheticSettings settings)
    {
        // what both notes of a pair share comes from the pair's numbers
        var shared = new SeededRandom(seed, PairStream, (ulong)(index / 2));
        var own = new SeededRandom(seed, NoteStream, (ulong)index);
        bool paired = shared.Chance(settings.HardPairShare);
        var (first, second) = PickPair(shared);
        var rule = paired ? index % 2 == 0 ? first : second : own.Chance(settings.AmbiguousShare) ? own.Pick(s_ambiguous) : own.Pick(own.Pick(s_byLabel));

        var random = paired ? shared : own;
        int wording = settings.HoldOut.PickWord(Complaint(rule.Complaint).Says.Count, random);
        double ageAt = random.Uniform();
        bool female = random.Chance(0.5);

        var histories = rule.History.ToList();
        if (!paired && own.Chance(0.25)) AddHarmless(histories, rule, own);
        var (sex, least, most) = Person(rule.Complaint, histories);
        return new NotePlan(rule, sex != 0 ? sex : female ? 'F' : 'M', least + (int)(ageAt * (most - least + 1)), histories, paired ? index ^ 1 : null) { ComplaintWording = wording };
    }

    /// <summary>Sex (0 for either) and ages that complaint and histories leave; a history for children overrides an adult's complaint.</summary>
    internal static (char Sex, int Least, int Most) Person(string complaint, IReadOnlyList<string> histories)
    {
        var fact = Complaint(complaint);
        var (sex, least, most) = (fact.Sex, fact.MinAge, fact.MaxAge);
        foreach (string id in histories)
        {
            var history = History(id);
            if (history.Sex != 0) sex = history.Sex;
            (least, most) = history.MaxAge < least || history.MinAge > most ? (history.MinAge, history.MaxAge) : (Math.Max(least, history.MinAge), Math.Min(most, history.MaxAge));
        }
        return (sex, least, most);
    }

    private static (ProtocolRule First, ProtocolRule Second) PickPair(SeededRandom random)
    {
        var rules = random.Pick(s_pairable);
        var first = random.Pick(rules);
        return (first, random.Pick(rules.Where(r => r.Labels[0] != first.Labels[0]).ToArray()));
    }

    /// <summary>Whether a protocol may be given beside a history that limits devices or contrast.</summary>
    internal static bool IsSafe(string label, string history) => history switch
    {
        "pacemaker" => !label.StartsWith("MR", StringComparison.Ordinal),
        "kidney-failure" or "contrast-allergy" => label.Contains("without Contrast", StringComparison.Ordinal) || s_plain.Any(p => label.StartsWith(p, StringComparison.Ordinal)),
        _ => true,
    };

    // a history that another rule asks for, or none: the note keeps its rule because that one is asked first
    private static void AddHarmless(List<string> histories, ProtocolRule rule, SeededRandom random)
    {
        string extra = random.Pick(s_anywhere);
        var fact = History(extra);
        var (sex, least, most) = Person(rule.Complaint, histories);
        bool fits = !histories.Contains(extra) && fact.MinAge <= most && fact.MaxAge >= least && (fact.Sex == 0 || sex == 0 || fact.Sex == sex) && rule.Labels.All(l => IsSafe(l, extra));
        if (fits && ProtocolRules.Decide(rule.Complaint, [.. histories, extra]) == rule) histories.Add(extra);
    }
}
