using System.Globalization;

namespace RadLab.Radiology;

/// <summary>
/// Provider notes as protocol systems show them ("Notes: … History: …"), each with the protocol that a named rule decides: abbreviations, typing errors,
/// missing histories, hard pairs (same complaint, other history, other label) and notes with two admissible labels.
/// Record i depends on the seed, i and the settings alone.
/// </summary>
public static class SyntheticProtocols
{
    /// <summary>The manifest's id, and every note's source.</summary>
    public const string Source = "synthetic-protocols";

    private const ulong TextStream = 22;

    public static IEnumerable<SyntheticNote> Generate(ulong seed, long count, SyntheticSettings? settings = null)
    {
        if (count < 0) throw new ArgumentOutOfRangeException(nameof(count), string.Create(CultureInfo.InvariantCulture, $"SyntheticProtocols.Generate: count must be at least 0, got {count}."));
        settings ??= SyntheticSettings.Default;
        settings.Check();
        return Records(seed, count, settings);
    }

    /// <param name="index">0-based record number.</param>
    public static SyntheticNote At(ulong seed, long index, SyntheticSettings? settings = null)
    {
        if (index < 0) throw new ArgumentOutOfRangeException(nameof(index), string.Create(CultureInfo.InvariantCulture, $"SyntheticProtocols.At: index must be at least 0, got {index}."));
        settings ??= SyntheticSettings.Default;
        settings.Check();
        return Write(seed, index, settings).Note;
    }

    /// <summary>The record, its template and its phrases.</summary>
    internal static (SyntheticNote Note, string Template, IReadOnlyList<string> Phrases) Write(ulong seed, long index, SyntheticSettings settings)
    {
        var plan = NotePlan.At(seed, index, settings);
        var random = new SeededRandom(seed, TextStream, (ulong)index);
        var holdOut = settings.HoldOut;

        string complaint = NotePlan.Complaint(plan.Rule.Complaint).Says[plan.ComplaintWording];
        var phrases = plan.Histories.Select(h => NotePlan.History(h).Says.Pick(random, holdOut)).ToList();
        int bystanders = random.Below(10) switch { < 4 => 0, < 8 => 1, _ => 2 };
        for (int i = 0; i < bystanders; i++)
        {
            string bystander = ProtocolHistories.Bystanders.Pick(random, holdOut);
            if (!phrases.Contains(bystander)) phrases.Insert(random.Below(phrases.Count + 1), bystander);
        }
        var template = holdOut.Pick(phrases.Count > 0 ? NoteWordings.WithHistory : NoteWordings.WithoutHistory, random);

        var text = new SectionText();
        string separator = random.Below(4) switch { 0 => "; ", 1 => " and ", _ => ", " };
        string who = plan.Age < 18 ? plan.Sex == 'F' ? "girl" : "boy" : plan.Sex == 'F' ? random.Chance(0.5) ? "female" : "woman" : random.Chance(0.5) ? "male" : "man";
        template.Write(text, new NamedSlots(("complaint", complaint), ("history", string.Join(separator, phrases)), ("age", plan.Age.ToString(CultureInfo.InvariantCulture)), ("sex", plan.Sex.ToString()), ("who", who)), random);
        text.TrimEnd();
        string note = NoteNoise.Add(text.ToString(), settings.NoteNoiseRate, random);

        return (new SyntheticNote
        {
            Note = new ProtocolNote { Id = string.Create(CultureInfo.InvariantCulture, $"{Source}-{seed}-{index}"), Source = Source, Note = note, Protocols = plan.Rule.Labels, Problems = ProblemsOf(plan) },
            Rule = plan.Rule,
            Complaint = plan.Rule.Complaint,
            Histories = plan.Histories,
            PairedWith = plan.PairedWith,
        }, template.Source, [complaint, .. phrases]);
    }

    // the complaint and the histories that rules ask for, in the order of the text, by their names in the rules
    private static string ProblemsOf(NotePlan plan) => string.Join("; ", plan.Histories.Prepend(plan.Rule.Complaint).Select(id => id.Replace('-', ' ')));

    private static IEnumerable<SyntheticNote> Records(ulong seed, long count, SyntheticSettings settings)
    {
        for (long i = 0; i < count; i++) yield return Write(seed, i, settings).Note;
    }
}
