using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>
/// The output of a batch prediction: one line for each record in the order of the input, only ever added to. Beside it, <c>NAME.about.json</c> says what made it; a file that
/// something else began is not gone on with.
/// </summary>
/// <remarks>
/// A process that is killed loses no row that was written; a machine that stops loses at most what came in the last <see cref="FlushEvery"/>. A line that was cut off in the
/// middle goes at the next start, and so do zeros that a file system leaves at the end.
/// </remarks>
internal sealed class PredictionFile : IDisposable
{
    public const string AboutSuffix = ".about.json";

    private const int MaxRowBytes = 64 << 20, MaxAboutBytes = 16 << 20;

    /// <summary>Between two flushes to disk.</summary>
    public static readonly TimeSpan FlushEvery = TimeSpan.FromSeconds(2);

    private static readonly JsonSerializerOptions s_about = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _path;
    private readonly FileStream _stream;
    private readonly ArrayBufferWriter<byte> _line = new();
    private long _flushed = Stopwatch.GetTimestamp();
    private StreamReader? _old;

    private PredictionFile(string path, FileStream stream) => (_path, _stream) = (path, stream);

    /// <summary>Begins a file or goes on with one.</summary>
    /// <param name="about">What makes it: must be the same each time.</param>
    /// <exception cref="RecipeException">The file was begun with something else, or is no output of a prediction.</exception>
    public static PredictionFile Open(string path, JsonObject about)
    {
        string side = path + AboutSuffix;
        bool begun = File.Exists(path) && new FileInfo(path).Length > 0;
        if (Directory.Exists(path)) throw new RecipeException($"--out {path}: is a folder; give a file.");
        if (begun && !File.Exists(side)) throw new RecipeException($"--out {path}: is there, and no {Path.GetFileName(side)} says that it was begun by radlab predict; choose another file.");
        if (begun) Compare(path, side, about);
        FileStream stream;
        try
        {
            stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1 << 16);   // two writers would mix their rows
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException))
        {
            throw new IOException($"--out {path}: cannot be written ({e.Message}); another prediction may be writing it.", e);
        }
        try
        {
            if (!begun) WholeFile.Write(side, Encoding.UTF8.GetBytes(about.ToJsonString(s_about) + "\n"));
            Repair(stream);
            Durable.FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
            var file = new PredictionFile(path, stream);
            stream.Position = 0;
            file._old = new StreamReader(stream, new UTF8Encoding(false), detectEncodingFromByteOrderMarks: false, 1 << 16, leaveOpen: true);
            return file;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>The next row that is there already: its id and the hash of its prompt; null at the end, where writing may begin.</summary>
    /// <param name="row">For messages, from 1.</param>
    public (string Id, string? Prompt)? ReadOld(long row)
    {
        if (_old is null) return null;
        if (_old.ReadLine() is { } line)
        {
            try
            {
                if (line.Length > MaxRowBytes) throw new JsonException();
                using var json = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 8 });
                return (json.RootElement.GetProperty("id").GetString() ?? throw new JsonException(), json.RootElement.GetProperty("prompt").GetString());
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
            {
                throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"{_path}:{row}: is no row of a prediction; restore the file, or begin another one."));
            }
        }
        _old.Dispose();
        _old = null;
        _stream.Position = _stream.Length;
        return null;
    }

    /// <summary>Adds a row. Belongs behind the last <see cref="ReadOld"/>.</summary>
    public void Write(Action<Utf8JsonWriter> row)
    {
        _line.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_line, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            row(json);
            json.WriteEndObject();
        }
        _line.Write("\n"u8);
        _stream.Write(_line.WrittenSpan);
    }

    /// <summary>Hands what was written to the system, and to the disk when that is due.</summary>
    public void Flush(bool now = false)
    {
        bool due = now || Stopwatch.GetElapsedTime(_flushed) >= FlushEvery;
        _stream.Flush(flushToDisk: due);
        if (due) _flushed = Stopwatch.GetTimestamp();
    }

    /// <summary>Removes the file and what is said about it, where no row has been written yet.</summary>
    public void Forget()
    {
        if (_stream.Length > 0) return;
        Dispose();
        File.Delete(_path);
        File.Delete(_path + AboutSuffix);
    }

    public void Dispose()
    {
        _old?.Dispose();
        _stream.Dispose();
    }

    private static void Compare(string path, string side, JsonObject about)
    {
        JsonObject old;
        try
        {
            if (new FileInfo(side).Length > MaxAboutBytes) throw new JsonException();
            old = JsonNode.Parse(File.ReadAllText(side), null, new JsonDocumentOptions { MaxDepth = 16, AllowDuplicateProperties = false })!.AsObject();
            Same("base", "weights_sha256", "base");
            Same("adapter", "sha256", "adapter");
            Same("adapter", "registered", "registered version");
            Same("prompt", "sha256", "prompt (task, instruction, labels, lengths or shard)");
            Same("storage", "linears", "storage format");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw new RecipeException($"{side}: is not what radlab predict writes; restore it, or choose another --out.", e);
        }

        void Same(string section, string field, string what)
        {
            string? before = (string?)old[section]?[field], now = (string?)about[section]?[field];
            if (before != now) throw new RecipeException($"--out {path}: was begun with the {what} {before ?? "none"}, but this is {now ?? "none"}; go on with the same, or choose another file.");
        }
    }

    // Only at the end: what a crash leaves. Anything else that is wrong is somebody's edit and is refused when it is read.
    private static void Repair(FileStream stream)
    {
        byte[] tail = new byte[1 << 16];
        for (long end = stream.Length; end > 0;)
        {
            int take = (int)Math.Min(tail.Length, end);
            stream.Position = end - take;
            stream.ReadExactly(tail, 0, take);
            int last = Array.LastIndexOf(tail, (byte)'\n', take - 1);
            if (last < 0)
            {
                end -= take;
                stream.SetLength(end);   // all of it belongs to the line that was cut off
                continue;
            }
            if (end - take + last + 1 < stream.Length) stream.SetLength(end - take + last + 1);
            break;
        }
        stream.Flush(flushToDisk: true);
    }
}
