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

    [Fact]
    public void Of_notes_the_protocol_is_not_told()
    {
        var note = new PromptExample { Id = "1", Task = ProtocolPrompts.Task, Split = "train", Instruction = "Which protocol?", Input = "Notes: pain.", Answer = "CT Abdomen" };
        Assert.Equal("<|begin_of_text|>Notes: pain.<|end_of_text|>", TinyTraining.Tokenizer.Decode(PretrainingText.Encode(_encoder, note, 17, 0)!.Ids));
    }
}
