using System.Globalization;

namespace RadLab.Radiology;

/// <summary>
/// A generated data set whose test side is made of what training never sees: the last records come from the held-out sentence templates and vocabulary, the others from
/// the kept ones.
/// </summary>
internal sealed class GeneratorParts
{
    private readonly long _count, _kept;
    private readonly ulong _seed;
    private readonly SplitRule _split;

    public GeneratorParts(DataManifest manifest, long count, ulong seed)
    {
        (_split, _count, _seed) = (manifest.Split, count, seed);
        if (_split.Train + _split.Validation is not > 0) throw new DataFormatException($"{manifest.Id}: split by generator parts needs a share for train or validation");
        _kept = count - (long)(count * _split.Test + 0.5);
    }

    /// <summary>Of the kept part.</summary>
    public SplitShares Shares => new(_split.Train / (_split.Train + _split.Validation), _split.Validation / (_split.Train + _split.Validation), 0);

    public IEnumerable<KeyValuePair<string, string>> Settings =>
    [
        KeyValuePair.Create("parts", string.Create(CultureInfo.InvariantCulture,
            $"train and validation: records 0 to {_kept - 1}, kept templates and vocabulary; test: records {_kept} to {_count - 1}, held-out templates and vocabulary ({SyntheticSettings.Default.TemplateShare:0.##} of the templates, {SyntheticSettings.Default.VocabularyShare:0.##} of each word list)")),
    ];

    /// <summary>All records in their order; record i is i of its part.</summary>
    public IEnumerable<SyntheticNote> Notes()
    {
        var kept = new SyntheticSettings { Part = SyntheticPart.Kept };
        var heldOut = new SyntheticSettings { Part = SyntheticPart.HeldOut };
        for (long i = 0; i < _count; i++) yield return SyntheticProtocols.At(_seed, i, i < _kept ? kept : heldOut);
    }

    /// <summary>Test for a held-out record, none for the others; ids end in the record's number.</summary>
    public DataSplit? SideOf(string id) => long.Parse(id.AsSpan(id.LastIndexOf('-') + 1), NumberStyles.None, CultureInfo.InvariantCulture) >= _kept ? DataSplit.Test : null;
}
