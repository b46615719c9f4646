using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class PromptTests
{
    private static readonly Report s_report = new() { Id = "1", Source = "made-up", Findings = " The lungs are clear. ", Impression = "Normal chest.\n", Exam = "Chest", Indication = "Cough." };
    private static readonly ProtocolNote s_note = new() { Id = "7", Source = "made-up", Note = "Notes: flank pain History: n/a", Protocols = ["CT Stone Protocol", "US Renal"] };

    [Fact]
    public void Twenty_wordings_are_sampled_by_seed_and_record()
    {
        Assert.Equal(20, ImpressionPrompts.Instructions.Distinct().Count());
        int[] counts = [.. Enumerable.Range(0, 4000).Select(i => ImpressionPrompts.Build(s_report with { Id = $"{i}" }, 1, "train").Instruction).GroupBy(i => i).Select(g => g.Count())];
        Assert.Equal(20, counts.Length);
        Assert.All(counts, c => Assert.InRange(c, 140, 260));
        Assert.Equal(ImpressionPrompts.Build(s_report, 1, "train").Instruction, ImpressionPrompts.Build(s_report, 1, "test").Instruction);
        Assert.True(Enumerable.Range(0, 50).Select(s => ImpressionPrompts.Build(s_report, (ulong)s, "train").Instruction).Distinct().Count() > 10);
        Assert.Equal(ProtocolPrompts.Instructions.Count, Enumerable.Range(0, 2000).Select(i => ProtocolPrompts.Build(s_note with { Id = $"{i}" }, 1, "train").Instruction).Distinct().Count());
    }

    [Fact]
    public void The_one_template_is_instruction_empty_line_input() =>
        Assert.Equal("Write the impression.\n\nThe lungs are clear.", PromptTemplate.Question("Write the impression.", "The lungs are clear."));

    [Fact]
    public void Context_stands_before_the_findings_where_asked_for() =>
        Assert.Equal("Examination: Chest\nIndication: Cough.\nThe lungs are clear.", ImpressionPrompts.Build(s_report, 3, "train", PromptContext.Examination | PromptContext.Indication | PromptContext.Comparison).Input);

    [Fact]
    public void An_ambiguous_note_keeps_its_admissible_labels()
    {
        var example = ProtocolPrompts.Build(s_note, 1, "test");
        Assert.Equal("CT Stone Protocol", example.Answer);
        Assert.Equal(s_note.Protocols, example.Admissible);
        Assert.Empty(ProtocolPrompts.Build(s_note with { Protocols = ["US Renal"] }, 1, "test").Admissible);
    }

    [Fact]
    public void What_cannot_be_a_prompt_is_named_without_its_text()
    {
        Assert.StartsWith("ImpressionPrompts.Build: report made-up/1 has no findings; clean the data first.", Assert.Throws<ArgumentException>(() => ImpressionPrompts.Build(s_report with { Findings = " " }, 1, "train")).Message, StringComparison.Ordinal);
        Assert.StartsWith("ImpressionPrompts.Build: report made-up/1 has no impression; clean the data first.", Assert.Throws<ArgumentException>(() => ImpressionPrompts.Build(s_report with { Impression = "" }, 1, "train")).Message, StringComparison.Ordinal);
        Assert.StartsWith("ProtocolPrompts.Build: note made-up/7 is empty; clean the data first.", Assert.Throws<ArgumentException>(() => ProtocolPrompts.Build(s_note with { Note = "" }, 1, "train")).Message, StringComparison.Ordinal);
        Assert.StartsWith("ProtocolPrompts.Build: note made-up/7 has no protocol; label it or leave it out.", Assert.Throws<ArgumentException>(() => ProtocolPrompts.Build(s_note with { Protocols = [] }, 1, "train")).Message, StringComparison.Ordinal);
    }
}
