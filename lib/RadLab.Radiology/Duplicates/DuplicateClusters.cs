using System.Globalization;

namespace RadLab.Radiology;

/// <summary>Which texts belong together: connected through exact or near duplicates. Texts are named by their 0-based position in the order given.</summary>
public sealed record DuplicateClusters
{
    /// <summary>For each text the position of the first text of its cluster; a text alone is its own.</summary>
    public required IReadOnlyList<int> ClusterOf { get; init; }

    /// <summary>Number of clusters; a text alone and an empty text are clusters of one.</summary>
    public required int Clusters { get; init; }

    public int Texts => ClusterOf.Count;

    /// <summary>Texts whose words stand in an earlier text in the same order.</summary>
    public required int ExactDuplicates { get; init; }

    /// <summary>Texts that only a near duplicate ties to an earlier cluster.</summary>
    public int NearDuplicates => Texts - ExactDuplicates - Clusters;

    /// <summary>Texts in the largest cluster.</summary>
    public required int Largest { get; init; }

    /// <summary>Pairs that the banding proposed and that were compared exactly (a pair may come up in several bands; it is counted each time).</summary>
    public required long PairsCompared { get; init; }

    /// <summary>Of those, how many reached the threshold.</summary>
    public required long PairsConfirmed { get; init; }

    /// <summary>At most so many candidates were left uncompared by <see cref="NearDuplicateOptions.ComparisonsPerBucket"/>; 0 unless templates fill whole buckets.</summary>
    public required long PairsNotCompared { get; init; }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Texts} texts in {Clusters} clusters: {ExactDuplicates} exact and {NearDuplicates} near duplicates, largest cluster {Largest}; {PairsCompared} pairs compared, {PairsConfirmed} confirmed, {PairsNotCompared} not compared");
}
