using RadLab.Compute;

namespace RadLab.Models;

/// <summary>Log-probabilities of answers behind one prompt. The answers form a tree of tokens: each of its nodes is read once, all nodes of a depth at the same time.</summary>
internal sealed class ChoiceScorer : IDisposable
{
    // more rows are no faster, and each holds the keys and values of the prompt
    private const int MostRows = 64;
    private const long MostCacheBytes = 256L << 20;

    private readonly LlamaModel _model;
    private readonly KvCache _cache;
    private readonly Tape _tape;
    private readonly Tensor _root;          // (1, V): scores behind the prompt
    private readonly Tensor _answer;        // (longest, V): scores behind the prompt and i tokens of an answer
    private readonly int _prompt;
    private readonly bool[] _hasPrompt;     // by row of the cache
    private readonly List<Tensor> _levels = [];   // by depth, (nodes, V)

    /// <param name="longest">Tokens of the longest answer.</param>
    /// <param name="choices">Answers that there will be.</param>
    /// <param name="mostRows">0: as many as pay.</param>
    public ChoiceScorer(LlamaModel model, IReadOnlyList<int> prompt, int longest, int choices, int mostRows = 0)
    {
        (_model, _prompt) = (model, prompt.Count);
        int capacity = prompt.Count + longest - 1;
        Rows = Math.Min(choices, mostRows > 0 ? mostRows : RowsOf(model, capacity));
        _hasPrompt = new bool[Rows];
        _tape = model.Engine.Tape(recording: false);
        _cache = new KvCache(model, Rows, capacity);
        try
        {
            _root = model.Engine.Empty([1, model.Config.VocabularySize]);
            _answer = model.Engine.Empty([longest, model.Config.VocabularySize]);
            using var tokens = model.Engine.From([.. prompt], [1, prompt.Count]);
            _model.ForwardLast(_tape, tokens, _cache, [0]).AsSpan<float>().CopyTo(_root.AsSpan<float>());
            _tape.Reset();
            _hasPrompt[0] = true;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Answers that can be read at the same time.</summary>
    public int Rows { get; }

    /// <summary>Sums over the tokens of each answer.</summary>
    /// <param name="answers">At most <see cref="Rows"/>, in order of their tokens.</param>
    public double[] LogProbabilities(IReadOnlyList<IReadOnlyList<int>> answers)
    {
        int[][] nodes = Read(answers);
        var sums = new double[answers.Count];
        for (int j = 0; j < sums.Length; j++) sums[j] = LogProbability(answers[j], nodes[j]);
        foreach (var level in _levels) level.Dispose();
        _levels.Clear();
        return sums;
    }

    public void Dispose()
    {
        foreach (var level in _levels) level.Dispose();
        _tape.Dispose();
        _cache.Dispose();
        _root.Dispose();
        _answer.Dispose();
    }

    // For each answer, its node of each depth.
    private int[][] Read(IReadOnlyList<IReadOnlyList<int>> answers)
    {
        int[][] nodes = [.. answers.Select(a => new int[a.Count - 1])];   // nothing follows the last token
        int[] above = [0];   // row of each node of the depth before: the prompt's
        int used = 1;
        for (int depth = 0; ; depth++)
        {
            var rows = new List<int>();
            var tokens = new List<int>();
            var first = new bool[above.Length];
            int parent = -1;
            for (int j = 0; j < answers.Count; j++)
            {
                if (nodes[j].Length <= depth) continue;
                int up = depth == 0 ? 0 : nodes[j][depth - 1], token = answers[j][depth];
                if (parent != up || tokens[^1] != token)
                {
                    // the first to go on from a node takes its row, the others a copy
                    rows.Add(first[up] ? Copy(above[up], used++) : above[up]);
                    tokens.Add(token);
                    (first[up], parent) = (true, up);
                }
                nodes[j][depth] = rows.Count - 1;
            }
            if (rows.Count == 0) break;
            above = [.. rows];
            using var ids = _model.Engine.From([.. tokens], [tokens.Count, 1]);
            var scores = _model.Engine.Empty([tokens.Count, _model.Config.VocabularySize]);
            _levels.Add(scores);
            _model.ForwardLast(_tape, ids, _cache, above).AsSpan<float>().CopyTo(scores.AsSpan<float>());
            _tape.Reset();
        }
        for (int row = 0; row < used; row++) _cache.Truncate(row, _prompt);
        return nodes;
    }

    // Before anything of this depth is read: the row ends with the node above.
    private int Copy(int from, int to)
    {
        _cache.CopyRow(from, to, _hasPrompt[to] ? _prompt : 0);   // every row that is used begins with the prompt
        _hasPrompt[to] = true;
        return to;
    }

    private double LogProbability(IReadOnlyList<int> answer, int[] nodes)
    {
        int V = _model.Config.VocabularySize;
        var scores = _answer.AsSpan<float>();
        _root.AsSpan<float>().CopyTo(scores);
        for (int depth = 0; depth < nodes.Length; depth++) _levels[depth].AsSpan<float>().Slice(nodes[depth] * V, V).CopyTo(scores[((depth + 1) * V)..]);
        using var labels = _model.Engine.From([.. answer], [answer.Count]);
        using var rows = _answer.Rows(0, answer.Count);
        double mean = _tape.CrossEntropy(rows, labels).Item();
        _tape.Reset();
        return -mean * answer.Count;
    }

    private static int RowsOf(LlamaModel model, int capacity)
    {
        long bytes = 2L * model.Config.Layers * capacity * model.Config.KeyValueHeads * model.Config.HeadWidth * (model.Activations == DType.F32 ? 4 : 2);
        return (int)Math.Clamp(MostCacheBytes / bytes, 1, MostRows);
    }
}
