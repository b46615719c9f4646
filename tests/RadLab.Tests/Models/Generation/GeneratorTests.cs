using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Tests;

public sealed class GeneratorTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 2 });
    private readonly LlamaModel _model;
    private readonly Generator _generator;

    // without stop tokens: a model that knows nothing would else end anywhere
    private static readonly GenerationOptions s_greedy = new() { MaxNewTokens = 12, StopTokens = [] };

    public GeneratorTests()
    {
        _model = LlamaModel.Random(_engine, TinyLlama.Config, seed: 3);
        _generator = new Generator(_model);
    }

    public void Dispose()
    {
        _model.Dispose();
        _engine.Dispose();
    }

    [Theory, MemberData(nameof(LlamaGoldens.ModelNames), MemberType = typeof(LlamaGoldens))]
    public void Greedy_generation_gives_the_tokens_of_the_reference(string name)
    {
        using var expected = LlamaGoldens.Open(name, "greedy");
        using var model = LlamaModel.Load(_engine, LlamaGoldens.Folder(name));
        int[] prompt = expected.Ints("prompt"), all = expected.Ints("tokens");
        var text = new Generator(model).Generate(prompt, new GenerationOptions { MaxNewTokens = all.Length - prompt.Length, StopTokens = [] });
        Assert.Equal(all[prompt.Length..], text.Tokens);
        Assert.Equal(StopReason.Length, text.Stop);
        Assert.Null(text.Text);
    }

    [Fact]
    public void Prompts_of_different_lengths_go_on_together_as_each_would_alone()
    {
        int[][] prompts = [[3, 4, 5, 6, 7, 8], [9], [10, 11, 12]];
        var together = _generator.GenerateBatch(prompts, s_greedy);
        for (int i = 0; i < prompts.Length; i++) Assert.Equal(_generator.Generate(prompts[i], s_greedy).Tokens, together[i].Tokens);
        Assert.NotEqual(together[0].Tokens, together[1].Tokens);
    }

    [Fact]
    public void A_text_that_has_ended_does_not_hold_up_the_others()
    {
        int[][] prompts = [[3, 4, 5, 6, 7, 8], [9], [10, 11, 12]];
        var free = _generator.GenerateBatch(prompts, s_greedy);
        // a token that ends the second text early and that the first does not have before it
        int stop = free[1].Tokens.First(t => !free[0].Tokens.Contains(t));
        var ended = _generator.GenerateBatch(prompts, s_greedy with { StopTokens = [stop] });
        Assert.Equal(StopReason.StopToken, ended[1].Stop);
        Assert.Equal(free[1].Tokens.TakeWhile(t => t != stop), ended[1].Tokens);
        Assert.Equal(free[0].Tokens, ended[0].Tokens);
        Assert.Equal(StopReason.Length, ended[0].Stop);
    }

    [Fact]
    public void The_models_own_stop_tokens_end_a_text_unless_others_are_given()
    {
        var free = _generator.Generate([3], s_greedy);
        using var model = LlamaModel.Random(_engine, TinyLlama.Config with { EosTokenIds = [95, free.Tokens[2]] }, seed: 3);
        var text = new Generator(model).Generate([3], s_greedy with { StopTokens = null });
        Assert.Equal(free.Tokens.TakeWhile(t => t != free.Tokens[2]), text.Tokens);
        Assert.Equal(StopReason.StopToken, text.Stop);
    }

    [Fact]
    public void A_stop_string_ends_a_text_even_across_tokens_and_is_cut_off()
    {
        static string Decode(ReadOnlySpan<int> ids)
        {
            string text = "";
            foreach (int id in ids) text += $"<{id}>";
            return text;
        }
        var free = _generator.Generate([3], s_greedy with { Decode = Decode });
        Assert.Equal(Decode([.. free.Tokens]), free.Text);
        // from the middle of token 4 to the middle of token 5
        string stop = $"{free.Tokens[4]}><{free.Tokens[5]}";
        int first = free.Text!.IndexOf(stop, StringComparison.Ordinal);
        var text = _generator.Generate([3], s_greedy with { Decode = Decode, StopStrings = ["never", stop] });
        Assert.Equal(StopReason.StopString, text.Stop);
        Assert.Equal(free.Text[..first], text.Text);
        Assert.Equal(free.Tokens.Take(text.Tokens.Count), text.Tokens);
        Assert.EndsWith(stop + ">", Decode([.. text.Tokens]), StringComparison.Ordinal);
    }

    [Fact]
    public void Tokens_stream_as_they_are_chosen()
    {
        var expected = _generator.Generate([3, 4], s_greedy).Tokens;
        var seen = new List<int>();
        _generator.Generate([3, 4], s_greedy, seen.Add);
        Assert.Equal(expected, seen);
        Assert.Equal(expected, _generator.Stream([3, 4], s_greedy));
        Assert.Equal(expected.TakeWhile(t => t != expected[3]), _generator.Stream([3, 4], s_greedy with { StopTokens = [expected[3]] }));

        long before = _engine.Memory.LiveBytes;
        foreach (int token in _generator.Stream([3, 4], s_greedy))
            if (token == expected[2]) break;
        Assert.Equal(before, _engine.Memory.LiveBytes);
    }

    [Fact]
    public void An_interrupt_ends_a_generation_and_gives_its_memory_back()
    {
        _generator.Generate([3], s_greedy);
        long before = _engine.Memory.LiveBytes;
        int count = 0;
        Assert.Throws<OperationCanceledException>(() => _generator.Generate([3], s_greedy, _ => { if (++count == 5) _engine.Interrupt(); }));
        Assert.Equal(5, count);
        Assert.Equal(before, _engine.Memory.LiveBytes);
        Assert.Equal(12, _generator.Generate([3], s_greedy).Tokens.Count);
    }

    [Fact]
    public void Sampling_depends_on_seed_and_prompt_number_alone()
    {
        var options = s_greedy with { Temperature = 1.5, Seed = 7 };
        var one = _generator.Generate([3, 4], options).Tokens;
        Assert.Equal(one, _generator.Generate([3, 4], options).Tokens);
        Assert.NotEqual(one, _generator.Generate([3, 4], options with { Seed = 8 }).Tokens);
        var batch = _generator.GenerateBatch([[3, 4], [3, 4]], options);
        Assert.Equal(one, batch[0].Tokens);
        Assert.NotEqual(one, batch[1].Tokens);
        using var engine = new Engine(new EngineOptions { Threads = 3 });
        using var model = LlamaModel.Random(engine, TinyLlama.Config, seed: 3);
        Assert.Equal(one, new Generator(model).Generate([3, 4], options).Tokens);
    }

    [Fact]
    public void Sampling_from_the_single_best_token_is_greedy()
    {
        var expected = _generator.Generate([3, 4], s_greedy).Tokens;
        Assert.Equal(expected, _generator.Generate([3, 4], s_greedy with { Temperature = 2, TopK = 1 }).Tokens);
        Assert.Equal(expected, _generator.Generate([3, 4], s_greedy with { Temperature = 2, TopP = 1e-9 }).Tokens);
        Assert.Equal(expected, _generator.Generate([3, 4], s_greedy with { Temperature = 1e-4 }).Tokens);
    }

    [Fact]
    public void A_strong_repetition_penalty_lets_no_token_come_twice()
    {
        // scores of this model are near zero: every seen positive one falls below the unseen
        var text = _generator.Generate([3, 4], s_greedy with { MaxNewTokens = 20, RepetitionPenalty = 1e6 });
        Assert.Equal(20, text.Tokens.Distinct().Count());
        Assert.DoesNotContain(text.Tokens, t => t is 3 or 4);
    }

    [Fact]
    public void Generation_ends_where_the_positions_do()
    {
        using var model = LlamaModel.Random(_engine, TinyLlama.Config with { MaxPositions = 10 }, seed: 3);
        var text = new Generator(model).Generate([1, 2, 3, 4, 5, 6], s_greedy);
        Assert.Equal(4, text.Tokens.Count);
        Assert.Equal(StopReason.Length, text.Stop);
    }

    [Fact]
    public void A_warm_step_allocates_nothing_that_grows()
    {
        long Bytes(int tokens)
        {
            var options = s_greedy with { MaxNewTokens = tokens };
            _generator.Generate([3], options);
            return Allocations.Least(() => _generator.Generate([3], options));
        }
        long few = Bytes(100), many = Bytes(500);
        Assert.InRange(many - few, 0, 400 * 2 * sizeof(int) + 256);   // the text itself, once growing and once as the result
    }

    [Fact]
    public void Broken_scores_are_reported()
    {
        _model.Norm.Weight.Value.AsSpan<float>()[0] = float.NaN;
        var e = Assert.Throws<InvalidOperationException>(() => _generator.Generate([3], s_greedy));
        Assert.Equal("Generation: scores of the next token must be finite, got NaN; the model's weights or the adapter are broken.", e.Message);
        Assert.Throws<InvalidOperationException>(() => _generator.Generate([3], s_greedy with { Temperature = 1 }));
        Assert.Throws<InvalidOperationException>(() => _generator.Generate([3], s_greedy with { Temperature = 1, TopK = 3 }));
        Assert.Throws<InvalidOperationException>(() => _generator.BeamSearch([3], 2, s_greedy));
        Assert.Throws<InvalidOperationException>(() => _generator.Choose([3], [[1], [2]]));
    }

    public static TheoryData<GenerationOptions, string> BadOptions => new()
    {
        { new() { MaxNewTokens = 0 }, "Generation: MaxNewTokens must be at least 1, got 0." },
        { new() { Temperature = -1 }, "Generation: Temperature must be finite and not negative, got -1." },
        { new() { TopK = -2 }, "Generation: TopK must not be negative, got -2." },
        { new() { TopP = 0 }, "Generation: TopP must be above 0 and at most 1, got 0." },
        { new() { TopP = 1.5 }, "Generation: TopP must be above 0 and at most 1, got 1.5." },
        { new() { RepetitionPenalty = 0 }, "Generation: RepetitionPenalty must be finite and above 0, got 0." },
        { new() { StopTokens = [96] }, "Generation: StopTokens must be 0 to 95, got 96." },
        { new() { StopStrings = ["x"] }, "Generation: StopStrings need Decode, the tokenizer's way from ids to text; set it as well." },
        { new() { StopStrings = [""], Decode = _ => "" }, "Generation: StopStrings must not be empty, got an empty one." },
    };

    [Theory, MemberData(nameof(BadOptions))]
    public void Options_out_of_range_are_refused(GenerationOptions options, string message)
    {
        Assert.Equal(message, Assert.Throws<ArgumentException>(() => _generator.Generate([3], options)).Message);
        Assert.Equal(message, Assert.Throws<ArgumentException>(() => _generator.Stream([3], options)).Message);
        Assert.Equal(message, Assert.Throws<ArgumentException>(() => _generator.BeamSearch([3], 2, options)).Message);
    }

    [Fact]
    public void Prompts_that_do_not_fit_are_refused()
    {
        Refused("Generation: needs at least one prompt, got none.", () => _generator.GenerateBatch([]));
        Refused("Generation: prompt 1 must have at least one token, such as the model's begin token, got none.", () => _generator.GenerateBatch([[1], []]));
        Refused("Generation: token 1 of prompt 0 must be 0 to 95, got 96; check that tokenizer and model belong together.", () => _generator.Generate([1, 96]));
        Refused("Generation: prompt 0 must leave 1 of the model's 1024 positions free, got 1024 tokens; cut it.", () => _generator.Generate(new int[1024]));

        static void Refused(string message, Action call) => Assert.Equal(message, Assert.Throws<ArgumentException>(call).Message);
    }
}
