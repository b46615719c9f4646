using RadLab.Radiology;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

public sealed class PretrainingTextTests
{
    private readonly ExampleEncoder _encoder = new(TinyTraining.Tokenizer, 256);

    [Fact]
    public void Three_of_four_reports_stand_in_the_chat_form_and_every_token_counts()
    {
        var texts = TinyTraining.Examples(400).Select((e, i) => (Example: e, Text: PretrainingText.Encode(_encoder, e, 17, i)!)).ToList();
        var chat = texts.Where(t => t.Text.Ids.AsSpan().SequenceEqual(_encoder.Encode(t.Example).Ids)).ToList();
        Assert.InRange(chat.Count, 260, 340);
        Assert.All(texts, t => Assert.Equal(t.Text.Ids.Length - 1, t.Text.Counted));
        var (example, plain) = texts.Except(chat).First();
        Assert.Equal($"<|begin_of_text|>FINDINGS: {example.Input}\n\nIMPRESSION: {example.Answer}<|end_of_text|>", TinyTraining.Tokenizer.Decode(plain.Ids));
    }

    [Theory]
    [InlineData(ProtocolPrompts.Task, "PROTOCOL", 40)]
    [InlineData(ProblemListPrompts.Task, "PROBLEMS", 10)]
    public void Notes_with_their_protocol_are_running_text_only(string task, string heading, int plain)
    {
        var note = new PromptExample { Id = "1", Task = task, Split = "train", Instruction = "Say what it is.", Input = "Notes: pain.", Answer = "CT Abdomen" };
        int found = Enumerable.Range(0, 40).Count(i => TinyTraining.Tokenizer.Decode(PretrainingText.Encode(_encoder, note, 17, i)!.Ids) == $"<|begin_of_text|>Notes: pain.\n\n{heading}: CT Abdomen<|end_of_text|>");
        Assert.InRange(found, plain == 40 ? 40 : 4, plain == 40 ? 40 : 18);
    }
}
