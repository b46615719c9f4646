using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Xml;

namespace RadLab.Radiology;

/// <summary>
/// The National Library of Medicine's original files of the Indiana University collection: one <c>eCitation</c> a file, in a folder or in a tar archive
/// (<c>.tgz</c>). Document type declarations are refused, so that there are no entities to expand or to fetch.
/// </summary>
internal static class NlmXmlReader
{
    public static IEnumerable<ReadResult<Report>> Read(string path, DataFile description, string source, ReaderLimits limits) =>
        Directory.Exists(path) ? Folder(path, description, source, limits) : Archive(path, description, source, limits);

    private static IEnumerable<ReadResult<Report>> Folder(string path, DataFile description, string source, ReaderLimits limits)
    {
        foreach (string file in TextFolderReader.Files(path, ".xml"))
        {
            using var stream = File.OpenRead(file);
            yield return Document(stream, stream.Length, Path.GetFileName(file), description, source, limits);
        }
    }

    private static IEnumerable<ReadResult<Report>> Archive(string path, DataFile description, string source, ReaderLimits limits)
    {
        using var compressed = File.OpenRead(path);
        using var bytes = new GZipStream(compressed, CompressionMode.Decompress);
        using var tar = new TarReader(bytes);
        while (Next(tar, path) is { } entry)
        {
            if (entry.DataStream is not { } stream || !entry.Name.EndsWith(".xml", StringComparison.OrdinalIgnoreCase)) continue;
            yield return Document(stream, entry.Length, Path.GetFileName(entry.Name), description, source, limits);
        }
    }

    private static TarEntry? Next(TarReader tar, string path)
    {
        try
        {
            return tar.GetNextEntry();
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or EndOfStreamException)
        {
            throw new DataFormatException($"{Path.GetFileName(path)}: is not a whole tar.gz archive; get it again");
        }
    }

    private static ReadResult<Report> Document(Stream stream, long length, string file, DataFile description, string source, ReaderLimits limits)
    {
        if (length > limits.MaxRecordBytes)
            return new ReadResult<Report>(new Rejection(file, 1, string.Create(CultureInfo.InvariantCulture, $"is longer than {limits.MaxRecordBytes} bytes; a record may not be")));
        var settings = new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = limits.MaxRecordBytes, IgnoreComments = true, IgnoreProcessingInstructions = true, CloseInput = false,
        };
        try
        {
            using var xml = XmlReader.Create(stream, settings);
            var fields = new RecordFields(description.Constants);
            Elements(xml, fields);
            var report = fields.ToReport(source, file, 1, hasId: true, out string? error);
            return error is null ? new ReadResult<Report>(report, file, 1) : new ReadResult<Report>(new Rejection(file, 1, error));
        }
        catch (XmlException e)
        {
            // the parser's own message may quote the text
            bool declared = e.Message.Contains("DTD", StringComparison.Ordinal);
            return new ReadResult<Report>(new Rejection(file, Math.Max(1, e.LineNumber), declared
                ? "has a document type declaration, which is refused: its entities could grow without end or read other files; remove it"
                : "is not well-formed XML"));
        }
    }

    private static void Elements(XmlReader xml, RecordFields fields)
    {
        bool captioned = false;
        xml.MoveToContent();
        while (!xml.EOF)
        {
            if (xml.NodeType != XmlNodeType.Element)
            {
                xml.Read();
                continue;
            }
            switch (xml.LocalName)
            {
                case "IUXRId":
                    fields.Set(RecordFields.IndexOf(ColumnRoles.Id), xml.GetAttribute("id") ?? "");
                    xml.Read();
                    break;
                case "AbstractText":
                    string? role = xml.GetAttribute("Label")?.ToUpperInvariant() switch
                    {
                        "INDICATION" => ColumnRoles.Indication,
                        "COMPARISON" => ColumnRoles.Comparison,
                        "FINDINGS" => ColumnRoles.Findings,
                        "IMPRESSION" => ColumnRoles.Impression,
                        _ => null,
                    };
                    string text = xml.ReadElementContentAsString();
                    if (role is not null) fields.Set(RecordFields.IndexOf(role), text.Trim());
                    break;
                case "caption" when !captioned:
                    captioned = true;
                    fields.Set(RecordFields.IndexOf(ColumnRoles.Exam), xml.ReadElementContentAsString().Trim());
                    break;
                default:
                    xml.Read();
                    break;
            }
        }
    }
}
