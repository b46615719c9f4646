using System.Globalization;

namespace RadLab.Radiology;

/// <summary>
/// When two texts count as near duplicates, and how they are found. Similarity is the Jaccard index |A ∩ B| / |A ∪ B| of their sets of word runs
/// (shingles). Candidates come from MinHash with banding (Broder 1997; Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", 3.4): <see cref="Bands"/>
/// bands of <see cref="Rows"/> minima each; a pair of similarity s becomes a candidate with probability 1 - (1 - s^rows)^bands. Every candidate is then
/// compared exactly, so nothing below the threshold is ever reported: precision is 1, and recall is that probability.
/// </summary>
/// <remarks>
/// With the defaults, a pair is found with probability 0.994 at similarity 0.7, 0.99998 at 0.8 and 1 - 1e-11 at 0.9. At three words a run one changed word in
/// a text of 30 words leaves 0.81, in one of 20 words 0.71.
/// </remarks>
public sealed record NearDuplicateOptions
{
    /// <summary>Similarity from which two texts are near duplicates, in (0, 1]; below 0.65 lower <see cref="Rows"/> with it (<see cref="CandidateProbability"/> tells).</summary>
    public double Threshold { get; init; } = 0.7;

    /// <summary>Words a run, 1 to 16.</summary>
    public int ShingleWords { get; init; } = 3;

    /// <summary>Bands of the MinHash signature, 1 to 256: more find more.</summary>
    public int Bands { get; init; } = 28;

    /// <summary>Minima a band, 1 to 16: more make fewer false candidates.</summary>
    public int Rows { get; init; } = 5;

    /// <summary>
    /// A text is compared with at most so many others of the same bucket, those of the nearest size; what is left out is counted in
    /// <see cref="DuplicateClusters.PairsNotCompared"/>. It bounds the work where thousands of texts are cut from one template.
    /// </summary>
    public int ComparisonsPerBucket { get; init; } = 256;

    /// <summary>Chooses the hash functions.</summary>
    public ulong Seed { get; init; } = 20260101;

    /// <summary>With how great a probability a pair of this similarity becomes a candidate and so is found, if it reaches the threshold.</summary>
    public double CandidateProbability(double similarity)
    {
        double band = 1;
        for (int r = 0; r < Rows; r++) band *= similarity;
        double missed = 1;
        for (int b = 0; b < Bands; b++) missed *= 1 - band;
        return 1 - missed;
    }

    internal NearDuplicateOptions Checked()
    {
        if (!(Threshold > 0 && Threshold <= 1)) throw Wrong(nameof(Threshold), "above 0 and at most 1", Threshold);
        if (ShingleWords is < 1 or > 16) throw Wrong(nameof(ShingleWords), "from 1 to 16", ShingleWords);
        if (Bands is < 1 or > 256) throw Wrong(nameof(Bands), "from 1 to 256", Bands);
        if (Rows is < 1 or > 16) throw Wrong(nameof(Rows), "from 1 to 16", Rows);
        if (ComparisonsPerBucket < 1) throw Wrong(nameof(ComparisonsPerBucket), "at least 1", ComparisonsPerBucket);
        return this;
    }

    private static ArgumentException Wrong(string name, string requirement, double got) =>
        new(string.Create(CultureInfo.InvariantCulture, $"NearDuplicates: {name} must be {requirement}, got {got}."), name);
}
