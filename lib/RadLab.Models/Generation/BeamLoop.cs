using RadLab.Compute;

namespace RadLab.Models;

/// <summary>The state of one beam search. Open texts have the same length; each has a row of the cache, which its first child takes over.</summary>
internal sealed class BeamLoop : IDisposable
{
    private readonly LlamaModel _model;
    private readonly GenerationOptions _options;
    private readonly IReadOnlyList<int> _stopTokens;
    private readonly StopStrings _stopStrings;
    private readonly TokenPicker _picker;
    private readonly KvCache _cache;
    private readonly Tape _tape;
    private readonly int _beams, _prompt, _most;
    private readonly double _lengthPenalty;
    private readonly int[] _rows;              // the open texts' rows of the cache
    private readonly List<BeamText> _ended = [];
    private readonly List<Extension> _extensions = [];
    private Open[] _open, _next;               // texts in arrays that are reused from step to step
    private int _openCount = 1;
    private int _new;                          // tokens behind the prompt in each open text

    private readonly record struct Extension(double LogProbability, int Parent, int Token);

    private sealed class Open(int capacity)
    {
        public readonly int[] Tokens = new int[capacity];
        public double LogProbability;
        public int Row, Parent;
    }

    public BeamLoop(LlamaModel model, IReadOnlyList<int> prompt, int beams, GenerationOptions options, double lengthPenalty)
    {
        (_model, _options, _beams, _prompt, _lengthPenalty) = (model, options, beams, prompt.Count, lengthPenalty);
        _stopTokens = options.StopTokens ?? model.Config.EosTokenIds;
        _stopStrings = new StopStrings(options);
        _picker = new TokenPicker(model.Config.VocabularySize);
        _most = Math.Min(options.MaxNewTokens, model.Config.MaxPositions - prompt.Count);
        _rows = new int[beams];
        (_open, _next) = (New(), New());
        for (int i = 0; i < prompt.Count; i++) _open[0].Tokens[i] = prompt[i];
        _cache = new KvCache(model, beams, prompt.Count + _most, options.CacheDType);
        _tape = model.Engine.Tape(recording: false);

        Open[] New() => [.. Enumerable.Range(0, beams).Select(_ => new Open(prompt.Count + _most))];
    }

    /// <summary>One token more for every open text; false when the search is over.</summary>
    public bool Step()
    {
        _tape.Reset();
        Extend(Scores());
        _tape.Reset();
        _new++;
        Choose();
        if (_openCount == 0) return false;
        if (_new == _most)
        {
            for (int i = 0; i < _openCount; i++) End(_open[i].Tokens.AsSpan(0, _prompt + _new), _open[i].LogProbability, StopReason.Length, _new);
            return false;
        }
        double bestOpen = Score(_open[0].LogProbability, _new);   // the likeliest is first
        return _ended.Count < _beams || _ended[^1].Score < bestOpen;
    }

    public IReadOnlyList<BeamText> Results() => _ended;

    public void Dispose()
    {
        _tape.Dispose();
        _cache.Dispose();
    }

    private Tensor Scores()
    {
        int count = _new == 0 ? _prompt : 1;
        var tokens = _tape.Empty([_openCount, count], DType.I32);
        var ids = tokens.AsSpan<int>();
        for (int i = 0; i < _openCount; i++)
        {
            _open[i].Tokens.AsSpan(_prompt + _new - count, count).CopyTo(ids[(i * count)..]);
            _rows[i] = _open[i].Row;
        }
        return _model.ForwardLast(_tape, tokens, _cache, _rows.AsSpan(0, _openCount));
    }

