namespace RadLab.Radiology;

/// <summary>
/// The data that code inside a scope has opened, so that a host (the notebook runner) can decide where output may lie without
/// knowing the code. Kept by RadLab's own readers and records; code that opens files by itself says so with <see cref="Declare"/>.
/// The scope follows the caller's flow, also into the tasks it starts.
/// </summary>
/// <remarks>
/// What is not seen: files that code reads by itself (<c>File.ReadAllText</c>, <c>StreamReader</c>), through another library, or in another process. Nothing guesses
/// them, because paths are made at run time, and a search of the code that finds the obvious ones only would be trusted with the others. One line before such a
/// read, <c>DataUse.Declare("mimic-cxr")</c>, and outputs are kept apart as for RadLab's own readers.
/// </remarks>
public sealed class DataUse
{
    private static readonly AsyncLocal<DataUse?> s_current = new();

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, DataProvenance> _sets = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _unknown = new(StringComparer.Ordinal);
    private readonly DateTime _since = DateTime.UtcNow;

    /// <summary>What is opened from here on is kept here, until the returned scope is disposed.</summary>
    public IDisposable Begin()
    {
        var before = s_current.Value;
        s_current.Value = this;
        return new Scope(before);
    }

    /// <summary>Data sets whose terms are known, by id.</summary>
    public IReadOnlyList<DataProvenance> Sets
    {
        get
        {
            lock (_gate) return [.. _sets.Values];
        }
    }

    /// <summary>Names of files and sources that no manifest and no data card vouches for: they may be a hospital's.</summary>
    public IReadOnlyList<string> Unknown
    {
        get
        {
            lock (_gate) return [.. _unknown];
        }
    }

    /// <summary>States that the running code reads data of a set by other means than RadLab's readers.</summary>
    /// <param name="dataSet">Id of a shipped manifest, or path of one.</param>
    /// <exception cref="DataFormatException">There is no such manifest.</exception>
    public static void Declare(string dataSet) => DataProvenance.Of(ManifestCatalog.Find(dataSet), []);

    /// <summary>
    /// Notes a file that is about to be read: by the data card beside it, or else as unknown. A file that was written within the
    /// scope holds nothing that the scope has not read already.
    /// </summary>
    public static void Opened(string path)
    {
        if (s_current.Value is not { } use || PreparedFolder.ProvenanceBeside(path) is not null) return;
        if (File.GetLastWriteTimeUtc(path) >= use._since) return;
        lock (use._gate) use._unknown.Add(Path.GetFileName(path));
    }

    internal static void Note(DataProvenance provenance)
    {
        if (s_current.Value is not { } use) return;
        lock (use._gate)
        {
            use._unknown.Remove(provenance.DataSet);
            if (!use._sets.TryGetValue(provenance.DataSet, out var known) || known.Files.Count < provenance.Files.Count) use._sets[provenance.DataSet] = provenance;
        }
    }

    /// <summary>Records of a source are read as they lie.</summary>
    /// <param name="source">Id of the data set.</param>
    internal static void NoteSource(string source)
    {
        if (s_current.Value is not { } use) return;
        if (ManifestCatalog.Shipped.FirstOrDefault(m => m.Id == source) is { } manifest) DataProvenance.Of(manifest, []);
        else
        {
            lock (use._gate)
                if (!use._sets.ContainsKey(source)) use._unknown.Add(source);
        }
    }

    private sealed class Scope(DataUse? before) : IDisposable
    {
        public void Dispose() => s_current.Value = before;
    }
}
