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
    private readonly AnswerSettings _answers;
    private readonly AnswerPrior? _prior;

    /// <param name="maxAnswerTokens">An answer that has not ended by then is cut.</param>
    /// <param name="answers">Null: the likeliest token each time (greedy).</param>
    /// <param name="prior">What <see cref="AnswerSettings.PriorCorrection"/> corrects by.</param>
    public Predictor(LlamaModel model, ExampleEncoder encoder, int maxAnswerTokens, AnswerSettings? answers = null, AnswerPrior? prior = null)
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
        _answers = answers ?? new AnswerSettings();
        if (_answers.PriorCorrection > 0 && prior is null) throw new ArgumentException("Predictor: PriorCorrection needs the frequencies of the training's answers; give prior, or set PriorCorrection to 0.");
        _prior = prior;
        _options = new GenerationOptions { Temperature = _answers.Temperature, TopP = _answers.TopP, MaxNewTokens = maxAnswerTokens, StopTokens = [.. model.Config.EosTokenIds.Append(end).Distinct().Where(id => id >= 0 && id < model.Config.VocabularySize)] };
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
            for (int i = 0; i < group.Length; i++) answers[group[i]] = PromptTemplate.Read(examples[group[i]].Task, texts[i].Text);
            done?.Invoke(count += group.Length);
        }
        return answers;
    }

    /// <summary>The answers to prompts, all at once, as they are written.</summary>
    public IReadOnlyList<PredictedAnswer> Answer(IReadOnlyList<int[]> prompts)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        if (_answers.Beams > 1) return [.. prompts.Select(BestBeam)];
        var options = _options.Temperature > 0 ? _options with { PromptSeeds = [.. prompts.Select(SeedOf)] } : _options;
        return [.. _generator.GenerateBatch(prompts, options).Select(Read)];
    }

    private PredictedAnswer Read(GeneratedText text) => new(_encoder.Tokenizer.Decode([.. text.Tokens], skipSpecialTokens: true).Trim(), text.Stop == StopReason.StopToken);

    private PredictedAnswer BestBeam(int[] prompt)
    {
        PredictedAnswer best = default;
        double highest = double.NegativeInfinity;
        foreach (var beam in _generator.BeamSearch(prompt, _answers.Beams, _options, lengthPenalty: 0))
        {
            var answer = Read(beam.Text);
            double score = _answers.PriorCorrection > 0 ? beam.LogProbability - _answers.PriorCorrection * _prior!.LogFrequency(answer.Text) : beam.LogProbability;
            if (!(score > highest)) continue;   // of equals the likelier
            (best, highest) = (answer, score);
        }
        return best;
    }

    // FNV-1a over the prompt's ids, begun with the seed
    private ulong SeedOf(int[] prompt)
    {
        ulong hash = 0xcbf29ce484222325 ^ (_answers.Seed * 0x9E3779B97F4A7C15);
        foreach (int id in prompt) hash = (hash ^ (uint)id) * 0x100000001b3;
        return hash;
    }

    /// <summary>The prompt of an example with room for an answer; null where it is to be left out, see <see cref="ExampleEncoder"/>.</summary>
    public int[]? Prompt(PromptExample example) => _encoder.TryPrompt(example, _options.MaxNewTokens);
}
