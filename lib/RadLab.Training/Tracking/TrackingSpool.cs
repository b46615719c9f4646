using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>How far a spool has been sent.</summary>
/// <param name="Offset">Bytes of the spool that the store has.</param>
/// <param name="Run">Null before the store has made the run.</param>
public sealed record SpoolPosition(long Offset, TrackedId? Run);

/// <summary>
/// Everything that a tracker is told about a run, in order, in the run's own folder: <c>tracking/spool.jsonl</c>, one event a line. It is sent from there,
/// now or later; <c>tracking/sent.json</c> says how far. A line that a crash has cut is removed.
/// </summary>
public sealed class TrackingSpool : IDisposable
{
    internal const string FolderName = "tracking";
    private const string FileName = "spool.jsonl", SentName = "sent.json", TargetName = "target.json", RefusedName = "refused.jsonl", LockName = "lock";
    private const int MaxLineBytes = 4 << 20, MaxStateBytes = 1 << 16, MaxRefusedBytes = 256 << 20;

    private readonly string _folder;
    private readonly FileStream _stream, _lock;
    private readonly Lock _writing = new();
    private readonly Dictionary<string, long> _last = [];

    private TrackingSpool(string runFolder, TrackingTarget target, FileStream held)
    {
        (RunFolder, _folder, Target, _lock) = (runFolder, Path.Combine(runFolder, FolderName), target, held);
        _stream = new FileStream(Path.Combine(_folder, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        long end = 0;
        foreach (var (e, _, after) in Read(_stream, 0))
        {
            end = after;
            if (e is TrackingBegin) HasBegun = true;
            if (e is TrackingPoint point)
                foreach (string key in point.Values.Keys) _last[key] = Math.Max(point.Step, _last.GetValueOrDefault(key, long.MinValue));
        }
        _stream.SetLength(end);
        Length = end;
    }

    public string RunFolder { get; }

    public TrackingTarget Target { get; }

    /// <summary>Bytes of whole lines.</summary>
    public long Length { get; private set; }

    public bool HasBegun { get; }

    /// <summary>The target of a run that is tracked; null of one that is not.</summary>
    /// <exception cref="RecipeException">target.json is not what RadLab writes.</exception>
    public static TrackingTarget? TargetOf(string runFolder)
    {
        string path = Path.Combine(runFolder, FolderName, TargetName);
        return !File.Exists(path) ? null : (string?)State(path)["uri"] is { } uri ? TrackingTarget.Parse(uri, path) : throw new RecipeException($"{path}: must name the tracking address as \"uri\"; restore it, or remove the folder to track no more.");
    }

    /// <summary>Ends the tracking of a run: what it spooled stays, and would be sent anew to a target that is given later.</summary>
    /// <exception cref="RecipeException">Another process is sending it.</exception>
    public static void End(string runFolder)
    {
        if (TargetOf(runFolder) is not { } target) return;
        using var alone = Open(runFolder, target);
        // in this order: how far one target has got must never be taken for another's
        foreach (string name in (string[])[SentName, TargetName]) File.Delete(Path.Combine(runFolder, FolderName, name));
    }

    /// <summary>The experiment that a tracked run began in; null of one that is not tracked yet.</summary>
    public static string? ExperimentOf(string runFolder)
    {
        string path = Path.Combine(runFolder, FolderName, FileName);
        if (!File.Exists(path)) return null;
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return Read(stream, 0).Select(r => r.Event).OfType<TrackingBegin>().FirstOrDefault()?.Run.Experiment;
    }

    /// <summary>Opens a run's spool, or begins it. One process at a time.</summary>
    /// <exception cref="RecipeException">The run is tracked elsewhere, or another process has the spool open.</exception>
    public static TrackingSpool Open(string runFolder, TrackingTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        string full = Path.GetFullPath(runFolder), folder = Directory.CreateDirectory(Path.Combine(full, FolderName)).FullName;
        FileStream held;
        try
        {
            held = new FileStream(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new RecipeException($"{full}: another process is sending this run's tracking; let it end, then try again.", e);
        }
        try
        {
            if (TargetOf(full) is not { } known) WholeFile.Write(Path.Combine(folder, TargetName), Encoding.UTF8.GetBytes(new JsonObject { ["uri"] = target.Uri }.ToJsonString() + "\n"));
            else if (known != target) throw new RecipeException($"{full}: is tracked at {known.Uri}, not at {target.Uri}; leave the option out to go on there.");
            return new TrackingSpool(full, target, held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Appends an event. Points of steps that are there already, which a resumed run repeats bit for bit, are left out.</summary>
    public void Add(TrackingEvent e)
    {
        lock (_writing)
        {
            if (e is TrackingPoint point)
            {
                var news = point.Values.Where(v => double.IsFinite(v.Value) && point.Step > _last.GetValueOrDefault(v.Key, long.MinValue)).ToDictionary(v => v.Key, v => v.Value);
                if (news.Count == 0) return;
                foreach (string key in news.Keys) _last[key] = point.Step;
                e = point with { Values = news };
            }
            byte[] line = Encoding.UTF8.GetBytes(TrackingEvent.ToLine(e) + "\n");
            if (line.Length > MaxLineBytes) throw new ArgumentException($"an event must have at most {MaxLineBytes} bytes, has {line.Length}");
            RandomAccess.Write(_stream.SafeFileHandle, line, Length);
            Length += line.Length;
        }
    }

    /// <summary>Events from an offset on, each with the offset behind it.</summary>
    public IEnumerable<(TrackingEvent Event, long End)> ReadFrom(long offset)
    {
        using var stream = new FileStream(Path.Combine(_folder, FileName), FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1 << 16);
        foreach (var (e, _, end) in Read(stream, offset)) yield return (e, end);
    }

    /// <summary>Brings all lines to the disk.</summary>
    public void Flush() => RandomAccess.FlushToDisk(_stream.SafeFileHandle);

    public SpoolPosition Position
    {
        get
        {
            string path = Path.Combine(_folder, SentName);
            if (!File.Exists(path)) return new SpoolPosition(0, null);
            var json = State(path);
            try
            {
                var run = json["run_id"] is null ? null : new TrackedId((string)json["experiment_id"]!, (string)json["run_id"]!, (string)json["artifact_uri"]!);
                return new SpoolPosition(Math.Clamp((long)json["offset"]!, 0, Length), run);
            }
            catch (Exception e) when (e is InvalidOperationException or NullReferenceException or FormatException or ArgumentNullException)
            {
                throw new RecipeException($"{path}: is not what RadLab writes; remove it to send everything once more.", e);
            }
        }
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            var json = new JsonObject { ["offset"] = value.Offset, ["experiment_id"] = value.Run?.ExperimentId, ["run_id"] = value.Run?.RunId, ["artifact_uri"] = value.Run?.ArtifactUri };
            WholeFile.Write(Path.Combine(_folder, SentName), Encoding.UTF8.GetBytes(json.ToJsonString() + "\n"));
        }
    }

    /// <summary>Things that the store has not taken: <c>tracking/refused.jsonl</c> says why.</summary>
    public int RefusedCount => File.Exists(RefusedPath) ? File.ReadLines(RefusedPath).Count() : 0;

    /// <summary>Keeps what the store does not take, with its reason.</summary>
    internal void Refuse(string reason, TrackingEvent e) => File.AppendAllText(RefusedPath, RefusedLine(reason, e));

    /// <summary>What the store has not taken, in order.</summary>
    internal List<(string Reason, TrackingEvent Event)> Refused()
    {
        var all = new List<(string, TrackingEvent)>();
        if (!File.Exists(RefusedPath)) return all;
        if (new FileInfo(RefusedPath).Length > MaxRefusedBytes) throw new RecipeException($"{RefusedPath}: must have at most {MaxRefusedBytes} bytes; remove it to give up on what was refused.");
        foreach (string line in File.ReadLines(RefusedPath))
        {
            try
            {
                var json = JsonNode.Parse(line, null, new JsonDocumentOptions { MaxDepth = 6, AllowDuplicateProperties = false })!.AsObject();
                if (TrackingEvent.FromLine(Encoding.UTF8.GetBytes(json["event"]!.ToJsonString())) is { } e) all.Add(((string)json["reason"]!, e));
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
            {
                // cut by a crash
            }
        }
        return all;
    }

    /// <summary>Writes down what is refused still.</summary>
    internal void SetRefused(IReadOnlyList<(string Reason, TrackingEvent Event)> refused)
    {
        if (refused.Count == 0) File.Delete(RefusedPath);
        else WholeFile.Write(RefusedPath, Encoding.UTF8.GetBytes(string.Concat(refused.Select(r => RefusedLine(r.Reason, r.Event)))));
    }

    public void Dispose()
    {
        _stream.Dispose();
        _lock.Dispose();
    }

    private string RefusedPath => Path.Combine(_folder, RefusedName);

    private static string RefusedLine(string reason, TrackingEvent e) => new JsonObject { ["reason"] = reason, ["event"] = JsonNode.Parse(TrackingEvent.ToLine(e)) }.ToJsonString() + "\n";

    // ends at the first line that is not whole
    private static IEnumerable<(TrackingEvent Event, long Start, long End)> Read(FileStream stream, long offset)
    {
        stream.Seek(offset, SeekOrigin.Begin);
        byte[] buffer = new byte[1 << 16];
        using var line = new MemoryStream();
        long start = offset;
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            for (int from = 0; from < read;)
            {
                int length = buffer.AsSpan(from, read - from).IndexOf((byte)'\n');
                line.Write(buffer, from, length < 0 ? read - from : length);
                if (line.Length > MaxLineBytes) yield break;
                if (length < 0) break;
                from += length + 1;
                if (TrackingEvent.FromLine(line.GetBuffer().AsSpan(0, (int)line.Length)) is not { } e) yield break;
                long end = start + line.Length + 1;
                yield return (e, start, end);
                start = end;
                line.SetLength(0);
            }
        }
    }

    private static JsonObject State(string path)
    {
        if (new FileInfo(path).Length > MaxStateBytes) throw new RecipeException($"{path}: is not what RadLab writes; remove it to send everything once more.");
        try
        {
            return JsonNode.Parse(File.ReadAllText(path), null, new JsonDocumentOptions { MaxDepth = 4, AllowDuplicateProperties = false })!.AsObject();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw new RecipeException($"{path}: is not what RadLab writes; remove it to send everything once more.", e);
        }
    }
}
