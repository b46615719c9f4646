using System.Globalization;
using System.Text;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>One of several parts of the records, by their ids: parts can be computed anywhere in any order, and together they are everything once.</summary>
/// <remarks>A record belongs to part <c>1 + (first 64 bits of SHA-256("radlab-shard" LF id)) mod n</c>, so its part does not change when records are added to the file.</remarks>
/// <param name="Part">From 1 to <paramref name="Of"/>.</param>
public readonly record struct PredictionShard(int Part, int Of)
{
    public static PredictionShard All { get; } = new(1, 1);

    public bool Has(string id) => Of == 1 || Hash128.OfBytes(Encoding.UTF8.GetBytes("radlab-shard\n" + id)).High % (ulong)Of == (ulong)(Part - 1);

    /// <summary>Reads <c>i/n</c>.</summary>
    /// <exception cref="ArgumentException">It is not that, or i is not from 1 to n.</exception>
    public static PredictionShard Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split('/');
        bool numbers = parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out _) && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out _);
        var shard = numbers ? new PredictionShard(int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture)) : default;
        return shard.Of is >= 1 and <= 100_000 && shard.Part >= 1 && shard.Part <= shard.Of ? shard
            : throw new ArgumentException($"must be i/n with i from 1 to n, such as 2/4, got {text}");
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Part}/{Of}");
}
