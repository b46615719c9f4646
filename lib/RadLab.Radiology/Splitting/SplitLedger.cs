using System.Globalization;

namespace RadLab.Radiology;

/// <summary>
/// Which records stood on which side in an earlier preparation, so that later ones never move them. Records and patients appear as salted hashes only.
/// As text: a heading, then one line for each with its hash and its side.
/// </summary>
public sealed class SplitLedger
{
    private const string Heading = "radlab-split-ledger 1";
    private readonly Dictionary<Hash128, DataSplit> _sides = [];

    public int Count => _sides.Count;

    public IEnumerable<KeyValuePair<Hash128, DataSplit>> Sides => _sides;

    public bool TryGet(Hash128 key, out DataSplit side) => _sides.TryGetValue(key, out side);

    /// <summary>Notes a side; a second, different one for the same key is refused.</summary>
    public void Add(Hash128 key, DataSplit side)
    {
        if (!_sides.TryAdd(key, side) && _sides[key] != side)
            throw new InvalidOperationException($"SplitLedger: {key} stands in {_sides[key].Name()} and cannot be moved to {side.Name()}.");
    }

    /// <summary>Writes the lines in the order of the hashes, so that equal ledgers are equal files.</summary>
    public void Write(TextWriter to)
    {
        to.Write(Heading + "\n");
        foreach (var (key, side) in _sides.OrderBy(s => s.Key)) to.Write($"{key} {side.Name()}\n");
    }

    /// <param name="name">What to call the file in messages.</param>
    public static SplitLedger Read(TextReader from, string name)
    {
        if (from.ReadLine() != Heading) throw new DataFormatException($"{name}: line 1 must be \"{Heading}\"; this is no split ledger of this version.");
        var ledger = new SplitLedger();
        int number = 1;
        while (from.ReadLine() is { } line)
        {
            number++;
            if (line.Length < 34 || line[32] != ' ' || !Hash128.TryParse(line.AsSpan(0, 32), out var key) || !DataSplits.TryParse(line[33..], out var side))
                throw new DataFormatException(string.Create(CultureInfo.InvariantCulture, $"{name}: line {number} must be 32 hexadecimal digits, a blank and train, validation or test."));
            if (!ledger._sides.TryAdd(key, side)) throw new DataFormatException(string.Create(CultureInfo.InvariantCulture, $"{name}: line {number} repeats the hash of an earlier line."));
        }
        return ledger;
    }
}
