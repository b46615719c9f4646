using RadLab.Radiology;
using Xunit.Abstractions;

namespace RadLab.Tests;

public sealed class NegationRulesTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("No evidence of [polyps].", Assertion.Absent)]
    [InlineData("There are [polyps].", Assertion.Present)]
    [InlineData("No murmurs, rubs, or [gallops].", Assertion.Absent)]
    [InlineData("No [fevers], chills, or sweats.", Assertion.Absent)]
    [InlineData("The patient denied any [difficulty voiding].", Assertion.Absent)]
    [InlineData("[Nausea] has resolved.", Assertion.Absent)]
    [InlineData("No change in the [mass].", Assertion.Present)]
    [InlineData("In general, no [change in vision].", Assertion.Absent)]
    [InlineData("No stones, but the [kidney is swollen].", Assertion.Present)]
    [InlineData("No stones, and the [kidney is swollen].", Assertion.Present)]
    [InlineData("[Infection] cannot be excluded.", Assertion.Uncertain)]
    [InlineData("Films to rule out obstruction showed no [free air].", Assertion.Absent)]
    [InlineData("The report (slides not submitted) names a [leukemia].", Assertion.Present)]
    [InlineData("No rash. [Fever] since Monday.", Assertion.Present)]
    [InlineData("He doesn't have [pain].", Assertion.Absent)]
    [InlineData("[Stones] with no obstruction.", Assertion.Present)]
    public void What_is_said_of_the_marked_words(string marked, Assertion expected)
    {
        int start = marked.IndexOf('[', StringComparison.Ordinal), end = marked.IndexOf(']', StringComparison.Ordinal);
        Assert.Equal(expected, NegationRules.Of(marked.Remove(end, 1).Remove(start, 1), start, end - start - 1));
    }

    [Fact]
    public void A_place_outside_the_sentence_is_refused() => Assert.StartsWith(
        "NegationRules: start and length must lie inside the sentence of 4 characters, got 2 and 3.", Assert.Throws<ArgumentException>(() => NegationRules.Of("none", 2, 3)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("h\ta\tb", "NegEx sentences: line 1 must have at least 4 columns, got 3.")]
    [InlineData("h\ta\tb\tc\n1\tx\ty\tmaybe", "NegEx sentences: line 2 column 4 must be Negated, Affirmed or Possible.")]
    public void A_broken_file_is_named_with_its_line(string text, string message) =>
        Assert.Equal(message, Assert.Throws<DataFormatException>(() => NegexSentences.Read(text.Split('\n')).ToList()).Message);

    [Fact]
    public void The_score_counts_negated_sentences_as_positive()
    {
        // a hit, a miss, a false alarm, a condition that its sentence does not hold, and one that stands there twice
        var sentences = NegexSentences.Read(["line\tcondition\tsentence\tstatus", "1\trash\tNo RASH.\tNegated", "2\trash\tRASH.\tNegated", "3\trash\tNo  RASH.\tAffirmed", "4\tneck: supple. rash\tNo fever.\tNegated", "5\tacute  pain\tacute pain in the past, no ACUTE PAIN now.\tNegated"]);
        Assert.Equal(new LabelScore("Negated", 2, 1, 2), NegexSentences.Score(sentences));
    }

    [SkippableFact]
    public void Negated_conditions_of_the_negex_sentences_are_recognised()
    {
        var sentences = NegexSentences.Read(File.ReadLines(SharedData.Require("lexicons/negex/annotated_sentences.tsv"))).ToList();
        // the rules were written looking at every second sentence only
        var seen = NegexSentences.Score(sentences.Where((_, i) => i % 2 == 1));
        var unseen = NegexSentences.Score(sentences.Where((_, i) => i % 2 == 0));
        output.WriteLine($"sentences looked at: {seen} F1 {seen.F1:0.000}\nothers: {unseen} F1 {unseen.F1:0.000}\nall: {NegexSentences.Score(sentences)} F1 {NegexSentences.Score(sentences).F1:0.000}");
        Assert.True(seen.F1 >= 0.9 && unseen.F1 >= 0.9);
    }
}
