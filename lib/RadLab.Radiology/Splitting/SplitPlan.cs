using System.Buffers;
using System.Numerics;

namespace RadLab.Radiology;

/// <summary>
/// Splits a data set so that no patient, and where patients are unknown no findings text or near duplicate of it, stands on two sides. Add the records, then
/// assign.
/// </summary>
/// <remarks>
/// Stability and grouping pull in opposite directions, because a new record may resemble two old ones that stand on different sides. The rules:
/// <list type="number">
/// <item>A record with a patient goes where <see cref="PatientSplit"/> puts the patient: stable by construction.</item>
/// <item>Records without one are clustered by their findings (exact and near duplicates, connected through any chain), and the cluster goes
/// where the salted hash of its smallest content hash puts it: the same for any order of the records and whatever their identifiers. Without a ledger a later
/// preparation with more records may give a cluster another smallest member or join two clusters, and so move records.</item>
/// <item>A record whose side is given stays there; no other joins it.</item>
/// <item>With the ledger of the earlier preparation a record keeps its side for ever, also where its text has changed. A new record joins the side of its near
/// duplicates there; one that resembles records of several sides is left out (<see cref="SplitBasis.BridgesSides"/>) rather than moving an old one.</item>
/// <item>At the end, training records whose findings repeat those of an evaluation record by the rules of <see cref="LeakageGate"/> are left out: across patients
/// (normal reports are often equal word for word), and where a short text stands inside a longer one. They stay out of the ledger.</item>
/// </list>
/// Findings without words group with nothing; such a record goes by the hash of its identifier.
/// </remarks>
public sealed class SplitPlan
{
    private readonly PatientSplit _split;
    private readonly SplitPlanOptions _options;
    private readonly SplitLedger _earlier;
    private readonly HashTable128 _texts = new();
    private readonly ShingleStore _sets = new();     // one per distinct findings text
    private readonly List<Hash128> _contents = [];   // likewise
    private readonly List<Row> _rows = [];

    // Key is what the ledger knows a record by; Text numbers its distinct findings
    private readonly record struct Row(string Source, string Id, Hash128 Key, bool HasPatient, int Text, DataSplit? Given);

    /// <param name="earlier">The ledger of an earlier preparation with the same salt.</param>
    public SplitPlan(PatientSplit split, SplitPlanOptions? options = null, SplitLedger? earlier = null)
    {
        ArgumentNullException.ThrowIfNull(split);
        _split = split;
        _options = (options ?? new SplitPlanOptions()).Checked();
        _earlier = earlier ?? new SplitLedger();
    }

    /// <summary>Takes the next record; its findings are not kept as text.</summary>
    /// <param name="given">The side that the source gives; null where it gives none. Other records do not follow it.</param>
    public void Add(string source, string id, string? patientId, string findings, DataSplit? given = null)
    {
        ArgumentNullException.ThrowIfNull(findings);
        bool hasPatient = !string.IsNullOrWhiteSpace(patientId);
        var key = hasPatient ? _split.Key(source, patientId!) : _split.RecordKey(source, id);
        var content = Hash128.OfText(findings);
        int text = _texts.GetOrAdd(content, _sets.Count, out bool added);
        if (added)
        {
            uint[] set = Shingles.Rent(findings, _options.Near.ShingleWords, out int count);
            _sets.Add(set.AsSpan(0, count));
            _contents.Add(content);
            ArrayPool<uint>.Shared.Return(set);
        }
        _rows.Add(new Row(source, id, key, hasPatient, text, given));
    }

    /// <param name="threads">0 takes every core; the result is the same for any number.</param>
    public SplitResult Assign(int threads = 0, CancellationToken cancel = default)
    {
        var result = new SplitAssignment[_rows.Count];
        for (int i = 0; i < result.Length; i++)
        {
            var row = _rows[i];
            bool old = _earlier.TryGet(row.Key, out var side);
            if (row.Given is not null) result[i] = new(row.Source, row.Id, row.Given, SplitBasis.Given, row.Key);
            else if (row.HasPatient && !old) result[i] = new(row.Source, row.Id, _split.Of(row.Key), SplitBasis.Patient, row.Key);
            else if (old) result[i] = new(row.Source, row.Id, side, SplitBasis.Earlier, row.Key);
        }
        var clusters = AssignClusters(result, threads, cancel);

        var ledger = new SplitLedger();
        foreach (var (key, side) in _earlier.Sides) ledger.Add(key, side);
        var noted = new HashSet<Hash128>();
        if (_options.LeaveOutRepeats) LeaveOutRepeats(result);
        for (int i = 0; i < result.Length; i++)
            if (result[i].Split is { } side && noted.Add(_rows[i].Key)) ledger.Add(_rows[i].Key, side);
        return new SplitResult { Records = result, Ledger = ledger, Clusters = clusters };
    }

