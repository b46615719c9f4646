using System.Globalization;
using RadLab.Compute;

namespace RadLab.Models;

/// <summary>Texts that grow by one token a step, each until it ends; those that have ended cost nothing more.</summary>
internal sealed class DecodingLoop : IDisposable
{
    private readonly LlamaModel _model;
    private readonly GenerationOptions _options;
    private readonly StopStrings _stopStrings;
    private readonly TokenPicker _picker;
    private readonly KvCache _cache;
    private readonly Tape _tape;
    private readonly GrowingText[] _texts;
    private readonly int[] _active, _counts;
    private int _activeCount;
    private bool _begun;

    public DecodingLoop(LlamaModel model, IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions options)
    {
        Check(model, prompts, options);
        (_model, _options, _stopStrings, _picker) = (model, options, new StopStrings(options), new TokenPicker(model.Config.VocabularySize));
        _texts = new GrowingText[prompts.Count];
        int capacity = 1;
        for (int i = 0; i < _texts.Length; i++)
        {
            int most = Math.Min(options.MaxNewTokens, model.Config.MaxPositions - prompts[i].Count);
            _texts[i] = new GrowingText(prompts[i], most);
            capacity = Math.Max(capacity, prompts[i].Count + most);
        }
        _active = new int[_texts.Length];
        _counts = new int[_texts.Length];
        for (int i = 0; i < _active.Length; i++) _active[i] = i;
        _activeCount = _active.Length;
        _cache = new KvCache(model, _texts.Length, capacity, options.CacheDType);
        _tape = model.Engine.Tape(recording: false);
    }

    /// <summary>Texts that have not ended.</summary>
    public int ActiveCount => _activeCount;

    /// <summary>One token more for each text that has not ended.</summary>
    /// <param name="onToken">Gets text and token, but no stop token.</param>
    public void Step(Action<int, int>? onToken)
    {
        _tape.Reset();   // also what an interrupted step left behind
        var rows = _active.AsSpan(0, _activeCount);
        var scores = _begun ? Next(rows) : Prefill(rows);
        _begun = true;
        var probabilities = _options.Temperature > 0 ? Probabilities(scores, rows) : default;

        int still = 0, vocabulary = _model.Config.VocabularySize;
        for (int i = 0; i < rows.Length; i++)
        {
            int row = rows[i];
            int token = _options.Temperature > 0 ? Draw(probabilities.AsSpan<float>().Slice(i * vocabulary, vocabulary), row) : Greedy(scores, i, row);
            if (Add(row, token, onToken)) rows[still++] = row;
        }
        _activeCount = still;
        _tape.Reset();
    }

    public GeneratedText Result(int row)
    {
        var text = _texts[row];
        return new GeneratedText(text.New.ToArray(), _stopStrings.Text(text.New, text.Stop), text.Stop);
    }

    public void Dispose()
    {
        _tape.Dispose();
        _cache.Dispose();
    }

    // All prompts at once, padded on the right: what stands there is seen by nobody.
    private Tensor Prefill(ReadOnlySpan<int> rows)
    {
        int longest = _texts.Max(t => t.PromptLength);
        var tokens = _tape.Empty([_texts.Length, longest], DType.I32);
        var ids = tokens.AsSpan<int>();
        ids.Clear();
        for (int row = 0; row < _texts.Length; row++)
        {
            _texts[row].Tokens.CopyTo(ids[(row * longest)..]);
            _counts[row] = _texts[row].PromptLength;
        }
        return _model.ForwardLast(_tape, tokens, _cache, rows, _counts);
    }

    private Tensor Next(ReadOnlySpan<int> rows)
    {
        var tokens = _tape.Empty([rows.Length, 1], DType.I32);
        var ids = tokens.AsSpan<int>();
        for (int i = 0; i < rows.Length; i++) ids[i] = _texts[rows[i]].Tokens[^1];
        return _model.ForwardLast(_tape, tokens, _cache, rows);
    }

    private Tensor Probabilities(Tensor scores, ReadOnlySpan<int> rows)
    {
        for (int i = 0; i < rows.Length; i++) Penalize(scores, i, rows[i]);
        return _tape.Softmax(_tape.Scale(scores, (float)(1 / _options.Temperature)));
    }

    private int Greedy(Tensor scores, int i, int row) => TokenPicker.Greedy(Penalize(scores, i, row));

    private Span<float> Penalize(Tensor scores, int i, int row)
    {
        int vocabulary = _model.Config.VocabularySize;
        var values = scores.AsSpan<float>().Slice(i * vocabulary, vocabulary);
        _picker.Penalize(values, _texts[row].Tokens, _options.RepetitionPenalty);
        return values;
    }

    private int Draw(ReadOnlySpan<float> probabilities, int row)
    {
        var key = _options.PromptSeeds is { } seeds ? new RandomKey(seeds[row], RandomStreams.Sampling, 0) : new RandomKey(_options.Seed, RandomStreams.Sampling + (uint)row, 0);
        return _picker.Draw(probabilities, _options.TopK, _options.TopP, key.UniformDouble((ulong)_texts[row].New.Length));
    }

    // False when the text ends with it.
    private bool Add(int row, int token, Action<int, int>? onToken)
    {
        var text = _texts[row];
        if ((_options.StopTokens ?? _model.Config.EosTokenIds).Contains(token))
        {
            text.Stop = StopReason.StopToken;
            return false;
        }
        text.Add(token);
        onToken?.Invoke(row, token);
        if (_stopStrings.IsComplete(text.New))
        {
            text.Stop = StopReason.StopString;
            return false;
        }
        return !text.IsFull;
    }

    private static void Check(LlamaModel model, IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions options)
    {
        options.Check(model.Config);
        if (prompts.Count == 0) throw new ArgumentException("Generation: needs at least one prompt, got none.");
        for (int i = 0; i < prompts.Count; i++) PromptTokens.Check(model.Config, prompts[i], string.Create(CultureInfo.InvariantCulture, $"prompt {i}"), room: 1);
    }

    /// <summary>A prompt and what has come behind it, in one array of the largest length.</summary>
    private sealed class GrowingText
    {
        private readonly int[] _tokens;
        private int _length;

        public GrowingText(IReadOnlyList<int> prompt, int most)
        {
            _tokens = new int[prompt.Count + most];
            foreach (int token in prompt) Add(token);
            PromptLength = _length;
        }

        public int PromptLength { get; }

        public StopReason Stop { get; set; } = StopReason.Length;

        public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, _length);

        public ReadOnlySpan<int> New => _tokens.AsSpan(PromptLength, _length - PromptLength);

        public bool IsFull => _length == _tokens.Length;

        public void Add(int token) => _tokens[_length++] = token;
    }
}

/// <summary>What is asked of tokens before a model reads them.</summary>
internal static class PromptTokens
{
    /// <param name="room">Positions that must be left behind the prompt.</param>
    public static void Check(LlamaConfig config, IReadOnlyList<int> tokens, string what, int room)
    {
        if (tokens.Count == 0) throw new ArgumentException($"Generation: {what} must have at least one token, such as the model's begin token, got none.");
        if (tokens.Count > config.MaxPositions - room)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Generation: {what} must leave {room} of the model's {config.MaxPositions} positions free, got {tokens.Count} tokens; cut it."));
        for (int i = 0; i < tokens.Count; i++)
            if ((uint)tokens[i] >= (uint)config.VocabularySize)
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Generation: token {i} of {what} must be 0 to {config.VocabularySize - 1}, got {tokens[i]}; check that tokenizer and model belong together."));
    }
}
