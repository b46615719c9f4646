using RadLab.Compute;

namespace RadLab.Models;

/// <summary>Log-probabilities of one answer after the other behind one prompt; what an answer shares with the one before it is not read again.</summary>
internal sealed class ChoiceScorer : IDisposable
{
    private readonly LlamaModel _model;
    private readonly KvCache _cache;
    private readonly Tape _tape;
    private readonly Tensor _scores;        // (longest, V): row i after the prompt and i tokens of the answer before
    private readonly int _prompt;
    private readonly List<int> _read = [];  // tokens of that answer that the rows stand for

    public ChoiceScorer(LlamaModel model, IReadOnlyList<int> prompt, int longest)
    {
        (_model, _prompt) = (model, prompt.Count);
        _tape = model.Engine.Tape(recording: false);
        _cache = new KvCache(model, 1, prompt.Count + longest - 1);
        try
        {
            _scores = model.Engine.Empty([longest, model.Config.VocabularySize]);
            using var tokens = model.Engine.From([.. prompt], [1, prompt.Count]);
            Take(model.ForwardLast(_tape, tokens, _cache), 0);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Sum over the answer's tokens.</summary>
    public double LogProbability(IReadOnlyList<int> answer)
    {
        int shared = 0;
        while (shared < Math.Min(_read.Count, answer.Count - 1) && _read[shared] == answer[shared]) shared++;
        _cache.Truncate(0, _prompt + shared);
        _read.RemoveRange(shared, _read.Count - shared);

        int more = answer.Count - 1 - shared;   // nothing follows the last token
        if (more > 0)
        {
            int[] next = [.. answer.Skip(shared).Take(more)];
            using var tokens = _model.Engine.From(next, [1, more]);
            Take(_model.Forward(_tape, tokens, _cache), shared + 1);
            _read.AddRange(next);
        }
        using var labels = _model.Engine.From([.. answer], [answer.Count]);
        using var rows = _scores.Rows(0, answer.Count);
        double mean = _tape.CrossEntropy(rows, labels).Item();
        _tape.Reset();
        return -mean * answer.Count;
    }

    public void Dispose()
    {
        _tape.Dispose();
        _cache.Dispose();
        _scores.Dispose();
    }

    private void Take(Tensor scores, int row)
    {
        scores.AsSpan<float>().CopyTo(_scores.AsSpan<float>()[(row * _model.Config.VocabularySize)..]);
        _tape.Reset();
    }
}
