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
    public void A_frequent_answer_is_held_back_among_the_beams_and_a_rare_one_is_not()
    {
        var example = TinyTraining.Examples(1)[0];
        int[] prompt = _encoder.Prompt(example, 12);
        var beams = new Generator(_model).BeamSearch(prompt, 4, new GenerationOptions { MaxNewTokens = 12, StopTokens = [TinyTraining.Tokenizer.EosId!.Value, TinyTraining.Tokenizer.SpecialTokens["<|eot_id|>"]] }, lengthPenalty: 0);
        string[] texts = [.. beams.Select(b => TinyTraining.Tokenizer.Decode([.. b.Text.Tokens], skipSpecialTokens: true).Trim())];
        Assert.True(texts.Distinct(StringComparer.Ordinal).Count() > 1);
        Assert.Equal(texts[0], Answer(0, AnswerPrior.Of([])));
        // the likeliest beam stands in every training example: log(N / floor) nats have to be made up for, which t = 4 of a thousand does
        Assert.NotEqual(texts[0], Answer(4, AnswerPrior.Of(Enumerable.Repeat(texts[0], 1000))));
        Assert.Equal(texts[0], Answer(4, AnswerPrior.Of(Enumerable.Range(0, 1000).Select(i => $"another {i}"))));

        string Answer(double correction, AnswerPrior prior) => new Predictor(_model, _encoder, 12, new AnswerSettings { Beams = 4, PriorCorrection = correction }, prior).Answer([example])[0];
    }

    [Fact]
    public void A_correction_without_frequencies_is_refused() =>
        Assert.Equal("Predictor: PriorCorrection needs the frequencies of the training's answers; give prior, or set PriorCorrection to 0.", Assert.Throws<ArgumentException>(() => new Predictor(_model, _encoder, 12, new AnswerSettings { Beams = 2, PriorCorrection = 1 })).Message);

    [Fact]
    public void An_answer_must_leave_room_for_the_prompt() =>
        Assert.Equal("Predictor: maxAnswerTokens must be from 1 to 159, got 160.", Assert.Throws<ArgumentException>(() => new Predictor(_model, _encoder, 160)).Message);
}
