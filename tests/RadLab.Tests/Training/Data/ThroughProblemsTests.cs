using RadLab.Radiology;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

public sealed class ThroughProblemsTests
{
    private static readonly PromptExample s_note = ProtocolPrompts.Build(
        new ProtocolNote { Id = "1", Source = "s", Note = "Notes: calf pain when walking. History: CKD 4", Protocols = ["US Lower Extremity Arterial", "XR"], Problems = "claudication; kidney failure" }, 17, "train");

    private static readonly PromptExample s_list = ProblemListPrompts.Of(s_note) with { Id = "2" };

    [Fact]
    public void A_note_teaches_which_label_follows_from_its_list_and_lists_stay_as_they_are()
    {
        var steps = ThroughProblems.Steps([s_note, s_list], ownLists: false).ToList();
        Assert.Equal([("1", ProtocolPrompts.Task, "claudication; kidney failure", "US Lower Extremity Arterial"), ("2", ProblemListPrompts.Task, s_note.Input, "claudication; kidney failure")], steps.Select(s => (s.Id, s.Task, s.Input, s.Answer)));
        Assert.Contains(steps[0].Instruction, ProtocolPrompts.Instructions);
        Assert.Contains(steps[1].Instruction, ProblemListPrompts.Instructions);
    }

    [Fact]
    public void Without_lists_beside_it_a_note_teaches_its_own() =>
        Assert.Equal([ProblemListPrompts.Task, ProtocolPrompts.Task], ThroughProblems.Steps([s_note], ownLists: true).Select(s => s.Task));

    [Fact]
    public void A_note_whose_problems_nobody_knows_cannot_be_learnt_so() =>
        Assert.Equal("example 1: its problems are not known, so a protocol cannot be learnt through them; set through_problems=false.",
            Assert.Throws<TrainingGuardException>(() => ThroughProblems.Steps([s_note with { Problems = null }], ownLists: false).ToList()).Message);

    [Fact]
    public void A_list_that_says_nothing_is_said_to() => Assert.Equal("none stated", ProtocolPrompts.OfProblems(s_note, " ").Input);

    [Theory]
    [InlineData(ProtocolPrompts.Task, "CTA Head", "PROTOCOL: CTA Head")]
    [InlineData(ImpressionPrompts.Task, "No disease.", "No disease.")]
    [InlineData(ProblemListPrompts.Task, "pain", "pain")]
    public void A_label_has_a_heading_and_is_read_with_or_without_it(string task, string answer, string turn)
    {
        Assert.Equal(turn, PromptTemplate.Answer(task, answer));
        Assert.Equal(answer, PromptTemplate.Read(task, $" {turn}\n"));
        Assert.Equal(answer, PromptTemplate.Read(task, answer));
    }

    [Fact]
    public void A_recipe_needs_notes_with_protocols_beside_the_lists()
    {
        using var folder = new ScratchFolder();
        string lists = Path.Combine(folder.Path, "lists");
        DataSets.Prepare(new PrepareRequest { Manifest = ManifestCatalog.Find(SyntheticProblemLists.Source), Out = lists, Count = 50 });
        var recipe = Recipes.TinyProtocol with { Data = lists };
        Assert.Equal($"data {lists}: holds lists of problems and no notes with protocols; join a set of them with +.", Assert.Throws<RecipeException>(() => RunSetup.New(recipe, DateTime.UnixEpoch)).Message);
        Assert.Equal($"data {lists}: must hold one data set of the task protocol here, but holds 0.", Assert.Throws<RecipeException>(() => TrainingData.OpenAsked(recipe)).Message);
        Assert.StartsWith($"data {lists}: synthetic-problem-lists was prepared for the task problems, but the recipe's task is protocol;", Assert.Throws<RecipeException>(() => RunSetup.New(recipe with { ThroughProblems = false }, DateTime.UnixEpoch)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Problems_are_written_and_read_again_with_prepared_data()
    {
        using var folder = new ScratchFolder();
        var request = new PrepareRequest { Manifest = ManifestCatalog.Find(SyntheticProtocols.Source), Out = Path.Combine(folder.Path, "out"), Count = 50 };
        DataSets.Prepare(request);
        var examples = PreparedFolder.Open(request.Out).Read(DataSplit.Train).ToList();
        var notes = SyntheticProtocols.Generate(17, 50, new SyntheticSettings { Part = SyntheticPart.Kept }).ToDictionary(n => n.Note.Id, n => n.Note.Problems);
        Assert.All(examples, e => Assert.Equal(notes[e.Id], e.Problems));
        Assert.Contains(examples, e => e.Problems!.Contains("; ", StringComparison.Ordinal));
    }
}
