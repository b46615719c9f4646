using System.Globalization;
using System.Runtime.InteropServices;
using RadLab.Compute;

namespace RadLab.Models;

/// <summary>All logits of a model on some texts, kept in a scratch file so that the two models that are compared need not be in memory together.</summary>
internal sealed class LogitTrace(string path) : IDisposable
{
    // tokens at a time: a row of scores may be half a megabyte
    private const int Chunk = 64;

    private readonly FileStream _file = new(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);

    public static void Check(LlamaConfig config, IReadOnlyList<IReadOnlyList<int>> prompts)
    {
        if (prompts.Count == 0) throw new ArgumentException("AdapterMerge: Prompts must hold at least one text to measure on, got none.");
        for (int i = 0; i < prompts.Count; i++)
        {
            if (prompts[i].Count < 1 || prompts[i].Count > config.MaxPositions)
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"AdapterMerge: prompt {i} must have 1 to the model's {config.MaxPositions} tokens, got {prompts[i].Count}."));
            if (prompts[i].FirstOrDefault(t => (uint)t >= (uint)config.VocabularySize, -1) is not -1 and int token || prompts[i].Any(t => t < 0))
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"AdapterMerge: tokens of prompt {i} must be 0 to {config.VocabularySize - 1}; use the model's own tokenizer."));
        }
    }

    /// <summary>Writes down the model's logits.</summary>
    public void Record(LlamaModel model, IReadOnlyList<IReadOnlyList<int>> prompts)
    {
        _file.SetLength(0);
        Rows(model, prompts, row => _file.Write(MemoryMarshal.AsBytes(row)));
    }

    /// <summary>Compares a model with what was written down.</summary>
    public MergeFidelity Compare(LlamaModel model, IReadOnlyList<IReadOnlyList<int>> prompts)
    {
        _file.Position = 0;
        var live = new float[model.Config.VocabularySize];
        long positions = 0, changed = 0;
        double sum = 0, largest = 0, errors = 0, largestError = 0;
        Rows(model, prompts, row =>
        {
            _file.ReadExactly(MemoryMarshal.AsBytes(live.AsSpan()));
            var d = LogitDistance.Between(live, row);
            positions++;
            sum += d.Divergence;
            largest = Math.Max(largest, d.Divergence);
            errors += d.SumError;
            largestError = Math.Max(largestError, d.MaxError);
            if (!d.SameTop) changed++;
        });
        return new MergeFidelity(prompts.Count, positions, sum / positions, largest, errors / positions / live.Length, largestError, changed);
    }

    public void Dispose() => _file.Dispose();

    private delegate void RowSink(ReadOnlySpan<float> row);

    private static void Rows(LlamaModel model, IReadOnlyList<IReadOnlyList<int>> prompts, RowSink sink)
    {
        int V = model.Config.VocabularySize;
        using var tape = model.Engine.Tape(recording: false);
        foreach (var prompt in prompts)
        {
            using var cache = new KvCache(model, 1, prompt.Count, DType.F32);
            for (int at = 0; at < prompt.Count; at += Chunk)
            {
                int[] ids = [.. prompt.Skip(at).Take(Chunk)];
                using var tokens = model.Engine.From(ids, [1, ids.Length]);
                var scores = model.Forward(tape, tokens, cache).AsSpan<float>();
                for (int t = 0; t < ids.Length; t++) sink(scores.Slice(t * V, V));
                tape.Reset();
            }
        }
    }
}
