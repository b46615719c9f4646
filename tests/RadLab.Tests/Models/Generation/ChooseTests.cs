using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class ChooseTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });
    private readonly LlamaModel _model;

    public ChooseTests() => _model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);

    public void Dispose()
    {
        _model.Dispose();
        _engine.Dispose();
    }

    // Shared beginnings, one answer that begins another, one given twice, and an order that is not theirs.
    private static readonly int[][] s_choices = [[9, 4, 7], [5], [9, 4, 8, 2], [9, 4], [1, 2, 3, 4, 5], [9, 5], [5], [9, 4, 8, 3]];

    [Fact]
    public void Log_probabilities_are_those_of_whole_forward_passes()
    {
        int[] prompt = [11, 12, 13, 14];
        var scores = new Generator(_model).Choose(prompt, s_choices);
        double[] expected = [.. s_choices.Select(c => LogProbability(prompt, c))];
        for (int j = 0; j < expected.Length; j++) Assert.Equal(expected[j], scores.RawLogProbabilities[j], 2e-5);

        double total = expected.Sum(Math.Exp);
        for (int j = 0; j < expected.Length; j++)
        {
            Assert.Equal(expected[j] - Math.Log(total), scores.LogProbabilities[j], 2e-5);
            Assert.Equal(Math.Exp(expected[j]) / total, scores.Probabilities[j], 1e-5);
        }
        Assert.Equal(1, scores.Probabilities.Sum(), 1e-6);
        Assert.Equal(Array.IndexOf(expected, expected.Max()), scores.Best);
        Assert.Equal(scores.RawLogProbabilities[1], scores.RawLogProbabilities[6]);
    }

    [Fact]
    public void What_answers_share_is_read_once()
    {
        int[] prompt = [.. Enumerable.Range(0, 90)];
        _engine.ResetPeak();
        new Generator(_model).Choose(prompt, s_choices);
        // the order in which answers are given changes nothing, not even a bit
        var one = new Generator(_model).Choose(prompt, s_choices);
        var other = new Generator(_model).Choose(prompt, [.. s_choices.Reverse()]);
        Assert.Equal(one.RawLogProbabilities, other.RawLogProbabilities.Reverse());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void How_many_answers_are_read_side_by_side_changes_nothing(int rows)
    {
        int[] prompt = [11, 12, 13, 14, 15];
        Assert.Equal(new Generator(_model).Choose(prompt, s_choices).RawLogProbabilities, new Generator(_model).Choose(prompt, s_choices, rows).RawLogProbabilities);
    }

    [Fact]
    public void Very_unlikely_answers_keep_a_finite_log_probability()
    {
        foreach (ref float w in _model.Norm.Weight.Value.AsSpan<float>()) w *= 400;
        var scores = new Generator(_model).Choose([11, 12], [[1, 2, 3], [4, 5, 6]]);
        Assert.All(scores.RawLogProbabilities, p => Assert.InRange(p, -1e6, -50));
        Assert.Equal(LogProbability([11, 12], [4, 5, 6]), scores.RawLogProbabilities[1], Math.Abs(scores.RawLogProbabilities[1]) * 1e-4);
    }

    [Fact]
    public void Memory_comes_back_and_bad_input_is_refused()
    {
        var generator = new Generator(_model);
        generator.Choose([1], [[2]]);
        long before = _engine.Memory.LiveBytes;
        generator.Choose([1, 2], s_choices);
        Assert.Equal(before, _engine.Memory.LiveBytes);
        Refused("Generation: Choose needs at least one choice, got none.", () => generator.Choose([1], []));
        Refused("Generation: choice 1 must have at least one token, such as the model's begin token, got none.", () => generator.Choose([1], [[2], []]));
        Refused("Generation: token 0 of choice 0 must be 0 to 95, got 200; check that tokenizer and model belong together.", () => generator.Choose([1], [[200]]));
        Refused("Generation: the prompt must leave 3 of the model's 1024 positions free, got 1022 tokens; cut it.", () => generator.Choose(new int[1022], [[1, 2, 3, 4]]));

        static void Refused(string message, Action call) => Assert.Equal(message, Assert.Throws<ArgumentException>(call).Message);
    }

    private double LogProbability(int[] prompt, int[] answer)
    {
        using var tape = _engine.Tape(recording: false);
        using var tokens = _engine.From([.. prompt, .. answer], [1, prompt.Length + answer.Length]);
        double[] logits = _model.Forward(tape, tokens).Doubles();
        double sum = 0;
        for (int i = 0; i < answer.Length; i++)
        {
            var row = logits.AsSpan((prompt.Length + i - 1) * 96, 96);
            double max = double.NegativeInfinity, total = 0;
            foreach (double v in row) max = Math.Max(max, v);
            foreach (double v in row) total += Math.Exp(v - max);
            sum += row[answer[i]] - max - Math.Log(total);
        }
        return sum;
    }
}