    // The best extensions of every open text, best first; enough of them that as many as there are beams do not end.
    private void Extend(Tensor scores)
    {
        int vocabulary = _model.Config.VocabularySize, most = Math.Min(vocabulary, _beams + _stopTokens.Count);
        Span<int> best = stackalloc int[most];
        _extensions.Clear();
        for (int i = 0; i < _openCount; i++)
        {
            var row = scores.AsSpan<float>().Slice(i * vocabulary, vocabulary);
            _picker.Penalize(row, _open[i].Tokens.AsSpan(0, _prompt + _new), _options.RepetitionPenalty);
            _picker.Best(row, best);
            double logSum = row[best[0]] + LogSumBelow(scores, i, best[0]);
            foreach (int token in best) _extensions.Add(new Extension(_open[i].LogProbability + row[token] - logSum, i, token));
        }
        _extensions.Sort(static (a, b) => a.LogProbability != b.LogProbability ? b.LogProbability.CompareTo(a.LogProbability) : a.Parent != b.Parent ? a.Parent.CompareTo(b.Parent) : a.Token.CompareTo(b.Token));
    }

    // log sum exp(score - score[token])
    private double LogSumBelow(Tensor scores, int row, int token)
    {
        using var one = scores.Rows(row, 1);
        var label = _tape.Empty([1], DType.I32);
        label.AsSpan<int>()[0] = token;
        return _tape.CrossEntropy(one, label).Item();
    }

    private void Choose()
    {
        int count = 0, length = _prompt + _new;
        for (int rank = 0; rank < _extensions.Count && count < _beams; rank++)
        {
            var e = _extensions[rank];
            var to = _next[count];
            _open[e.Parent].Tokens.AsSpan(0, length - 1).CopyTo(to.Tokens);
            to.Tokens[length - 1] = e.Token;
            bool isStop = _stopTokens.Contains(e.Token);
            if (isStop || _stopStrings.IsComplete(to.Tokens.AsSpan(_prompt, _new)))
            {
                if (rank < _beams) End(to.Tokens.AsSpan(0, isStop ? length - 1 : length), e.LogProbability, isStop ? StopReason.StopToken : StopReason.StopString, _new);
                continue;
            }
            (to.LogProbability, to.Parent, to.Row) = (e.LogProbability, e.Parent, -1);
            count++;
        }
        TakeRows(count);
        (_open, _next, _openCount) = (_next, _open, count);
    }

    // A text's first child goes on in its row; other children copy it into rows that nobody goes on in, from where the two texts part.
    private void TakeRows(int count)
    {
        Span<bool> taken = stackalloc bool[_beams];
        for (int i = 0; i < count; i++)
        {
            int row = _open[_next[i].Parent].Row;
            if (taken[row]) continue;
            taken[row] = true;
            _next[i].Row = row;
        }
        for (int i = 0, free = 0; i < count; i++)
        {
            if (_next[i].Row >= 0) continue;
            while (taken[free]) free++;
            taken[free] = true;
            var parent = _open[_next[i].Parent];
            _cache.CopyRow(parent.Row, free, Shared(free, parent));
            _next[i].Row = free;
        }
    }

    // Tokens in which the text that leaves this row agrees with the one that comes.
    private int Shared(int row, Open comes)
    {
        for (int i = 0; i < _openCount; i++)
            if (_open[i].Row == row) return _open[i].Tokens.AsSpan(0, _cache.Lengths[row]).CommonPrefixLength(comes.Tokens);
        return 0;
    }

    private void End(ReadOnlySpan<int> tokens, double logProbability, StopReason reason, int length)
    {
        double score = Score(logProbability, length);
        if (_ended.Count == _beams && score <= _ended[^1].Score) return;
        var fresh = tokens[_prompt..];
        var text = new BeamText(new GeneratedText(fresh.ToArray(), _stopStrings.Text(fresh, reason), reason), logProbability, score);
        int at = _ended.Count;
        while (at > 0 && _ended[at - 1].Score < score) at--;
        _ended.Insert(at, text);
        if (_ended.Count > _beams) _ended.RemoveAt(_beams);
    }

    // length^penalty by products and one root: exact enough, and the same on every machine
    private double Score(double logProbability, int length)
    {
        double power = _lengthPenalty % 1 == 0 ? 1 : Math.Sqrt(length);
        for (int i = 1; i <= (int)_lengthPenalty; i++) power *= length;
        return logProbability / power;
    }
}
