namespace RadLab.Radiology;

/// <summary>What <c>get</c> or <c>verify</c> found for one file.</summary>
/// <param name="State"><c>mirror</c>, <c>present</c>, <c>downloaded</c>, <c>recorded</c>, <c>missing</c> or <c>wrong</c>.</param>
/// <param name="Digest">Name of the digest that matched, or null.</param>
/// <param name="Message">For people, where something is wrong or missing.</param>
public sealed record FetchedFile(string Path, string State, string? Digest, string? Sha256, long? Bytes, string? Location, string? Message)
{
    public bool IsGood => Digest is not null;
}

/// <summary>Gets and verifies the files of a data set.</summary>
public sealed class DataFetch(DataFolders folders, HttpClient http)
{
    /// <summary>How downloads wait; tests shorten it.</summary>
    public DataDownload Download { get; init; } = new(http);

    /// <summary>Looks at what is there; downloads nothing.</summary>
    public FetchedFile Verify(DataFile file, Action<long, long?>? progress = null, CancellationToken cancellation = default)
    {
        var locked = DigestLock.Open(folders.LockPath);
        if (folders.Find(file) is not { } path) return new FetchedFile(file.Path, "missing", null, null, null, null, $"{file.Path}: is not there");
        var check = DigestCheck.Of(file, path, locked, done => progress?.Invoke(done, null), cancellation);
        return check.Matches
            ? new FetchedFile(file.Path, folders.InMirror(file) is null ? "present" : "mirror", check.Name, check.Sha256, check.Bytes, path, null)
            : new FetchedFile(file.Path, "wrong", null, check.Sha256, check.Bytes, path, check.Mismatch(file, locked));
    }

    /// <summary>Makes a file present and right: from the mirror, from the store, or by downloading it into the store.</summary>
    /// <param name="trust">Records the digest of a file that is here where the source publishes none: whoever put it there vouches for it.</param>
    public async Task<FetchedFile> GetAsync(DataManifest manifest, DataFile file, bool trust, Action<long, long?>? progress, CancellationToken cancellation)
    {
        var here = Verify(file, progress, cancellation);
        if (here.IsGood) return here;
        bool open = file.Digests.Any(d => d.IsRecordedAtFirstDownload) && DigestLock.Open(folders.LockPath).Find(file.Path) is null;
        if (here.State == "wrong" && open && trust)
        {
            DigestLock.Open(folders.LockPath).Record(file.Path, here.Sha256!, here.Bytes!.Value);
            return here with { State = "recorded", Digest = "recorded", Message = null };
        }
        if (here.State == "wrong" && (folders.InMirror(file) is not null || file.Url is null))
            throw new DataFormatException($"{here.Message}; {(open ? "replace it, or give --trust to record its digest if you know where it comes from" : "replace it, or unset RADLAB_DATA to download")}");
        if (file.Url is null)
            throw new DataFormatException($"{manifest.Id}: {file.Path} cannot be downloaded. {manifest.Acquisition.Instructions}");

        var locked = DigestLock.Open(folders.LockPath);
        string path = folders.InStore(file);
        DigestCheck? arrived = null;
        string state = "downloaded";
        await Download.FetchAsync(file.Url, path, part =>
        {
            arrived = DigestCheck.Of(file, part, locked, null, cancellation);
            if (arrived.Matches && file.Digests.Any(d => d.Sha256 == arrived.Sha256)) return;
            bool first = locked.Find(file.Path) is null && file.Digests.Any(d => d.IsRecordedAtFirstDownload);
            if (!arrived.Matches && !first)
                throw new DataFormatException($"{arrived.Mismatch(file, locked)}; refused{(File.Exists(path) ? ", the old file is kept" : "")}: the source changed or the download was tampered with");
            locked.Record(file.Path, arrived.Sha256, arrived.Bytes);
            if (!arrived.Matches) state = "recorded";
        }, progress, cancellation);
        return new FetchedFile(file.Path, state, arrived!.Name ?? "recorded", arrived.Sha256, arrived.Bytes, path, null);
    }
}
