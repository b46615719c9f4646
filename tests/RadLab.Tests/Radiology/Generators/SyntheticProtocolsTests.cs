using System.Text.RegularExpressions;
using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class SyntheticProtocolsTests
{
    private static readonly Lazy<SyntheticNote[]> s_notes = new(() => [.. SyntheticProtocols.Generate(4, 20_000)]);

    [Fact]
    public void The_rule_decides_the_label()
    {
        foreach (var note in s_notes.Value)
        {
            Assert.Same(note.Rule, ProtocolRules.Decide(note.Complaint, [.. note.Histories]));
            Assert.Equal(note.Rule.Labels, note.Note.Protocols);
        }
        Assert.Null(ProtocolRules.Decide("hiccups", []));
    }

    [Fact]
    public void Every_rule_is_reached_and_labels_are_balanced()
    {
        Assert.Equal(ProtocolRules.All.Select(r => r.Name).Order(), s_notes.Value.Select(n => n.Rule.Name).Distinct().Order());
        Assert.Equal(ProtocolRules.All.Count, ProtocolRules.All.Select(r => r.Name).Distinct().Count());
        Assert.True(ProtocolRules.Labels.Count >= 40);
        var shares = s_notes.Value.GroupBy(n => n.Note.Protocols[0]).ToDictionary(g => g.Key, g => g.Count() / (double)s_notes.Value.Length);
        Assert.Equal(ProtocolRules.Labels.Count, shares.Keys.Union(s_notes.Value.SelectMany(n => n.Note.Protocols)).Count());
        Assert.All(shares, s => Assert.InRange(s.Value, 0.002, 0.06));
        foreach (string modality in new[] { "CT", "MR", "XR", "US", "FL" }) Assert.Contains(shares.Keys, l => l.StartsWith(modality, StringComparison.Ordinal));
    }

    [Fact]
    public void Rules_of_a_complaint_end_with_one_that_needs_no_history()
    {
        foreach (var rules in ProtocolRules.All.GroupBy(r => r.Complaint))
        {
            Assert.Empty(rules.Last().History);
            Assert.All(rules.SkipLast(1), r => Assert.NotEmpty(r.History));
            Assert.All(rules, r => Assert.True(NotePlan.Person(r.Complaint, [.. r.History]) is var (_, least, most) && least <= most, r.Name));
        }
        Assert.Equal(ProtocolComplaints.All.Select(c => c.Id).Order(), ProtocolRules.All.Select(r => r.Complaint).Distinct().Order());
    }

    [Fact]
    public void Hard_pairs_share_the_complaint_and_differ_in_label()
    {
        var paired = s_notes.Value.Select((n, i) => (n, i)).Where(x => x.n.PairedWith is not null).ToArray();
        Assert.InRange(paired.Length / 20_000.0, 0.27, 0.33);
        foreach (var (note, i) in paired)
        {
            var other = s_notes.Value[(int)note.PairedWith!.Value];
            Assert.Equal(i, other.PairedWith);
            Assert.Equal(note.Complaint, other.Complaint);
            Assert.NotEqual(note.Note.Protocols[0], other.Note.Protocols[0]);
        }
    }

    [Fact]
    public void Some_notes_are_ambiguous_and_some_have_no_history()
    {
        Assert.InRange(s_notes.Value.Count(n => n.Note.Protocols.Count == 2) / 20_000.0, 0.04, 0.08);
        Assert.All(s_notes.Value, n => Assert.InRange(n.Note.Protocols.Count, 1, 2));
        Assert.InRange(s_notes.Value.Count(n => Regex.IsMatch(n.Note.Note, "(?i)history:( none| n/a| not| unk| no hx|$)")), 500, 6000);
        Assert.DoesNotContain(SyntheticProtocols.Generate(4, 2000, new SyntheticSettings { AmbiguousShare = 0 }), n => n.Note.Protocols.Count > 1);
    }

    [Fact]
    public void Nothing_unsafe_is_protocolled()
    {
        foreach (var note in s_notes.Value)
            foreach (string history in note.Histories.Except(note.Rule.History))
                Assert.All(note.Note.Protocols, label => Assert.True(NotePlan.IsSafe(label, history), $"{note.Note.Id}: {label} with {history}"));
        Assert.All(ProtocolRules.All.Where(r => r.History.Contains("pregnancy")), r => Assert.All(r.Labels, l => Assert.Matches("^US |^MRI .*without Contrast$", l)));
    }

    [Fact]
    public void A_record_depends_on_seed_and_number_alone()
    {
        string[] anyOrder = new string[200];
        Parallel.For(0, 200, i => anyOrder[199 - i] = SyntheticProtocols.At(4, 199 - i).Note.Note);
        Assert.Equal(s_notes.Value.Take(200).Select(n => n.Note.Note), anyOrder);
        Assert.True(anyOrder.Intersect(SyntheticProtocols.Generate(5, 200).Select(n => n.Note.Note)).Count() < 5);
        Assert.True(s_notes.Value.Select(n => n.Note.Note).Distinct().Count() > 19_000);
    }

    [Fact]
    public void Held_out_templates_and_phrases_are_not_in_the_kept_part()
    {
        var kept = Part(SyntheticPart.Kept);
        var heldOut = Part(SyntheticPart.HeldOut);
        Assert.Empty(kept.Templates.Intersect(heldOut.Templates));
        Assert.Empty(kept.Phrases.Intersect(heldOut.Phrases));
        Assert.True(heldOut.Phrases.Count > 100);

        static (HashSet<string> Templates, HashSet<string> Phrases) Part(SyntheticPart part)
        {
            var notes = Enumerable.Range(0, 4000).Select(i => SyntheticProtocols.Write(1, i, new SyntheticSettings { Part = part })).ToArray();
            return ([.. notes.Select(n => n.Template)], [.. notes.SelectMany(n => n.Phrases)]);
        }
    }

    [Fact]
    public void Held_out_phrases_share_a_telling_word_with_kept_ones()
    {
        foreach (var fact in ProtocolComplaints.All.Concat(ProtocolHistories.All))
        {
            int heldOut = HoldOut.HeldOutOf(fact.Says.Count, 0.2);
            string[] kept = [.. fact.Says.SkipLast(heldOut).SelectMany(Stems)];
            Assert.All(fact.Says.TakeLast(heldOut), phrase => Assert.True(Stems(phrase).Intersect(kept).Any(), $"{fact.Id}: '{phrase}' shares no word with the kept phrases"));
        }

        static IEnumerable<string> Stems(string phrase) => Regex.Matches(phrase.ToLowerInvariant(), "[a-z][a-z0-9-]+").Select(m => m.Value.TrimEnd('s')).Where(w => w is not ("of" or "on" or "with" or "and" or "in" or "to" or "the" or "no" or "hx" or "after" or "known" or "history"));
    }

    [Fact]
    public void Impossible_arguments_are_named()
    {
        Assert.StartsWith("SyntheticSettings: AmbiguousShare must be between 0 and 1, got 1.5.", Assert.Throws<ArgumentOutOfRangeException>(() => SyntheticProtocols.At(1, 0, new SyntheticSettings { AmbiguousShare = 1.5 })).Message, StringComparison.Ordinal);
        Assert.StartsWith("SyntheticSettings: HardPairShare must be between 0 and 1, got -1.", Assert.Throws<ArgumentOutOfRangeException>(() => SyntheticProtocols.At(1, 0, new SyntheticSettings { HardPairShare = -1 })).Message, StringComparison.Ordinal);
        Assert.StartsWith("SyntheticSettings: NoteNoiseRate must be between 0 and 0.5, got 1.", Assert.Throws<ArgumentOutOfRangeException>(() => SyntheticProtocols.At(1, 0, new SyntheticSettings { NoteNoiseRate = 1 })).Message, StringComparison.Ordinal);
        Assert.StartsWith("SyntheticProtocols.At: index must be at least 0, got -2.", Assert.Throws<ArgumentOutOfRangeException>(() => SyntheticProtocols.At(1, -2)).Message, StringComparison.Ordinal);
        Assert.StartsWith("SyntheticProtocols.Generate: count must be at least 0, got -1.", Assert.Throws<ArgumentOutOfRangeException>(() => SyntheticProtocols.Generate(1, -1)).Message, StringComparison.Ordinal);
    }
}
