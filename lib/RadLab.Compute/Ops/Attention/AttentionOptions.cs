namespace RadLab.Compute;

/// <summary>Who sees whom in <see cref="Ops.Attention"/>. The default is full attention: every query sees every key.</summary>
public readonly record struct AttentionOptions
{
    /// <summary>Query t sees keys 0 to S - T + t: with S = T those up to its own token, with a cache of S - T earlier keys those as well.</summary>
    public bool Causal { get; init; }

    /// <summary>Factor of the scores; null means 1/sqrt(D).</summary>
    public float? Scale { get; init; }

    /// <summary>(B,T) I32: several texts packed into one row. A query sees only keys with its own number; any numbers do, tiles that share none are skipped. Needs S = T.</summary>
    public Tensor? Segments { get; init; }

    /// <summary>(B) I32, each 0 to S: keys from there on are padding that no query sees. Does not move the causal limit.</summary>
    public Tensor? Lengths { get; init; }
}
