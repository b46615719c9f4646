using System.Text;

namespace RadLab.Training;

/// <summary>What MLflow takes: names, lengths and batch sizes (its REST reference and its servers' checks).</summary>
public static class TrackingLimits
{
    public const int MetricsPerBatch = 1000, ParametersPerBatch = 100, TagsPerBatch = 100, BatchBytes = 1_000_000;
    public const int KeyLength = 250, ParameterLength = 6000;

    /// <summary>Newer servers take 8000; older ones 5000.</summary>
    public const int TagLength = 5000;

    private const string Cut = "… (cut)";

    /// <summary>Letters, digits and <c>_ - . /</c> and blanks stay, anything else becomes <c>_</c>; never a path that leads elsewhere.</summary>
    public static string Key(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var parts = name.Split('/').Select(part => string.Concat(part.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or ' ' ? c : '_'))).Where(p => p.Length > 0)
            .Select(p => p.All(c => c == '.') ? new string('_', p.Length) : p);
        string key = string.Join('/', parts);
        return key.Length == 0 ? "_" : key.Length <= KeyLength ? key : key[..KeyLength].TrimEnd('/');
    }

    public static string Parameter(string value) => Shorten(value, ParameterLength);

    public static string Tag(string value) => Shorten(value, TagLength);

    /// <summary>Splits settings into requests that a server takes.</summary>
    internal static IEnumerable<IReadOnlyList<KeyValuePair<string, string>>> Batches(IEnumerable<KeyValuePair<string, string>> settings, int count)
    {
        var batch = new List<KeyValuePair<string, string>>();
        int bytes = 0;
        foreach (var setting in settings)
        {
            // every byte that JSON might write as six
            int more = 6 * (Encoding.UTF8.GetByteCount(setting.Key) + Encoding.UTF8.GetByteCount(setting.Value)) + 32;
            if (batch.Count > 0 && (batch.Count == count || bytes + more > BatchBytes - 1000))
            {
                yield return batch;
                (batch, bytes) = ([], 0);
            }
            batch.Add(setting);
            bytes += more;
        }
        if (batch.Count > 0) yield return batch;
    }

    private static string Shorten(string value, int length)
    {
        if (value.Length <= length) return value;
        int end = length - Cut.Length;
        if (char.IsHighSurrogate(value[end - 1])) end--;
        return value[..end] + Cut;
    }
}
