using System.Text;

namespace RadLab.Radiology;

/// <summary>A suspected identifier in a file. It never holds what stands there.</summary>
/// <param name="File">Path below the scanned folder, or the file's name.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in UTF-16 units.</param>
public sealed record PhiScanFinding(string File, long Line, int Column, PhiKind Kind, int Length);

/// <summary>What a scan went through.</summary>
/// <param name="Files">Files read.</param>
/// <param name="Skipped">Files that are not text, by name.</param>
/// <param name="Found">Findings per kind.</param>
public sealed record PhiScanSummary(int Files, IReadOnlyList<string> Skipped, long Characters, IReadOnlyDictionary<PhiKind, int> Found)
{
    public int Total => Found.Values.Sum();
}

/// <summary>
/// Looks for identifiers in files: text, CSV, Markdown, JSON, JSON lines, notebooks (cells and outputs), HTML, SVG, XML, and folders of these such as a run's.
/// Pictures and other binary files are not looked into and are listed as skipped.
/// </summary>
/// <remarks>
/// JSON keys are labels for their values. Left alone: digests in hexadecimal, time stamps with a zone that are a value's whole text (when a run began says
/// nothing of a patient), and in notebooks the cell ids and pictures.
/// </remarks>
public sealed class PhiScan
{
    private const int WholeFileLimit = 256 << 20;
    private const int BlockLength = 1 << 16;

    private static readonly string[] s_skippedKeys = ["image/png", "image/jpeg", "image/gif", "application/pdf", "application/vnd.plotly.v1+json", "sha256", "digest", "commit", "hash"];
    private static readonly string[] s_skippedInNotebooks = ["id", "execution_count", "cell_type", "output_type", "kernelspec", "language_info", "nbformat", "nbformat_minor", "name"];

    private readonly Deidentifier _deidentifier = new(new DeidentificationSettings());
    private readonly Action<PhiScanFinding> _found;
    private readonly Dictionary<PhiKind, int> _counts = [];
    private readonly List<string> _skipped = [];
    private int _files;
    private long _characters;

    private PhiScan(Action<PhiScanFinding> found) => _found = found;

    /// <summary>Scans a file, or every file of a folder in the order of their names.</summary>
    /// <param name="path">File or folder.</param>
    /// <param name="found">Told of each finding as it is made.</param>
    public static PhiScanSummary Run(string path, Action<PhiScanFinding> found, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(found);
        var scan = new PhiScan(found);
        if (File.Exists(path)) scan.OfFile(path, Path.GetFileName(path));
        else if (Directory.Exists(path))
        {
            foreach (string file in Directory.EnumerateFiles(path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }).Order(StringComparer.Ordinal))
            {
                cancellation.ThrowIfCancellationRequested();
                scan.OfFile(file, Path.GetRelativePath(path, file).Replace('\\', '/'));
            }
        }
        else throw new FileNotFoundException($"PHI scan: there is no file or folder {path}; check the path.");
        return new PhiScanSummary(scan._files, scan._skipped, scan._characters, scan._counts);
    }

    private void OfFile(string path, string name)
    {
        using var stream = File.OpenRead(path);
        Span<byte> head = stackalloc byte[4096];
        int got = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        bool wide = got > 1 && (head[0], head[1]) is (0xFF, 0xFE) or (0xFE, 0xFF);
        if (!wide && head[..got].Contains((byte)0))
        {
            _skipped.Add(name);
            return;
        }
        _files++;
        stream.Position = 0;
        using var reader = new StreamReader(stream, Encoding.UTF8, detectEncodingFromByteOrderMarks: true);
        string extension = Path.GetExtension(path).ToLowerInvariant();
        bool whole = stream.Length <= WholeFileLimit;
        switch (extension)
        {
            case ".json" or ".ipynb" when whole: OfJson(reader.ReadToEnd(), name, 1, extension == ".ipynb"); break;
            case ".html" or ".htm" or ".svg" or ".xml" when whole: OfHtml(reader.ReadToEnd(), name); break;
            case ".jsonl" or ".ndjson": OfLines(reader, name); break;
            default: OfText(reader, name); break;
        }
    }

    private void OfJson(string json, string name, long line, bool notebook)
    {
        _characters += json.Length;
        var map = new LineMap(json);
        JsonTexts.Read(json, key => s_skippedKeys.Contains(key) || (notebook && s_skippedInNotebooks.Contains(key)), (key, number, text, label) =>
        {
            if (key is "text/html" or "image/svg+xml") HtmlTexts.Read(text, label, inner => Report(inner, 0, name, map, line));
            else if (number ? LabelCounts(text, label) : !IsTimeStamp(text.Text[label..])) Report(text, label, name, map, line);
        });
    }

    /// <summary>A number without a telling key is a count or a measure.</summary>
    private bool LabelCounts(PositionedText text, int label) =>
        label > 0 && _deidentifier.Scan(text.Text).Any(f => f.Start >= label) && _deidentifier.Scan(string.Concat(text.Text[..label], TellTale)).Any(f => f.Start >= label);

    // a number too short to be told without its label
    private const string TellTale = "48213";

    private void OfHtml(string html, string name)
    {
        _characters += html.Length;
        var map = new LineMap(html);
        var source = new PositionedText();
        for (int i = 0; i < html.Length; i++) source.Add(html[i], i);
        HtmlTexts.Read(source, 0, text => Report(text, 0, name, map, 1));
    }

    private void Report(PositionedText text, int label, string name, LineMap map, long firstLine)
    {
        foreach (var finding in _deidentifier.Scan(text.Text))
        {
            if (finding.End <= label) continue;
            var (line, column) = map.At(text.OffsetOf(Math.Max(label, finding.Start)));
            Tell(new PhiScanFinding(name, firstLine + line - 1, column, finding.Kind, finding.End - Math.Max(label, finding.Start)));
        }
    }

    private void OfLines(StreamReader reader, string name)
    {
        long number = 0;
        foreach (var (text, line, _) in TextBlocks.Read(reader, WholeFileLimit, single: true))
        {
            number = line;
            if (text.AsSpan().TrimStart() is ['{' or '[' or '"', ..]) OfJson(text, name, line, notebook: false);
            else OfBlock(text, name, number, 1);
        }
    }

    private void OfText(StreamReader reader, string name)
    {
        foreach (var (text, line, column) in TextBlocks.Read(reader, BlockLength, single: false)) OfBlock(text, name, line, column);
    }

    private void OfBlock(string text, string name, long firstLine, int firstColumn)
    {
        _characters += text.Length;
        var found = _deidentifier.Scan(text);
        if (found.Count == 0) return;
        var map = new LineMap(text);
        foreach (var finding in found)
        {
            var (line, column) = map.At(finding.Start);
            Tell(new PhiScanFinding(name, firstLine + line - 1, line == 1 ? firstColumn + column - 1 : column, finding.Kind, finding.Length));
        }
    }

    private void Tell(PhiScanFinding finding)
    {
        _counts[finding.Kind] = _counts.GetValueOrDefault(finding.Kind) + 1;
        _found(finding);
    }

    /// <summary>2026-01-03T10:00:00Z, with or without fractions, or with +01:00.</summary>
    private static bool IsTimeStamp(ReadOnlySpan<char> text) =>
        text.Length is >= 20 and <= 35 && text[4] == '-' && text[7] == '-' && text[10] is 'T' or ' ' && text[13] == ':' && text[16] == ':' && (text[^1] == 'Z' || text[^6] is '+' or '-') && !text.ContainsAnyExcept("0123456789-:.T +Z");
}
