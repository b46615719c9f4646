using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace RadLab.Radiology;

/// <summary>What a file's bytes say: which named digest they have, or that they have none of those known.</summary>
/// <param name="Name">The digest that matched, <c>recorded</c> for the lock file's, or null.</param>
public sealed record DigestCheck(string? Name, string Sha256, long Bytes)
{
    private const int BufferBytes = 1 << 20;

    public bool Matches => Name is not null;

    /// <summary>Hashes a file or a folder and looks the digest up among those that the manifest and the lock know.</summary>
    /// <param name="progress">Bytes hashed so far.</param>
    public static DigestCheck Of(DataFile file, string path, DigestLock locked, Action<long>? progress = null, CancellationToken cancellation = default)
    {
        string sha256, md5 = "";
        long bytes;
        if (file.Folder) (sha256, bytes) = Folder(file.Path, path, progress, cancellation);
        else (sha256, md5, bytes) = Single(path, file.Digests.Any(d => d.Md5 is not null), progress, cancellation);

        string? recorded = locked.Find(file.Path)?.Sha256;
        // MD5 is forgeable: once a SHA-256 is recorded it decides
        var named = file.Digests.FirstOrDefault(d => d.Sha256 == sha256 || (d.Sha256 is null && d.Md5 is not null && d.Md5 == md5 && (recorded ?? sha256) == sha256));
        string? name = named?.Name ?? (recorded == sha256 ? "recorded" : null);
        return new DigestCheck(name, sha256, bytes);
    }

    /// <summary>What does not fit, in one line for people.</summary>
    public string Mismatch(DataFile file, DigestLock locked)
    {
        var known = file.Digests.Where(d => !d.IsRecordedAtFirstDownload).Select(d => $"{d.Name} {(d.Sha256 ?? d.Md5)![..12]}…").ToList();
        if (locked.Find(file.Path) is { } entry) known.Add($"recorded {entry.Sha256![..12]}…");
        string expected = known.Count == 0 ? "no digest is known yet" : $"known are {string.Join(", ", known)}";
        return string.Create(CultureInfo.InvariantCulture, $"{file.Path}: has {Bytes} bytes with sha256 {Sha256[..12]}…, but {expected}");
    }

    private static (string Sha256, string Md5, long Bytes) Single(string path, bool withMd5, Action<long>? progress, CancellationToken cancellation)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var md5 = withMd5 ? IncrementalHash.CreateHash(HashAlgorithmName.MD5) : null;
        byte[] buffer = new byte[BufferBytes];
        long bytes = 0;
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            sha256.AppendData(buffer, 0, read);
            md5?.AppendData(buffer, 0, read);
            progress?.Invoke(bytes += read);
        }
        return (Convert.ToHexStringLower(sha256.GetHashAndReset()), md5 is null ? "" : Convert.ToHexStringLower(md5.GetHashAndReset()), stream.Length);
    }

    private static (string Sha256, long Bytes) Folder(string name, string path, Action<long>? progress, CancellationToken cancellation)
    {
        var lines = new List<string>();
        long bytes = 0;
        foreach (string file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories))
        {
            long before = bytes;
            var (sha256, _, length) = Single(file, false, done => progress?.Invoke(before + done), cancellation);
            bytes += length;
            lines.Add($"{sha256}  {name}/{Path.GetRelativePath(path, file).Replace('\\', '/')}");
        }
        lines.Sort(StringComparer.Ordinal);
        return (Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines)))), bytes);
    }
}
