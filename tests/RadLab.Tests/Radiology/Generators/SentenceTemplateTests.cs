using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class SentenceTemplateTests
{
    [Theory]
    [InlineData("{a} {n}.", "8 mm nodule", "An 8 mm nodule.")]
    [InlineData("{a} {n}.", "18 mm nodule", "An 18 mm nodule.")]
    [InlineData("{a} {n}.", "1.8 cm nodule", "A 1.8 cm nodule.")]
    [InlineData("{a} {n}.", "L4 fracture", "An L4 fracture.")]
    [InlineData("{a} {n}.", "unchanged lesion", "An unchanged lesion.")]
    [InlineData("{a} {n}.", "ureteral stone", "A ureteral stone.")]
    [InlineData("there is {n} , and {n}.", "", "There is, and.")]
    [InlineData("{n} seen {n}. again", "", "Seen. Again")]
    [InlineData("[same|same] {n}", "words", "Same words")]
    public void Articles_capitals_and_blanks_come_out_right(string template, string value, string expected)
    {
        var text = new SectionText();
        SentenceTemplate.Parse(template).Write(text, new NamedSlots(("n", value)), new SeededRandom(1, 1, 1));
        Assert.Equal(expected, text.ToString());
    }

    [Theory]
    [InlineData("nodule", "nodules")]
    [InlineData("opacity", "opacities")]
    [InlineData("anastomosis", "anastomoses")]
    [InlineData("embolus/emboli", "emboli")]
    [InlineData("mass", "masses")]
    public void Nouns_have_plurals(string source, string plural) => Assert.Equal(plural, Noun.Parse(source).Plural);

    [Fact]
    public void The_held_out_vocabulary_is_the_end_of_each_list()
    {
        var random = new SeededRandom(1, 1, 1);
        HashSet<int> Picked(SyntheticPart part, int count) => [.. Enumerable.Range(0, 400).Select(_ => new HoldOut(part, 0.2, 0.2).PickWord(count, random))];
        Assert.Equal(Enumerable.Range(0, 8), Picked(SyntheticPart.Kept, 10).Order());
        Assert.Equal([8, 9], Picked(SyntheticPart.HeldOut, 10).Order());
        Assert.Equal([0], Picked(SyntheticPart.Kept, 2));
        Assert.Equal([1], Picked(SyntheticPart.HeldOut, 2));
        Assert.Equal([0], Picked(SyntheticPart.HeldOut, 1));
    }

    [Theory]
    [InlineData(0.05)]
    [InlineData(0.2)]
    [InlineData(0.5)]
    public void Every_list_has_kept_and_held_out_templates_and_no_class_is_in_both(double share)
    {
        var split = TemplateSplit.Of(share);
        HashSet<string> kept = [], heldOut = [];
        foreach (var list in TemplateSplit.Lists())
        {
            Assert.NotEmpty(split.Part(list, SyntheticPart.Kept));
            Assert.NotEmpty(split.Part(list, SyntheticPart.HeldOut));
            kept.UnionWith(split.Part(list, SyntheticPart.Kept).Select(t => TemplateSplit.ClassOf(t.Source)));
            heldOut.UnionWith(split.Part(list, SyntheticPart.HeldOut).Select(t => TemplateSplit.ClassOf(t.Source)));
        }
        Assert.Empty(kept.Intersect(heldOut));
    }

    [Fact]
    public void Templates_that_can_write_the_same_sentence_are_one_class()
    {
        Assert.Equal(TemplateSplit.ClassOf("{grade} {x}{since}."), TemplateSplit.ClassOf("{new} {grade} {x}."));
        Assert.Equal(TemplateSplit.ClassOf("No {list}."), TemplateSplit.ClassOf("No pleural effusion."));
        Assert.NotEqual(TemplateSplit.ClassOf("No {list}."), TemplateSplit.ClassOf("There is no {list}."));
        Assert.NotEqual(TemplateSplit.ClassOf("{x}."), TemplateSplit.ClassOf("{there} {x}."));
    }

    [Theory]
    [InlineData(typeof(Advice))]
    [InlineData(typeof(CommonWordings))]
    public void Lists_of_lists_are_complete(Type type)
    {
        var all = (IReadOnlyList<Wordings>)type.GetProperty("All")!.GetValue(null)!;
        Assert.Equal(type.GetFields().Where(f => f.FieldType == typeof(Wordings)).Select(f => f.GetValue(null)), all);
    }

    [Fact]
    public void Mistakes_in_a_template_are_named()
    {
        Assert.Equal("SentenceTemplate: '{x' has { without its end.", Assert.Throws<FormatException>(() => SentenceTemplate.Parse("{x")).Message);
        Assert.Equal("SentenceTemplate: 'No {y}.' has slot {y}, which nothing fills here.", Assert.Throws<InvalidOperationException>(() => SentenceTemplate.Parse("No {y}.").Write(new SectionText(), new NamedSlots(), new SeededRandom(1, 1, 1))).Message);
        Assert.StartsWith("Wordings: a list needs at least two templates, so that one can be held out; got 1 (only).", Assert.Throws<ArgumentException>(() => Wordings.Create(["only"])).Message, StringComparison.Ordinal);
    }
}
