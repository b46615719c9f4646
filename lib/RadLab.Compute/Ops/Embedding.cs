using System.Globalization;

namespace RadLab.Compute;

public static partial class Ops
{
    /// <summary>Looks up one row of a table for each token.</summary>
    /// <remarks>
    /// <code>
    /// y[i,c]       = table[tokens[i], c]
    /// dtable[v,c] += sum over i with tokens[i] = v, ascending, of dy[i,c]
    /// </code>
    /// Backward keeps the tokens. Rows of one token are summed in F32 before they are added to the gradient, so a BF16 gradient rounds once however
    /// common the token is.
    /// </remarks>
    /// <param name="tokens">(...), I32, each 0 to V - 1</param>
    /// <param name="table">(V, C), F32 or BF16</param>
    /// <returns>(..., C), dtype of <paramref name="table"/>.</returns>
    public static Tensor Embedding(this Tape tape, Tensor tokens, Tensor table)
    {
        Check.Op(nameof(Embedding), tape, tokens, table);
        Check.DType(nameof(Embedding), nameof(tokens), tokens, DType.I32);
        Check.Float(nameof(Embedding), nameof(table), table);
        Check.Rank(nameof(Embedding), nameof(table), table, 2);
        if (tokens.Shape.Rank == Shape.MaxRank) throw new ArgumentException($"Embedding: tokens must have at most {Shape.MaxRank - 1} dimensions, got {tokens.Shape}.");
        CheckTokens(tokens, table.Shape[0]);

        Span<int> dims = stackalloc int[tokens.Shape.Rank + 1];
        tokens.Shape.CopyTo(dims);
        dims[^1] = table.Shape[1];
        var y = tape.Empty(Shape.Create(dims), table.DType);
        EmbeddingKernels.Forward(tokens, table, y);
        return tape.Record(nameof(Embedding), y, s_embeddingBackward, [table], [tokens]);
    }

    private static void CheckTokens(Tensor tokens, int V)
    {
        using var lease = tokens.Acquire();
        var ids = tokens.AsSpan<int>();
        for (int i = 0; i < ids.Length; i++)
        {
            if ((uint)ids[i] >= (uint)V)
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                    $"Embedding: token {ids[i]} at position {i} of {tokens.Shape} must be 0 to {V - 1}, a row of the table {V} rows long; does the tokenizer belong to this model?"));
        }
    }

    private static readonly BackwardFunction s_embeddingBackward = static (_, node) =>
    {
        if (node.TryGradient(0, out var dtable)) EmbeddingKernels.Backward(node.Saved(0), node.OutputGradient, dtable);
    };
}
