namespace RadLab.Radiology;

public sealed partial class LeakageGate
{
    private readonly HashTable128 _imageContents = new();
    private readonly List<Entry> _imageEntries = [];
    private readonly List<(PerceptualHash Hash, Entry Entry)> _pictures = [];

    /// <summary>An image that training must not see.</summary>
    /// <param name="content">Hash of the file or of its pixels (<see cref="Hash128.OfBytes"/>), the same on both sides.</param>
    /// <param name="picture">Its perceptual hash; null compares contents only.</param>
    public void AddEvaluationImage(string id, Hash128 content, PerceptualHash? picture)
    {
        ArgumentNullException.ThrowIfNull(id);
        _evaluation++;
        int number = _imageContents.GetOrAdd(content, _imageEntries.Count, out bool added);
        if (added)
        {
            _imageEntries.Add(new Entry());
            if (picture is { IsComparable: true } hash) _pictures.Add((hash, _imageEntries[number]));
            else if (picture is not null) _notComparable++;
        }
        _imageEntries[number].Ids.Add(id);
    }

    /// <summary>Compares a training image and keeps what it finds for the report. True where it repeats an evaluation image.</summary>
    public bool CheckTrainingImage(string id, Hash128 content, PerceptualHash? picture)
    {
        ArgumentNullException.ThrowIfNull(id);
        _training++;
        return Record(id, MatchImage(content, picture));
    }

    /// <summary>Compares an image and reports nothing.</summary>
    public bool Repeats(Hash128 content, PerceptualHash? picture) => MatchImage(content, picture).Count > 0;

    private List<(Entry Entry, LeakageKind Kind, double Similarity)> MatchImage(Hash128 content, PerceptualHash? picture)
    {
        _matches.Clear();
        var same = _imageContents.TryGet(content, out int number) ? _imageEntries[number] : null;
        if (same is not null) _matches.Add((same, LeakageKind.SameImage, 1));
        if (_options.ImageDistance < 0 || picture is not { IsComparable: true } hash) return _matches;
        // every pair is compared: four words a hash, a few nanoseconds a pair
        foreach (var (other, entry) in _pictures)
        {
            int distance = hash.Distance(other);
            if (distance <= _options.ImageDistance && entry != same) _matches.Add((entry, LeakageKind.SimilarImage, 1 - distance / (double)PerceptualHash.Bits));
        }
        return _matches;
    }
}
