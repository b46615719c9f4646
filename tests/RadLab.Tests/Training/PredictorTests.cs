using RadLab.Compute;
using RadLab.Models;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

public sealed class PredictorTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });
    private readonly LlamaModel _model;
    private readonly ExampleEncoder _encoder = new(TinyTraining.Tokenizer, 160);

    public PredictorTests() => _model = TinyTraining.Base.Load(_engine, new LlamaStorage());

    public void Dispose()
    {
        _model.Dispose();
        _engine.Dispose();
    }

    [Theory, InlineData(0), InlineData(0.8)]
    public void Answers_do_not_depend_on_what_else_is_in_the_batch(double temperature)
    {
        var examples = TinyTraining.Examples(7);
        var predictor = new Predictor(_model, _encoder, 12, new AnswerSettings { Temperature = temperature });
        var answers = predictor.Answer(examples, batch: 1);
        Assert.Equal(answers, predictor.Answer(examples, batch: 4));
        Assert.Equal(answers.Reverse(), predictor.Answer([.. examples.Reverse()], batch: 3));
        if (temperature > 0) Assert.NotEqual(answers, new Predictor(_model, _encoder, 12, new AnswerSettings { Temperature = temperature, Seed = 18 }).Answer(examples));
    }

    [Fact]
    public void Choices_are_rated_with_their_end_so_that_a_beginning_is_not_preferred()
    {
        var scores = new Predictor(_model, _encoder, 12).Choose(TinyTraining.Examples(1)[0], ["CT Chest", "CT Chest with contrast", "MR Brain"]);
        Assert.Equal(1, scores.Probabilities.Sum(), 5);
        Assert.Equal(scores.Probabilities.ToList().IndexOf(scores.Probabilities.Max()), scores.Best);
    }

    [Fact]
    public void An_answer_must_leave_room_for_the_prompt() =>
        Assert.Equal("Predictor: maxAnswerTokens must be from 1 to 159, got 160.", Assert.Throws<ArgumentException>(() => new Predictor(_model, _encoder, 160)).Message);
}
