using System.Globalization;
using RadLab.Compute;

namespace RadLab.Models;

/// <summary>One adapter of a combination.</summary>
/// <param name="Weight">w: finite, may be negative.</param>
public sealed record WeightedAdapter(string Name, double Weight);

/// <summary>How adapters become one, as in PEFT's <c>add_weighted_adapter</c>. The new adapter has scale 1.</summary>
/// <remarks><code>
/// Cat     A = the rows of all w_i s_i A_i,  B = the columns of all B_i         B A = sum of w_i s_i B_i A_i exactly; the ranks add up
/// Linear  A = sum of r_i A_i,  B = sum of ±r_i B_i,  r_i = sqrt(|w_i| s_i)     one rank for all; B A holds the products of different adapters as well
/// Svd     the largest triplets of sum of w_i s_i B_i A_i                       A = Vᵀ, B = U S
/// </code></remarks>
public sealed record AdapterCombination
{
    // beyond the parts' ranks the spectrum is empty: the sketch holds all of it after the first product
    private const int SubspaceIterations = 4;

    private readonly string _kind;
    private readonly int? _rank;

    private AdapterCombination(string kind, int? rank = null) => (_kind, _rank) = (kind, rank);

    public static AdapterCombination Cat { get; } = new("cat");

    public static AdapterCombination Linear { get; } = new("linear");

