using FsCheck;
using FsCheck.Fluent;
using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class SentencesTests
{
    [Theory]
    [InlineData("Lungs clear. Heart normal.", "Lungs clear.|Heart normal.")]
    [InlineData("A nodule of 2.5 cm is seen. No mass.", "A nodule of 2.5 cm is seen.|No mass.")]
    [InlineData("Left apex.There is no effusion.", "Left apex.|There is no effusion.")]
    [InlineData("Discussed with Dr. Smith at 5 p.m. today.", "Discussed with Dr. Smith at 5 p.m. today.")]
    [InlineData("Atelectasis vs. infiltrate. Follow up.", "Atelectasis vs. infiltrate.|Follow up.")]
    [InlineData("1. No effusion. 2. Edema.", "1. No effusion.|2. Edema.")]
    [InlineData("The lungs are\nclear today", "The lungs are\nclear today")]
    [InlineData("No effusion\n\nNo edema", "No effusion|No edema")]
    [InlineData("- No effusion\n- No edema", "- No effusion|- No edema")]
    [InlineData("Clear lungs\nIMPRESSION: Normal", "Clear lungs|IMPRESSION: Normal")]
    [InlineData("Normal...", "Normal...")]
    [InlineData("Is it pneumonia? Yes!", "Is it pneumonia?|Yes!")]
    [InlineData("Effusion: no. Heart: normal.", "Effusion: no.|Heart: normal.")]
    [InlineData("", "")]
    public void Text_is_split_where_a_reader_would(string text, string expected) =>
        Assert.Equal(expected, string.Join('|', Sentences.Split(text).Select(r => text[r])));

    [Fact]
    public void Nothing_but_white_space_is_lost() =>
        Check.QuickThrowOnFailure(Prop.ForAll(Gen.Elements("a", "B", ".", " ", "\n", "1", "?", "Dr", "-", "no", ":", "é").ArrayOf().ToArbitrary(), parts =>
        {
            string text = string.Concat(parts);
            var ranges = Sentences.Split(text);
            string kept = string.Concat(ranges.Select(r => text[r]));
            return string.Concat(kept.Where(c => !char.IsWhiteSpace(c))) == string.Concat(text.Where(c => !char.IsWhiteSpace(c)))
                && ranges.Zip(ranges.Skip(1)).All(p => p.First.End.Value <= p.Second.Start.Value);
        }));
}
