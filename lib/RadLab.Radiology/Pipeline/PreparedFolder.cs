using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace RadLab.Radiology;

/// <summary>
/// What <c>radlab data prepare</c> made: the examples of each side, and the card with the terms that whoever trains on them must carry on. Opening checks
/// the files' digests, so that a run's record of its data is true.
/// </summary>
public sealed class PreparedFolder
{
    private readonly string _path;

    private PreparedFolder(string path, DataCard card) => (_path, Card) = (path, card);

    public DataCard Card { get; }

    /// <summary>Goes into run records, adapters and pages.</summary>
    public DataProvenance Provenance => Card.Provenance;

    public static PreparedFolder Open(string path)
    {
        string card = Path.Combine(path, DataCard.JsonName);
        if (!File.Exists(card)) throw new DataFormatException($"{path}: holds no {DataCard.JsonName}; give a folder that radlab data prepare made");
        var folder = new PreparedFolder(path, DataCardFiles.Read(card));
        foreach (var file in folder.Card.Files)
        {
            string full = Path.Combine(path, file.Name);
            if (Path.GetFileName(file.Name) != file.Name || !File.Exists(full)) throw new DataFormatException($"{path}: {file.Name} of the data card is not there; prepare the data again");
            using var stream = File.OpenRead(full);
            if (Convert.ToHexStringLower(SHA256.HashData(stream)) != file.Sha256) throw new DataFormatException($"{path}: {file.Name} is not the file of the data card (its SHA-256 differs); prepare the data again");
        }
        return folder;
    }

    /// <summary>The terms of the data card that lies beside a file; null where there is none.</summary>
    /// <exception cref="DataFormatException">The card is not what the preparation writes.</exception>
    public static DataProvenance? ProvenanceBeside(string file)
    {
        string card = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, DataCard.JsonName);
        return File.Exists(card) ? DataCardFiles.Read(card).Provenance : null;
    }

    /// <summary>The examples of a side, in their order.</summary>
    public IEnumerable<PromptExample> Read(DataSplit side)
    {
        string name = side.Name() + ".jsonl";
        using var lines = new LineReader(File.OpenRead(Path.Combine(_path, name)), name, new ReaderLimits { MaxRecordBytes = 64 << 20 });
        while (lines.Read())
        {
            if (lines.Error is not null) throw DataFormatException.At(new Rejection(name, lines.Line, lines.Error));
            yield return Example(lines.Bytes, name, lines.Line);
        }
    }

    private static PromptExample Example(ReadOnlySpan<byte> line, string file, long number)
    {
        try
        {
            var json = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = 4 });
            using var document = JsonDocument.ParseValue(ref json);
            var f = new ManifestFields(string.Create(CultureInfo.InvariantCulture, $"{file}:{number}"), "", document.RootElement);
            var example = new PromptExample
            {
                Id = f.Text("id"), Task = f.Text("task"), Split = f.Text("split"), Instruction = f.Text("instruction"), Input = f.Text("input"), Answer = f.Text("answer"), Admissible = f.Texts("admissible", 1000), Problems = f.OptionalText("problems"),
            };
            f.End();
            return example;
        }
        catch (JsonException)
        {
            throw new DataFormatException(string.Create(CultureInfo.InvariantCulture, $"{file}:{number}: is not JSON; prepare the data again"));
        }
    }
}
