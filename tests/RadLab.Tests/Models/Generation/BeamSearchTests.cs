using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class BeamSearchTests : IDisposable
{
    private const int Vocabulary = 6;
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });
    private readonly LlamaModel _model;
    private readonly Generator _generator;

    public BeamSearchTests()
    {
        // few tokens, so that all texts can be tried, and large weights, so that their probabilities differ
        _model = LlamaModel.Random(_engine, TinyLlama.Config with { VocabularySize = Vocabulary, EosTokenIds = [0] }, seed: 5);
        foreach (var p in _model.Parameters)
            if (p.Shape.Rank == 2)
                foreach (ref float w in p.Value.AsSpan<float>()) w *= 8;
        _generator = new Generator(_model);
    }

    public void Dispose()
    {
        _model.Dispose();
        _engine.Dispose();
    }

    // With more beams than there are texts the search is exhaustive: every text of up to 3 tokens, rated by whole forward passes in double.
    [Theory, InlineData(0), InlineData(0.5), InlineData(1), InlineData(2)]
    public void With_beams_enough_it_finds_the_best_of_all_texts(double lengthPenalty)
    {
        var all = Enumerate([], 3).Select(t => (t.Tokens, t.LogProbability, Score: t.LogProbability / Math.Pow(t.Length, lengthPenalty))).OrderByDescending(t => t.Score).ToList();
        Assert.Equal(5 * 5 * 5 + 5 * 5 + 5 + 1, all.Count);
        var found = _generator.BeamSearch([1, 2], 256, new GenerationOptions { MaxNewTokens = 3 }, lengthPenalty);
        Assert.Equal(all.Count, found.Count);
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(all[i].Tokens, found[i].Text.Tokens);
            Assert.Equal(all[i].LogProbability, found[i].LogProbability, 1e-4);
            Assert.Equal(all[i].Score, found[i].Score, 1e-4);
        }
    }

    [Fact]
    public void One_beam_is_greedy()
    {
        var options = new GenerationOptions { MaxNewTokens = 10, StopTokens = [] };
        Assert.Equal(_generator.Generate([1, 2], options).Tokens, Assert.Single(_generator.BeamSearch([1, 2], 1, options)).Text.Tokens);
    }

    // The rows of the cache that beams take over and share must hold what each text would have alone.
    [Theory, InlineData(2), InlineData(3), InlineData(5)]
    public void Every_returned_text_has_the_probability_of_a_forward_pass_over_it(int beams)
    {
        var found = _generator.BeamSearch([1, 2], beams, new GenerationOptions { MaxNewTokens = 12, StopTokens = [] });
        Assert.Equal(beams, found.Count);
        Assert.Equal(beams, found.Select(f => string.Join(" ", f.Text.Tokens)).Distinct().Count());
        Assert.Equal(found.OrderByDescending(f => f.Score).Select(f => f.Score), found.Select(f => f.Score));
        foreach (var f in found)
        {
            Assert.Equal(12, f.Text.Tokens.Count);
            double expected = 0;
            for (int i = 0; i < 12; i++) expected += LogProbabilities([.. f.Text.Tokens.Take(i)])[f.Text.Tokens[i]];
            Assert.Equal(expected, f.LogProbability, 1e-4);
        }
    }

    [Fact]
    public void Stop_strings_end_beams()
    {
        static string Decode(ReadOnlySpan<int> ids) => string.Concat(ids.ToArray().Select(i => (char)('a' + i)));
        var free = _generator.BeamSearch([1, 2], 3, new GenerationOptions { MaxNewTokens = 4, StopTokens = [] })[0].Text.Tokens;
        string stop = Decode([free[0]]);
        var found = _generator.BeamSearch([1, 2], 3, new GenerationOptions { MaxNewTokens = 4, StopTokens = [], Decode = Decode, StopStrings = [stop] }, lengthPenalty: 0);
        Assert.Contains(found, f => f.Text.Stop == StopReason.StopString && f.Text.Text == "" && f.Text.Tokens.Count == 1);
        Assert.All(found, f => Assert.DoesNotContain(stop, f.Text.Text!, StringComparison.Ordinal));
    }

    [Fact]
    public void Settings_out_of_range_are_refused()
    {
        Refused("Generation: beams must be 1 to 256, got 0.", () => _generator.BeamSearch([1], 0));
        Refused("Generation: beam search draws nothing, so Temperature must be 0, got 0.7.", () => _generator.BeamSearch([1], 2, new GenerationOptions { Temperature = 0.7 }));
        Refused("Generation: lengthPenalty must be 0 to 4 in steps of 0.5, got 0.6.", () => _generator.BeamSearch([1], 2, null, 0.6));
        Refused("Generation: the prompt must have at least one token, such as the model's begin token, got none.", () => _generator.BeamSearch([], 2));

        static void Refused(string message, Action call) => Assert.Equal(message, Assert.Throws<ArgumentException>(call).Message);
    }

    private IEnumerable<(int[] Tokens, double LogProbability, int Length)> Enumerate(int[] text, int most)
    {
        double[] next = LogProbabilities(text);
        for (int token = 0; token < Vocabulary; token++)
        {
            if (token == 0) yield return (text, next[0], text.Length + 1);
            else if (text.Length + 1 == most) yield return ([.. text, token], next[token], most);
            else
                foreach (var t in Enumerate([.. text, token], most)) yield return (t.Tokens, next[token] + t.LogProbability, t.Length);
        }
    }

    private double[] LogProbabilities(int[] text)
    {
        using var tape = _engine.Tape(recording: false);
        using var tokens = _engine.From([1, 2, .. text], [1, 2 + text.Length]);
        double[] scores = [.. model(tokens)[^Vocabulary..]];
        double max = scores.Max(), log = max + Math.Log(scores.Sum(s => Math.Exp(s - max)));
        return [.. scores.Select(s => s - log)];

        double[] model(Tensor t) => _model.Forward(tape, t).Doubles();
    }
}
