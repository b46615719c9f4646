using RadLab.Compute;
using RadLab.Models;
using RadLab.Radiology;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

public sealed class LabelChooserTests : IDisposable
{
    private static readonly string[] s_labels = ["CT Chest", "CT Chest with contrast", "MR Brain"];

    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });
    private readonly LlamaModel _model;
    private readonly ExampleEncoder _encoder = new(TinyTraining.Tokenizer, 256);

    public LabelChooserTests() => _model = TinyTraining.Base.Load(_engine, new LlamaStorage());

    public void Dispose()
    {
        _model.Dispose();
        _engine.Dispose();
    }

    private static PromptExample[] Notes(int count) => [.. TinyTraining.Examples(count).Select(e => e with { Task = ProtocolPrompts.Task, Answer = "CT Chest", Problems = "effusion" })];

    [Fact]
    public void Labels_are_rated_with_heading_and_end_so_that_a_beginning_is_not_preferred()
    {
        var note = Notes(1)[0];
        var choice = Assert.Single(new LabelChooser(_model, _encoder, s_labels).Choose([note]));
        Assert.Null(choice.Problems);
        Assert.Equal(1, choice.Scores.Probabilities.Sum(), 5);
        Assert.Equal(choice.Scores.Probabilities[choice.Scores.Best], choice.Probability);
        int[][] ids = [.. s_labels.Select(l => _encoder.Answer(ProtocolPrompts.Task, l))];
        Assert.All(ids, i => Assert.StartsWith("PROTOCOL: ", TinyTraining.Tokenizer.Decode(i), StringComparison.Ordinal));
        Assert.Equal(new Generator(_model).Choose(_encoder.Prompt(note, ids.Max(i => i.Length)), ids).RawLogProbabilities, choice.Scores.RawLogProbabilities);
    }

    [Fact]
    public void Through_problems_the_label_follows_from_the_list_alone_and_the_list_from_the_note()
    {
        var notes = Notes(3);
        var chooser = new LabelChooser(_model, _encoder, s_labels, throughProblems: true);
        var choices = chooser.Choose(notes);
        int[][] ids = [.. s_labels.Select(l => _encoder.Answer(ProtocolPrompts.Task, l))];
        var generator = new Generator(_model);
        foreach (var (note, choice) in notes.Zip(choices))
        {
            var listing = ProblemListPrompts.Of(note);
            Assert.Equal(new Predictor(_model, _encoder, LabelChooser.MostProblemTokens).Answer([listing])[0], choice.Problems);
            Assert.Equal(chooser.Prompt(note)!, _encoder.Prompt(listing, chooser.Room));
            Assert.DoesNotContain(note.Input, TinyTraining.Tokenizer.Decode(_encoder.Prompt(ProtocolPrompts.OfProblems(note, choice.Problems!), 32)), StringComparison.Ordinal);
            Assert.Equal(generator.Choose(_encoder.Prompt(ProtocolPrompts.OfProblems(note, choice.Problems!), ids.Max(i => i.Length)), ids).Probabilities, choice.Scores.Probabilities);
            double log = generator.Choose(chooser.Prompt(note)!, [_encoder.Answer(ProblemListPrompts.Task, choice.Problems!)]).RawLogProbabilities[0];
            Assert.Equal(Math.Exp(log), choice.ProblemsProbability, 1e-12);
            Assert.Equal(choice.ProblemsProbability * choice.Scores.Probabilities.Max(), choice.Probability);
        }
        // one at a time or together: the same
        Assert.Equal(choices.Select(c => c.Scores.RawLogProbabilities), notes.Select(n => chooser.Choose([n])[0].Scores.RawLogProbabilities));
        Assert.Equal(choices.Select(c => s_labels[c.Scores.Best]), chooser.Answer(notes, batch: 2));
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        Assert.Equal("LabelChooser: labels must be at least one, got none.", Assert.Throws<ArgumentException>(() => new LabelChooser(_model, _encoder, [])).Message);
        Assert.Equal("LabelChooser: an answer may need 48 tokens, which must be below maxTokens 40; raise the context.", Assert.Throws<ArgumentException>(() => new LabelChooser(_model, new ExampleEncoder(TinyTraining.Tokenizer, 40), ["CT"], throughProblems: true)).Message);
    }
}
