using System.Globalization;

namespace RadLab.Radiology;

/// <summary>
/// Finds texts that were seen before, one after the other and without keeping any text: a million distinct texts take 29 MB (<see cref="HashTable128"/>).
/// "The same" means the same words in the same order (<see cref="NormalizedText"/>). Not for use by several threads at once.
/// </summary>
public sealed class ExactDuplicates
{
    private readonly HashTable128 _table;

    /// <param name="expected">About how many distinct texts will come: spares the growing, changes no result.</param>
    public ExactDuplicates(int expected = 0) => _table = new HashTable128(Math.Max(0, expected));

    /// <summary>Texts given so far.</summary>
    public int Texts { get; private set; }

    /// <summary>Texts that hold no word: neither distinct nor duplicates.</summary>
    public int Empty { get; private set; }

    public int Distinct => _table.Count;

    public int Duplicates => Texts - Empty - Distinct;

    public long MemoryBytes => _table.MemoryBytes;

    /// <summary>True where the text is the first of its kind (or empty). The 0-based position of the first one comes in <paramref name="first"/>.</summary>
    public bool Add(string text, out int first)
    {
        ArgumentNullException.ThrowIfNull(text);
        var hash = Hash128.OfText(text);
        return Add(hash, hash == s_empty, out first);
    }

    /// <summary>As above for a hash made elsewhere, for example of several sections or of an image.</summary>
    public bool Add(Hash128 hash, out int first) => Add(hash, empty: false, out first);

    private static readonly Hash128 s_empty = Hash128.OfText("");

    private bool Add(Hash128 hash, bool empty, out int first)
    {
        int position = Texts;
        Texts = checked(Texts + 1);
        if (empty)
        {
            Empty++;
            first = position;
            return true;
        }
        first = _table.GetOrAdd(hash, position, out bool added);
        return added;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Texts} texts: {Distinct} distinct, {Duplicates} repeat an earlier one, {Empty} empty");
}
