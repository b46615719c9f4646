using System.Globalization;

namespace RadLab.Models;

/// <summary>What an adapter's factors start as.</summary>
public enum LoraInitKind
{
    /// <summary>A uniform in ±1/sqrt(inputs), B zero: PEFT's <c>true</c>.</summary>
    Uniform,

    /// <summary>A normal with deviation 1/R, B zero: PEFT's <c>gaussian</c>.</summary>
    Gaussian,

    /// <summary>The R largest singular triplets of the weight; the base keeps the rest (Meng et al., arXiv:2404.02948).</summary>
    Pissa,

    /// <summary>The R largest singular triplets of what quantizing loses (Li et al., arXiv:2310.08659).</summary>
    LoftQ,
}

/// <summary>How an adapter starts; see <see cref="LoraInitKind"/>.</summary>
/// <remarks><code>
/// PiSSA:  s B A = U S Vᵀ, rank R, of W             base = W - s B A         the model's function is unchanged
/// LoftQ:  Q = quantize(W - s B A)                  begins with B A = 0
///         s B A = U S Vᵀ, rank R, of W - Q         both lines Iterations times; base = Q
/// </code>
/// Both split each root over A and B. PEFT's own LoftQ ignores s, which is the same where s is 1.
/// </remarks>
public sealed record LoraInit
{
    /// <summary>Of LoftQ's subspace iteration: the losses of quantizing have no dominant directions, so more would gain nothing.</summary>
    internal const int LoftQSubspaceIterations = 8;

    private const int MostIterations = 1000;

    private LoraInit(LoraInitKind kind, int? iterations) => (Kind, Iterations) = (kind, iterations);

    public LoraInitKind Kind { get; }

    /// <summary>PiSSA: subspace iterations, null for the exact decomposition. LoftQ: rounds of quantizing and decomposing.</summary>
    public int? Iterations { get; }

    public static LoraInit Uniform { get; } = new(LoraInitKind.Uniform, null);

    public static LoraInit Gaussian { get; } = new(LoraInitKind.Gaussian, null);

    /// <param name="iterations">Null: <see cref="Compute.Svd.Exact"/>, for layers of up to about a thousand. 16: <see cref="Compute.Svd.Subspace"/>, seconds for the layers of a 7B model.</param>
    public static LoraInit Pissa(int? iterations = null)
    {
        if (iterations is < 0 or > MostIterations) throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"LoraInit.Pissa: iterations must be from 0 to {MostIterations}, got {iterations}."));
        return new LoraInit(LoraInitKind.Pissa, iterations);
    }

    /// <param name="iterations">1: the base is the plainly quantized weight.</param>
    public static LoraInit LoftQ(int iterations = 1)
    {
        if (iterations is < 1 or > MostIterations) throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"LoraInit.LoftQ: iterations must be from 1 to {MostIterations}, got {iterations}."));
        return new LoraInit(LoraInitKind.LoftQ, iterations);
    }

    /// <summary>The base is another one than before: such an adapter is alone on its model.</summary>
    public bool ChangesBase => Kind is LoraInitKind.Pissa or LoraInitKind.LoftQ;

    /// <summary>PEFT's <c>init_lora_weights</c>; null where that is <c>true</c>.</summary>
    internal string? PeftName => Kind switch
    {
        LoraInitKind.Gaussian => "gaussian",
        LoraInitKind.Pissa when Iterations is { } n => string.Create(CultureInfo.InvariantCulture, $"pissa_niter_{n}"),
        LoraInitKind.Pissa => "pissa",
        LoraInitKind.LoftQ => "loftq",
        _ => null,
    };

    /// <summary>Null where the name is none of RadLab's.</summary>
    /// <param name="loftQIterations"><c>loftq_config.loftq_iter</c></param>
    internal static LoraInit? Parse(string peftName, int loftQIterations)
    {
        const string fast = "pissa_niter_";
        string name = peftName.ToLowerInvariant();
        if (name.StartsWith(fast, StringComparison.Ordinal))
            return int.TryParse(name.AsSpan(fast.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n <= MostIterations ? Pissa(n) : null;
        return name switch
        {
            "gaussian" => Gaussian,
            "pissa" => Pissa(),
            "loftq" => LoftQ(loftQIterations),
            _ => null,
        };
    }

    public override string ToString() => PeftName ?? "uniform";
}
