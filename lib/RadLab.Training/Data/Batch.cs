using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>Texts that go through the model at once, as rows of equal length; see <see cref="BatchPlan"/>.</summary>
public sealed class Batch : IDisposable
{
    private Batch(Tensor tokens, Tensor labels, Tensor? weights, TextLayout? layout, int texts, int tokenCount, int counted)
    {
        (Tokens, Labels, Weights, Layout, Texts, TokenCount, Counted) = (tokens, labels, weights, layout, texts, tokenCount, counted);
    }

    /// <summary>(B,T), I32; padding is 0.</summary>
    public Tensor Tokens { get; }

    /// <summary>(B,T), I32.</summary>
    public Tensor Labels { get; }

    /// <summary>(B,T), F32: how much each label counts; null: all alike.</summary>
    public Tensor? Weights { get; }

    /// <summary>Null where each row is one text.</summary>
    public TextLayout? Layout { get; }

    public int Texts { get; }

    /// <summary>Tokens without padding.</summary>
    public int TokenCount { get; }

    /// <summary>Labels that the loss falls on.</summary>
    public int Counted { get; }

    /// <summary>One text in each row, padded on the right to the longest: later positions are seen by no earlier one.</summary>
    public static Batch Padded(Engine engine, IReadOnlyList<TokenizedText> texts) => Make(engine, [.. texts.Select(t => (IReadOnlyList<TokenizedText>)[t])], texts.Max(t => t.Ids.Length), packed: false);

    /// <summary>Several texts in each row, one after the other, each apart from its neighbours.</summary>
    /// <param name="length">Of every row, so that steps do not differ in shape.</param>
    public static Batch Packed(Engine engine, IReadOnlyList<IReadOnlyList<TokenizedText>> rows, int length) => Make(engine, rows, length, packed: true);

    private static Batch Make(Engine engine, IReadOnlyList<IReadOnlyList<TokenizedText>> rows, int length, bool packed)
    {
        Shape shape = [rows.Count, length];
        var tensors = new List<Tensor>(5);
        try
        {
            Span<T> New<T>(DType type, T fill)
                where T : unmanaged
            {
                tensors.Add(engine.Empty(shape, type));
                var span = tensors[^1].AsSpan<T>();
                span.Fill(fill);
                return span;
            }
            var tokens = New(DType.I32, 0);
            var labels = New(DType.I32, TokenizedText.IgnoredLabel);
            var segments = packed ? New(DType.I32, -1) : default;   // padding sees padding
            var positions = packed ? New(DType.I32, 0) : default;
            bool weighted = rows.Any(r => r.Any(t => t.Weight != 1));
            var weights = weighted ? New(DType.F32, 0f) : default;
            int texts = 0, count = 0, counted = 0;
            for (int row = 0; row < rows.Count; row++)
            {
                int at = row * length;
                for (int i = 0; i < rows[row].Count; i++)
                {
                    var text = rows[row][i];
                    text.Ids.CopyTo(tokens[at..]);
                    text.Labels.CopyTo(labels[at..]);
                    labels[at] = TokenizedText.IgnoredLabel;   // nothing before it that could predict it
                    if (weighted) weights.Slice(at, text.Ids.Length).Fill(text.Weight);
                    for (int t = 0; packed && t < text.Ids.Length; t++) (segments[at + t], positions[at + t]) = (i, t);
                    at += text.Ids.Length;
                    (texts, count, counted) = (texts + 1, count + text.Ids.Length, counted + text.Counted);
                }
            }
            return new Batch(tensors[0], tensors[1], weighted ? tensors[^1] : (Tensor?)null, packed ? new TextLayout(tensors[2], tensors[3]) : null, texts, count, counted);
        }
        catch
        {
            foreach (var t in tensors) t.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Tokens.Dispose();
        Labels.Dispose();
        Weights?.Dispose();
        if (Layout is not { } layout) return;
        layout.Segments.Dispose();
        layout.Positions.Dispose();
    }
}
