using System.Globalization;
using RadLab.Models;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>Answers examples with a model in the form it was trained in: for samples, evaluation and batch prediction.</summary>
public sealed class Predictor
{
    private readonly ExampleEncoder _encoder;
    private readonly Generator _generator;
    private readonly GenerationOptions _options;
    private readonly int[] _end;

    /// <param name="maxAnswerTokens">An answer that has not ended by then is cut.</param>
    public Predictor(LlamaModel model, ExampleEncoder encoder, int maxAnswerTokens)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(encoder);
        if (maxAnswerTokens < 1 || maxAnswerTokens >= encoder.MaxTokens)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Predictor: maxAnswerTokens must be from 1 to {encoder.MaxTokens - 1}, got {maxAnswerTokens}."));
        _encoder = encoder;
        _generator = new Generator(model);
        _end = [.. model.Config.EosTokenIds.Append(EndOfAnswer(encoder.Tokenizer)).Distinct().Where(id => id >= 0 && id < model.Config.VocabularySize)];
        _options = new GenerationOptions { MaxNewTokens = maxAnswerTokens, StopTokens = _end };
    }

    /// <summary>The likeliest answer to each example, token by token (greedy).</summary>
    /// <param name="batch">Examples that are answered at once; does not change the answers.</param>
    /// <param name="done">Told how many are answered.</param>
    public IReadOnlyList<string> Answer(IReadOnlyList<PromptExample> examples, int batch = 8, Action<int>? done = null)
    {
        ArgumentNullException.ThrowIfNull(examples);
        string[] answers = new string[examples.Count];
        int[][] prompts = [.. examples.Select(e => _encoder.Prompt(e, _options.MaxNewTokens))];
        int count = 0;
        // of like length together, so that little is padded
        foreach (int[] group in Enumerable.Range(0, prompts.Length).OrderBy(i => prompts[i].Length).Chunk(batch))
        {
            var texts = _generator.GenerateBatch([.. group.Select(i => prompts[i])], _options);
            for (int i = 0; i < group.Length; i++) answers[group[i]] = _encoder.Tokenizer.Decode([.. texts[i].Tokens], skipSpecialTokens: true).Trim();
            done?.Invoke(count += group.Length);
        }
        return answers;
    }

    /// <summary>How the model rates each of a closed set of answers to an example, each with its end: p sums to 1 over the set.</summary>
    public ChoiceScores Choose(PromptExample example, IReadOnlyList<string> choices)
    {
        ArgumentNullException.ThrowIfNull(choices);
        int end = EndOfAnswer(_encoder.Tokenizer);
        int[][] ids = [.. choices.Select(c => (int[])[.. _encoder.Tokenizer.EncodeToIds(c), end])];
        return _generator.Choose(_encoder.Prompt(example, Math.Max(_options.MaxNewTokens, ids.Max(c => c.Length))), ids);
    }

    // the token that ends an assistant's turn in the tokenizer's chat form
    private static int EndOfAnswer(Tokenizer tokenizer) =>
        tokenizer.SpecialTokens.TryGetValue("<|eot_id|>", out int turn) ? turn : tokenizer.EosId
            ?? throw new InvalidOperationException("Predictor: the tokenizer must name an end-of-text token.");
}
