using RadLab.Radiology;
using Xunit;

namespace RadLab.Tests;

public sealed class SyntheticProblemListsTests
{
    private static readonly SyntheticSettings s_heldOut = new() { Part = SyntheticPart.HeldOut };

    [Fact]
    public void A_list_names_the_complaint_and_what_rules_ask_for()
    {
        var lists = SyntheticProblemLists.Generate(9, 200).ToList();
        var notes = SyntheticProtocols.Generate(9, 200, SyntheticProblemLists.KeptTemplates).ToList();
        for (int i = 0; i < notes.Count; i++)
        {
            Assert.Equal(notes[i].Note.Note, lists[i].Note);
            Assert.Equal(string.Join("; ", [notes[i].Complaint, .. notes[i].Histories]).Replace('-', ' '), lists[i].Problems);
            Assert.Equal($"synthetic-problem-lists-9-{i}", lists[i].Id);
        }
        Assert.Contains(lists, l => l.Problems!.Contains(';'));
    }

    [Fact]
    public void It_is_prepared_as_a_task_of_its_own_and_has_no_parts()
    {
        using var folder = new ScratchFolder();
        var request = new PrepareRequest { Manifest = ManifestCatalog.Find(SyntheticProblemLists.Source), Out = Path.Combine(folder.Path, "out"), Count = 200 };
        var card = DataSets.Prepare(request);
        Assert.Equal(ProblemListPrompts.Task, card.Task);
        var example = PreparedFolder.Open(request.Out).Read(DataSplit.Train).First();
        Assert.Equal(ProblemListPrompts.Task, example.Task);
        Assert.Contains(example.Instruction, ProblemListPrompts.Instructions);
        Assert.Equal("synthetic-problem-lists: is always made of the whole vocabulary in the kept sentence templates; leave --part away",
            Assert.Throws<DataRefusedException>(() => DataSets.Prepare(request with { Part = SyntheticPart.HeldOut, Out = Path.Combine(folder.Path, "other") })).Message);
    }

    [Fact]
    public void Held_out_words_occur_and_held_out_sentences_do_not()
    {
        var heldOut = Enumerable.Range(0, 3000).Select(i => SyntheticProtocols.Write(5, i, s_heldOut)).ToList();
        var lists = Enumerable.Range(0, 6000).Select(i => SyntheticProtocols.Write(73, i, SyntheticProblemLists.KeptTemplates)).ToList();
        var phrases = lists.SelectMany(l => l.Phrases).ToHashSet();
        Assert.All(heldOut.SelectMany(h => h.Phrases).Distinct(), p => Assert.Contains(p, phrases));
        Assert.Empty(heldOut.Select(h => h.Template).Intersect(lists.Select(l => l.Template)));
    }
}