    private DuplicateClusters AssignClusters(SplitAssignment[] result, int threads, CancellationToken cancel)
    {
        // sides on which an old record without a patient has this text or one like it: a bit for each side
        int[] sides = SidesOfSimilarOldTexts(result);

        // new texts that pull to two sides would tie other clusters together: they are out before the clustering
        var near = new NearDuplicates(_options.Near);
        var members = new List<int>();
        for (int i = 0; i < result.Length; i++)
        {
            if (result[i] is not null) continue;
            var row = _rows[i];
            if (BitOperations.PopCount((uint)sides[row.Text]) > 1)
            {
                result[i] = new(row.Source, row.Id, null, SplitBasis.BridgesSides, row.Key);
                continue;
            }
            near.Add(_contents[row.Text], _sets[row.Text]);
            members.Add(i);
        }
        var clusters = near.Cluster(threads, cancel);

        int[] clusterSides = new int[members.Count];
        var smallest = new Hash128[members.Count];
        for (int m = 0; m < members.Count; m++)
        {
            var row = _rows[members[m]];
            int cluster = clusters.ClusterOf[m];
            clusterSides[cluster] |= sides[row.Text];
            // findings without words are alike in nothing: such a record goes by itself
            var name = _sets.SizeOf(row.Text) == 0 ? row.Key : _contents[row.Text];
            if (cluster == m || name < smallest[cluster]) smallest[cluster] = name;
        }
        for (int m = 0; m < members.Count; m++)
        {
            int cluster = clusters.ClusterOf[m];
            var group = _split.ClusterKey(smallest[cluster]);
            var (side, basis) = clusterSides[cluster] switch
            {
                0 => ((DataSplit?)_split.Of(group), SplitBasis.Cluster),
                1 => (DataSplit.Train, SplitBasis.Earlier),
                2 => (DataSplit.Validation, SplitBasis.Earlier),
                4 => (DataSplit.Test, SplitBasis.Earlier),
                _ => (null, SplitBasis.BridgesSides),
            };
            var row = _rows[members[m]];
            result[members[m]] = new(row.Source, row.Id, side, basis, group);
        }
        return clusters;
    }

    private int[] SidesOfSimilarOldTexts(SplitAssignment[] result)
    {
        int[] own = new int[_sets.Count];
        for (int i = 0; i < result.Length; i++)
            if (!_rows[i].HasPatient && result[i] is { Basis: not SplitBasis.Given, Split: { } side }) own[_rows[i].Text] |= 1 << (int)side;

        var index = new OverlapIndex();
        var indexed = new List<int>();
        for (int t = 0; t < own.Length; t++)
        {
            int size = _sets.SizeOf(t);
            if (own[t] == 0 || size == 0) continue;
            // |A ∩ B| >= threshold |A ∪ B| is at least threshold |A|
            index.Add(_sets[t], (int)Math.Ceiling(_options.Near.Threshold * size - 1e-9));
            indexed.Add(t);
        }
        int[] sides = new int[own.Length];
        if (indexed.Count == 0) return sides;
        var found = new List<(int Set, int Common)>();
        for (int t = 0; t < sides.Length; t++)
        {
            found.Clear();
            index.Find(_sets[t], found);
            foreach (var (set, common) in found)
                if (common >= Shingles.CommonFor(_options.Near.Threshold, _sets.SizeOf(t), index.SizeOf(set))) sides[t] |= own[indexed[set]];
        }
        return sides;
    }

    private void LeaveOutRepeats(SplitAssignment[] result)
    {
        var gate = new LeakageGate(_options.Leakage with { ShingleWords = _options.Near.ShingleWords });
        bool[] added = new bool[_sets.Count];
        for (int i = 0; i < result.Length; i++)
        {
            int text = _rows[i].Text;
            if (result[i].Split is not (DataSplit.Validation or DataSplit.Test) || added[text]) continue;
            added[text] = true;
            gate.AddEvaluation(result[i].Id, _contents[text], _sets[text]);
        }
        var repeats = new bool?[_sets.Count];
        for (int i = 0; i < result.Length; i++)
        {
            if (result[i].Split is not DataSplit.Train) continue;
            int text = _rows[i].Text;
            repeats[text] ??= gate.Repeats(_contents[text], _sets[text]);
            if (repeats[text] == true) result[i] = result[i] with { Split = null, Basis = SplitBasis.RepeatsEvaluation };
        }
    }
}
