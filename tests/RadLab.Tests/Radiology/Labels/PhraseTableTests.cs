using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class PhraseTableTests
{
    [Fact]
    public void Alternatives_options_beginnings_and_signs_are_understood()
    {
        Assert.Equal(["opacity=1", "opacities=1"], Find("opaci*", "the opacity and opacities, not opa"));
        Assert.Equal(["is seen=1", "are not seen=1"], Find("is|are not? seen", "is seen are not seen was seen"));
        Assert.Equal(["r/o=1"], Find("r / o", "r/o r-o r,o"));
        Assert.Equal(["can't see=1"], Find("cant see", "I can't see"));
        Assert.Equal([], Find("pleural effusion", "pleural, effusion"));
    }

    [Fact]
    public void A_phrase_may_have_several_values_and_lie_inside_another()
    {
        var table = new PhraseTable();
        table.Add("pleural effusion", 1);
        table.Add("effusion", 2);
        table.Add("effusion", 3);
        table.Freeze();
        Assert.Equal(["pleural effusion=1", "effusion=2", "effusion=3"], Find(table, "Pleural EFFUSION".ToLowerInvariant()));
    }

    [Fact]
    public void Mistakes_of_the_author_are_refused()
    {
        var table = new PhraseTable();
        Assert.StartsWith("PhraseTable: a pattern must hold at least one word.", Assert.Throws<ArgumentException>(() => table.Add(" ", 1)).Message, StringComparison.Ordinal);
        Assert.Equal("PhraseTable: pattern \"a? b?\" must hold a word that is not optional.", Assert.Throws<ArgumentException>(() => table.Add("a? b?", 1)).Message);
        int[] symbols = [];
        Assert.Equal("PhraseTable: Freeze must be called before Find.", Assert.Throws<InvalidOperationException>(() => table.Find("x", [], [], ref symbols)).Message);
        table.Freeze();
        Assert.Equal("PhraseTable: a phrase cannot be added after Freeze.", Assert.Throws<InvalidOperationException>(() => table.Add("x", 1)).Message);
    }

    private static string[] Find(string pattern, string text)
    {
        var table = new PhraseTable();
        table.Add(pattern, 1);
        return Find(table.Freeze(), text);
    }

    private static string[] Find(PhraseTable table, string text)
    {
        var words = new List<Word>();
        Word.Split(text, 0, text.Length, words);
        var found = new List<PhraseMatch>();
        int[] symbols = [];
        table.Find(text, words.ToArray(), found, ref symbols);
        return [.. found.Select(f => $"{text[words[f.First].Start..words[f.End - 1].End]}={f.Value}")];
    }
}
