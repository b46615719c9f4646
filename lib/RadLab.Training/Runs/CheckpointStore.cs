using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>A complete checkpoint.</summary>
/// <param name="Folder">Where its files are.</param>
/// <param name="Step">Optimizer steps that it has behind it.</param>
public sealed record Checkpoint(string Folder, long Step);

/// <summary>
/// Checkpoints of one run. Each is written into a staged folder, flushed, and renamed; its manifest with the hash of every file is written last, so that
/// whatever a crash, a full disk or a power loss leaves behind is either a whole checkpoint or recognised as none.
/// </summary>
public sealed class CheckpointStore
{
    public const string ManifestName = "manifest.json";
    private const string Prefix = "step-", Staged = ".partial";
    private const int MaxManifestBytes = 1 << 20;

    private readonly string _folder;
    private readonly string _identity;
    private readonly HashSet<long> _damaged = [];

    /// <param name="folder">Made when the first checkpoint is written.</param>
    /// <param name="identity">Hash of what a checkpoint belongs to: recipe, base and data. One with another identity is refused.</param>
    public CheckpointStore(string folder, string identity)
    {
        (_folder, _identity) = (Path.GetFullPath(folder), identity);
    }

    /// <summary>Writes a checkpoint: all of it or nothing.</summary>
    /// <param name="write">Writes its files into the folder it is given.</param>
    /// <exception cref="IOException">The disk is full or broken; earlier checkpoints are whole.</exception>
    public Checkpoint Write(long step, Action<string> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        string target = Path.Combine(_folder, NameOf(step)), staged = target + Staged;
        try
        {
            Directory.CreateDirectory(_folder);
            if (Directory.Exists(staged)) Directory.Delete(staged, recursive: true);
            Directory.CreateDirectory(staged);
            write(staged);
            Durable.FlushTree(staged);
            WholeFile.Write(Path.Combine(staged, ManifestName), Manifest(staged, step));
            Durable.FlushFolder(staged);
            if (Directory.Exists(target)) Directory.Delete(target, recursive: true);   // of this step, from before a resume: the same bits
            Durable.Rename(staged, target);
            Durable.FlushFolder(_folder);
            _damaged.Remove(step);
            return new Checkpoint(target, step);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)   // the last: a file larger than its file system or a limit allows (EFBIG)
        {
            Durable.TryDelete(staged);
            throw new IOException(string.Create(CultureInfo.InvariantCulture, $"{_folder}: the checkpoint of step {step} could not be written ({e.Message.ReplaceLineEndings(" ")}); earlier ones are whole: make room or mend the folder, then resume."), e);
        }
        catch
        {
            Durable.TryDelete(staged);
            throw;
        }
    }

    /// <summary>The latest whole checkpoint, or null.</summary>
    /// <param name="notes">What was passed over, and why, a line each.</param>
    /// <exception cref="RecipeException">The latest whole checkpoint belongs to another recipe, base or data.</exception>
    public Checkpoint? Latest(out IReadOnlyList<string> notes)
    {
        var passed = new List<string>();
        notes = passed;
        if (!Directory.Exists(_folder)) return null;
        foreach (string partial in Directory.EnumerateDirectories(_folder, "*" + Staged)) passed.Add($"{Path.GetFileName(partial)}: unfinished, ignored.");
        foreach (var (folder, step) in Folders())
        {
            if (Problem(folder, step) is not { } problem) return new Checkpoint(folder, step);
            passed.Add($"{Path.GetFileName(folder)}: {problem}, ignored.");
            _damaged.Add(step);
        }
        return null;
    }

    /// <summary>The whole checkpoint of a step.</summary>
    /// <exception cref="RecipeException">There is none.</exception>
    public Checkpoint At(long step)
    {
        string folder = Path.Combine(_folder, NameOf(step));
        string? problem = Directory.Exists(folder) ? Problem(folder, step) : "not there";
        return problem is null ? new Checkpoint(folder, step) : throw new RecipeException($"{folder}: {problem}; the run's result was to be made of it: restore it, or take the last step's with --set run.result_is_best=false in a new run.");
    }

    /// <summary>Removes unfinished and damaged checkpoints, those above the present step, which the run passes again, and of the others those beyond the newest <paramref name="keep"/>.</summary>
    /// <param name="best">Step of one that stays in any case.</param>
    /// <param name="present">Step of the one that was written last.</param>
    public void Prune(int keep, long? best, long present)
    {
        if (!Directory.Exists(_folder)) return;
        foreach (string partial in Directory.EnumerateDirectories(_folder, "*" + Staged).ToList()) Directory.Delete(partial, recursive: true);
        var whole = Folders().Where(f => f.Step <= present && !_damaged.Contains(f.Step)).ToList();
        var kept = whole.Take(keep).Concat(whole.Where(f => f.Step == best)).Select(f => f.Step).ToHashSet();
        foreach (var (folder, step) in Folders())
            if (!kept.Contains(step)) Directory.Delete(folder, recursive: true);
    }

    private IReadOnlyList<(string Folder, long Step)> Folders() =>
        [.. Directory.EnumerateDirectories(_folder, Prefix + "*").Select(f => (Folder: f, Step: StepOf(Path.GetFileName(f)))).Where(f => f.Step >= 0).OrderByDescending(f => f.Step)];

    private static string NameOf(long step) => Prefix + step.ToString("D8", CultureInfo.InvariantCulture);

    private static long StepOf(string name) => long.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long step) ? step : -1;

    private byte[] Manifest(string folder, long step)
    {
        var files = new JsonObject();
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            files[Path.GetRelativePath(folder, file).Replace('\\', '/')] = HashOf(file);
        return JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["step"] = step, ["identity"] = _identity, ["files"] = files });
    }

    // Null: it is whole. A checkpoint of another run is an error of the user, not of the disk.
    private string? Problem(string folder, long step)
    {
        string path = Path.Combine(folder, ManifestName);
        try
        {
            if (!File.Exists(path)) return "without manifest";
            if (new FileInfo(path).Length > MaxManifestBytes) return "manifest too long";
            using var manifest = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = 4 });
            var root = manifest.RootElement;
            if (root.GetProperty("step").GetInt64() != step) return "manifest of another step";
            foreach (var file in root.GetProperty("files").EnumerateObject())
            {
                string full = Path.GetFullPath(Path.Combine(folder, file.Name));
                if (!full.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal)) return "manifest names a file outside of it";
                if (!File.Exists(full)) return $"without {file.Name}";
                if (HashOf(full) != file.Value.GetString()) return $"{file.Name} is not what was written";
            }
            string? identity = root.GetProperty("identity").GetString();
            return identity == _identity ? null
                : throw new RecipeException($"{Path.GetFileName(folder)}: belongs to recipe, base and data with the hash {identity}, but these have {_identity}: something changed since; undo the change, or begin a new run.");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return "manifest unreadable";
        }
    }

    private static string HashOf(string file)
    {
        using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