    /// <param name="rank">Of the new adapter; null: the largest of the parts'.</param>
    public static AdapterCombination Svd(int? rank = null) => rank is null or >= 1 ? new AdapterCombination("svd", rank)
        : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"AdapterCombination.Svd: rank must be at least 1, got {rank}."));

    public override string ToString() => _kind;

    internal LoraAdapters Of(LlamaModel model, string name, IReadOnlyList<(LoraAdapters Adapters, double Weight)> parts)
    {
        if (parts.Count == 0) throw new ArgumentException("AdapterSet: Combine must have at least one adapter, got none.");
        foreach (var (adapters, weight) in parts)
        {
            if (!double.IsFinite(weight)) throw new ArgumentException($"AdapterSet: the weight of '{adapters.Name}' must be finite, got {weight.ToString(CultureInfo.InvariantCulture)}.");
            if (adapters.Settings.UseDora) throw new ArgumentException($"AdapterSet: '{adapters.Name}' uses DoRA, whose outputs are no sum and cannot be combined.");
            if (adapters.Settings.Init.ChangesBase) throw new ArgumentException($"AdapterSet: '{adapters.Name}' has changed the base by {adapters.Settings.Init.Kind} and cannot be combined.");
        }
        var ranks = new Dictionary<LinearLayer, int>();
        foreach (var layer in model.Linears)
        {
            int[] of = [.. parts.Select(p => p.Adapters.On(layer)).OfType<LoraAdapter>().Select(a => a.Rank)];
            if (of.Length > 0) ranks.Add(layer, RankOf(layer, of));
        }
        var settings = SettingsOf(model, ranks);
        var dropout = new AdapterDropout(0, 0);
        var made = new List<LoraAdapter>();
        try
        {
            foreach (var layer in ranks.Keys)
            {
                made.Add(LoraAdapter.Empty(model.Engine, layer, settings, dropout, (uint)made.Count));
                var factors = parts.Select(p => (Adapter: p.Adapters.On(layer), p.Weight)).Where(p => p.Adapter is not null).Select(p => (p.Adapter!, p.Weight)).ToList();
                if (_kind == "cat") FillCat(made[^1], factors);
                else if (_kind == "linear") FillLinear(made[^1], factors);
                else FillSvd(made[^1], factors);
            }
            return new LoraAdapters(model, name, settings, made, dropout);
        }
        catch
        {
            foreach (var adapter in made) adapter.Dispose();
            throw;
        }
    }

    private int RankOf(LinearLayer layer, int[] ranks)
    {
        if (_kind == "cat") return ranks.Sum();
        if (_kind == "svd") return Math.Min(_rank ?? ranks.Max(), Math.Min(layer.Inputs, layer.Outputs));
        return ranks.Distinct().Count() == 1 ? ranks[0]
            : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"AdapterSet: a linear combination needs equal ranks, but {layer.Module} has {string.Join(" and ", ranks)}; use Cat or Svd."));
    }

    // alpha = rank makes the scale 1; layers of another rank are named one by one
    private static Lora SettingsOf(LlamaModel model, Dictionary<LinearLayer, int> ranks)
    {
        int usual = ranks.Values.GroupBy(r => r).OrderByDescending(g => g.Count()).ThenBy(g => g.Key).First().Key;
        var others = ranks.Where(r => r.Value != usual).Select(r => (Key: r.Key.Module.Replace(".", @"\.", StringComparison.Ordinal), r.Value)).ToList();
        var names = ranks.Keys.Select(l => l.Module[(l.Module.LastIndexOf('.') + 1)..]).Distinct().ToList();
        bool whole = model.Linears.Count(l => names.Exists(n => LlamaWeights.IsTarget(l.Module, n))) == ranks.Count;
        return new Lora
        {
            Rank = usual,
            Alpha = usual,
            Targets = whole ? names : [.. ranks.Keys.Select(l => l.Module)],
            RankPattern = [.. others.Select(o => KeyValuePair.Create(o.Key, o.Value))],
            AlphaPattern = [.. others.Select(o => KeyValuePair.Create(o.Key, (double)o.Value))],
        };
    }

    private static void FillCat(LoraAdapter to, List<(LoraAdapter Adapter, double Weight)> parts)
    {
        Span<float> a = to.A.Value.AsSpan<float>(), b = to.B.Value.AsSpan<float>();
        int rank = 0;
        foreach (var (adapter, weight) in parts)
        {
            float factor = (float)(weight * adapter.Scale);
            var fromA = adapter.A.Value.AsSpan<float>();
            var toA = a.Slice(rank * to.Layer.Inputs, fromA.Length);
            for (int i = 0; i < fromA.Length; i++) toA[i] = factor * fromA[i];
            var fromB = adapter.B.Value.AsSpan<float>();
            for (int o = 0; o < to.Layer.Outputs; o++) fromB.Slice(o * adapter.Rank, adapter.Rank).CopyTo(b[(o * to.Rank + rank)..]);
            rank += adapter.Rank;
        }
    }

    private static void FillLinear(LoraAdapter to, List<(LoraAdapter Adapter, double Weight)> parts)
    {
        Span<float> a = to.A.Value.AsSpan<float>(), b = to.B.Value.AsSpan<float>();
        a.Clear();
        foreach (var (adapter, weight) in parts)
        {
            float root = (float)Math.Sqrt(Math.Abs(weight) * adapter.Scale);
            Add(adapter.A.Value.AsSpan<float>(), root, a);
            Add(adapter.B.Value.AsSpan<float>(), weight < 0 ? -root : root, b);
        }
    }

    private static void Add(ReadOnlySpan<float> from, float factor, Span<float> to)
    {
        for (int i = 0; i < to.Length; i++) to[i] += factor * from[i];
    }

    private static void FillSvd(LoraAdapter to, List<(LoraAdapter Adapter, double Weight)> parts)
    {
        using var tape = to.A.Value.Engine.Tape(recording: false);
        Tensor? sum = null;
        foreach (var (adapter, weight) in parts)
        {
            var product = tape.Scale(tape.MatMul(adapter.B.Value, adapter.A.Value), (float)(weight * adapter.Scale));
            sum = sum is { } s ? tape.Add(s, product) : product;
        }
        var triplets = Compute.Svd.Subspace(sum!.Value, to.Rank, SubspaceIterations);
        Span<float> a = to.A.Value.AsSpan<float>(), b = to.B.Value.AsSpan<float>();
        for (int i = 0; i < to.Rank; i++)
        {
            ReadOnlySpan<double> right = triplets.Right(i), left = triplets.Left(i);
            for (int c = 0; c < right.Length; c++) a[i * right.Length + c] = (float)right[c];
            for (int o = 0; o < left.Length; o++) b[o * to.Rank + i] = (float)(triplets.Values[i] * left[o]);
        }
    }
}
