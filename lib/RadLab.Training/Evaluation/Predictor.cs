using System.Globalization;
using RadLab.Models;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>One answer.</summary>
/// <param name="Ended">False where it was cut at the largest number of tokens.</param>
public readonly record struct PredictedAnswer(string Text, bool Ended);

/// <summary>Answers examples with a model in the form it was trained in: for samples, evaluation and batch prediction.</summary>
public sealed class Predictor
{
    private readonly ExampleEncoder _encoder;
    private readonly Generator _generator;
    private readonly GenerationOptions _options;
    private readonly ulong _seed;

    /// <param name="maxAnswerTokens">An answer that has not ended by then is cut.</param>
    /// <param name="answers">Null: the likeliest token each time (greedy).</param>
    public Predictor(LlamaModel model, ExampleEncoder encoder, int maxAnswerTokens, AnswerSettings? answers = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(encoder);
        if (maxAnswerTokens < 1 || maxAnswerTokens >= encoder.MaxTokens)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Predictor: maxAnswerTokens must be from 1 to {encoder.MaxTokens - 1}, got {maxAnswerTokens}."));
        _encoder = encoder;
        _generator = new Generator(model);
        // the token that ends an assistant's turn in the tokenizer's chat form
        int end = encoder.Tokenizer.SpecialTokens.TryGetValue("<|eot_id|>", out int turn) ? turn : encoder.Tokenizer.EosId
            ?? throw new InvalidOperationException("Predictor: the tokenizer must name an end-of-text token.");
        answers ??= new AnswerSettings();
        _seed = answers.Seed;
        _options = new GenerationOptions { Temperature = answers.Temperature, TopP = answers.TopP, MaxNewTokens = maxAnswerTokens, StopTokens = [.. model.Config.EosTokenIds.Append(end).Distinct().Where(id => id >= 0 && id < model.Config.VocabularySize)] };
    }

    /// <summary>The answer to each example, token by token.</summary>
    /// <param name="batch">Examples that are answered at once; does not change the answers.</param>
    /// <param name="done">Told how many are answered.</param>
    /// <exception cref="TrainingGuardException">An example is too long; see <see cref="Prompt"/>.</exception>
    public IReadOnlyList<string> Answer(IReadOnlyList<PromptExample> examples, int batch = 8, Action<int>? done = null)
    {
        ArgumentNullException.ThrowIfNull(examples);
        string[] answers = new string[examples.Count];
        int[][] prompts = [.. examples.Select(e => _encoder.Prompt(e, _options.MaxNewTokens))];
        int count = 0;
        // of like length together, so that little is padded
        foreach (int[] group in Enumerable.Range(0, prompts.Length).OrderBy(i => prompts[i].Length).Chunk(batch))
        {
            var texts = Answer([.. group.Select(i => prompts[i])]);
            for (int i = 0; i < group.Length; i++) answers[group[i]] = texts[i].Text;
            done?.Invoke(count += group.Length);
        }
        return answers;
    }

    /// <summary>The answers to prompts, all at once.</summary>
    public IReadOnlyList<PredictedAnswer> Answer(IReadOnlyList<int[]> prompts)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        var options = _options.Temperature > 0 ? _options with { PromptSeeds = [.. prompts.Select(SeedOf)] } : _options;
        return [.. _generator.GenerateBatch(prompts, options).Select(t => new PredictedAnswer(_encoder.Tokenizer.Decode([.. t.Tokens], skipSpecialTokens: true).Trim(), t.Stop == StopReason.StopToken))];
    }

    // FNV-1a over the prompt's ids, begun with the seed
    private ulong SeedOf(int[] prompt)
    {
        ulong hash = 0xcbf29ce484222325 ^ (_seed * 0x9E3779B97F4A7C15);
        foreach (int id in prompt) hash = (hash ^ (uint)id) * 0x100000001b3;
        return hash;
    }

    /// <summary>The prompt of an example with room for an answer; null where it is to be left out, see <see cref="ExampleEncoder"/>.</summary>
    public int[]? Prompt(PromptExample example) => _encoder.TryPrompt(example, _options.MaxNewTokens);

    /// <summary>The ids of a closed set of answers, each with its end.</summary>
    /// <exception cref="ArgumentException">One is longer than an answer may be.</exception>
    public IReadOnlyList<int[]> Choices(IReadOnlyList<string> choices)
    {
        ArgumentNullException.ThrowIfNull(choices);
        int[][] ids = [.. choices.Select(_encoder.Answer)];
        int longest = ids.Max(c => c.Length);
        return longest <= _options.MaxNewTokens ? ids
            : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Predictor: the longest choice has {longest} tokens, which must be at most maxAnswerTokens {_options.MaxNewTokens}."));
    }

    /// <summary>How the model rates each of a closed set of answers to a prompt: p sums to 1 over the set.</summary>
    /// <param name="choices">From <see cref="Choices"/>.</param>
    public ChoiceScores Choose(int[] prompt, IReadOnlyList<int[]> choices) => _generator.Choose(prompt, choices);

    /// <summary>The same for an example.</summary>
    public ChoiceScores Choose(PromptExample example, IReadOnlyList<string> choices)
    {
        ArgumentNullException.ThrowIfNull(choices);
        int[][] ids = [.. choices.Select(_encoder.Answer)];
        return _generator.Choose(_encoder.Prompt(example, Math.Max(_options.MaxNewTokens, ids.Max(c => c.Length))), ids);
    }
}
