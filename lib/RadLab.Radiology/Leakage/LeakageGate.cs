using System.Buffers;

namespace RadLab.Radiology;

/// <summary>
/// Holds the evaluation records against the training records. First every evaluation text or image is added, then the training records stream by; memory
/// grows with the evaluation side only. Near and contained texts are found without loss (<see cref="OverlapIndex"/> is exact), so a clean report means that no
/// pair reaches the thresholds. Not for use by several threads at once.
/// </summary>
/// <remarks>
/// Not found: paraphrases, translations, mirrored or rotated images, and an evaluation text that is scattered over several training records.
/// Identifiers appear in the report as they are given: give salted hashes (<see cref="PatientSplit.Key"/>) where the report leaves the data's machine.
/// </remarks>
public sealed partial class LeakageGate
{
    private readonly LeakageOptions _options;
    private readonly OverlapIndex _index = new();
    private readonly HashTable128 _texts = new();
    private readonly List<Entry> _entries = [];        // evaluation texts, one entry per distinct set of words in order
    private readonly List<(int Set, int Common)> _found = [];
    private readonly List<LeakagePair> _pairs = [];
    private readonly long[] _pairsByKind = new long[Enum.GetValues<LeakageKind>().Length];
    private readonly HashSet<string> _trainingIds = [];
    private long _training, _evaluation, _leakingTraining, _leakedEvaluation, _notComparable;

    public LeakageGate(LeakageOptions? options = null) => _options = (options ?? new LeakageOptions()).Checked();

    // what several evaluation records may share; Index is the entry's number in the overlap index
    private sealed class Entry
    {
        public List<string> Ids { get; } = [];

        public bool Leaked { get; set; }
    }

    /// <summary>A text that training must not see.</summary>
    public void AddEvaluationText(string id, string text)
    {
        ArgumentNullException.ThrowIfNull(id);
        ArgumentNullException.ThrowIfNull(text);
        uint[] set = Shingles.Rent(text, _options.ShingleWords, out int count);
        AddEvaluation(id, Hash128.OfText(text), set.AsSpan(0, count));
        ArrayPool<uint>.Shared.Return(set);
    }

    /// <summary>Compares a training text and keeps what it finds for the report. True where it repeats an evaluation record.</summary>
    public bool CheckTrainingText(string id, string text)
    {
        ArgumentNullException.ThrowIfNull(id);
        _training++;
        return Record(id, MatchText(text));
    }

    /// <summary>Compares a text and reports nothing: for leaving such records out of the training data beforehand.</summary>
    public bool Repeats(string text) => MatchText(text).Count > 0;

    /// <summary>All that was found so far.</summary>
    public LeakageReport Report() => new()
    {
        TrainingRecords = _training,
        EvaluationRecords = _evaluation,
        LeakingTraining = _leakingTraining,
        LeakedEvaluation = _leakedEvaluation,
        NotComparable = _notComparable,
        PairsByKind = Enum.GetValues<LeakageKind>().ToDictionary(k => k, k => _pairsByKind[(int)k]),
        Pairs = [.. _pairs],
    };

    internal void AddEvaluation(string id, Hash128 hash, ReadOnlySpan<uint> set)
    {
        _evaluation++;
        if (set.IsEmpty)
        {
            _notComparable++;
            return;
        }
        int number = _texts.GetOrAdd(hash, _entries.Count, out bool added);
        if (added)
        {
            _entries.Add(new Entry());
            _index.Add(set, Required(set.Length));
        }
        _entries[number].Ids.Add(id);
    }

    internal bool Repeats(Hash128 hash, ReadOnlySpan<uint> set) => MatchText(hash, set).Count > 0;

    // the least number of shared shingles at which one of the rules can hold: I >= t |A ∪ B| is at least t |A|
    private int Required(int size)
    {
        double least = Searched(size) ? Math.Min(_options.NearAt, _options.ContainedAt) : _options.NearAt;
        return Math.Max(1, (int)Math.Ceiling(least * size - 1e-9));
    }

    // a text of w words has at most w - k + 1 shingles, and fewer where it repeats itself
    private bool Searched(int size) => _options.ContainedAt <= 1 && size + _options.ShingleWords - 1 >= _options.ContainedFromWords;

    private List<(Entry Entry, LeakageKind Kind, double Similarity)> MatchText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        uint[] set = Shingles.Rent(text, _options.ShingleWords, out int count);
        var matches = MatchText(Hash128.OfText(text), set.AsSpan(0, count));
        ArrayPool<uint>.Shared.Return(set);
        return matches;
    }

    private readonly List<(Entry Entry, LeakageKind Kind, double Similarity)> _matches = [];

    private List<(Entry Entry, LeakageKind Kind, double Similarity)> MatchText(Hash128 hash, ReadOnlySpan<uint> set)
    {
        _matches.Clear();
        if (set.IsEmpty) return _matches;
        int same = _texts.TryGet(hash, out int number) ? number : -1;
        _found.Clear();
        _index.Find(set, _found);
        foreach (var (other, common) in _found)
        {
            int size = _index.SizeOf(other);
            double jaccard = common / (double)(size + set.Length - common);
            double contained = common / (double)size;
            if (other == same) _matches.Add((_entries[other], LeakageKind.SameText, 1));
            else if (jaccard >= _options.NearAt) _matches.Add((_entries[other], LeakageKind.NearText, jaccard));
            else if (Searched(size) && contained >= _options.ContainedAt) _matches.Add((_entries[other], LeakageKind.ContainedText, contained));
        }
        return _matches;
    }

    private bool Record(string id, List<(Entry Entry, LeakageKind Kind, double Similarity)> matches)
    {
        if (matches.Count == 0) return false;
        if (_trainingIds.Add(id)) _leakingTraining++;   // a record may come by with a text and several images
        foreach (var (entry, kind, similarity) in matches)
        {
            if (!entry.Leaked) _leakedEvaluation += entry.Ids.Count;
            entry.Leaked = true;
            _pairsByKind[(int)kind] += entry.Ids.Count;
            foreach (string evaluation in entry.Ids)
            {
                if (_pairs.Count >= _options.ListedPairs) break;
                _pairs.Add(new LeakagePair(id, evaluation, kind, similarity));
            }
        }
        return true;
    }
}
