using System.Globalization;
using System.Text.Json;

namespace RadLab.Radiology;

/// <summary>Reads and checks a manifest. Every message names the file and the field.</summary>
public static class ManifestReader
{
    private const int MaxBytes = 1 << 20, MaxDepth = 16, MaxFiles = 1000, MaxEntries = 1000;

    public static DataManifest Read(string path)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: there is no such manifest; check the path");
        if (new FileInfo(path).Length > MaxBytes) throw TooLong(Path.GetFileName(path));
        return Parse(File.ReadAllBytes(path), Path.GetFileName(path));
    }

    /// <param name="file">Its name, for messages; the id must equal it without <c>.json</c>.</param>
    public static DataManifest Parse(ReadOnlyMemory<byte> json, string file)
    {
        if (json.Length > MaxBytes) throw TooLong(file);
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth });
        }
        catch (JsonException e)
        {
            throw new DataFormatException(string.Create(CultureInfo.InvariantCulture, $"{file}:{e.LineNumber + 1}: is not JSON; correct the line"));
        }
        using (document)
        {
            var fields = new ManifestFields(file, "", document.RootElement);
            var manifest = Read(fields);
            fields.End();
            Check(manifest, file);
            return manifest;
        }
    }

    private static DataFormatException TooLong(string file) => new($"{file}: is longer than 1 MiB; a manifest describes data, it does not hold them");

    private static DataManifest Read(ManifestFields f)
    {
        return new DataManifest
        {
            Id = f.Text("id"),
            Title = f.Text("title"),
            Kind = f.Choice<DataKind>("kind"),
            Licence = Whole(f.Object("licence"), l => new DataLicence(l.OptionalText("spdx"), l.Text("text"), l.Text("url"))),
            Citation = f.Text("citation"),
            Home = f.Text("home"),
            Phi = Whole(f.Object("phi"), p => new PhiStatement(p.Choice<PhiClass>("class"), p.Text("note"))),
            Terms = Whole(f.Object("terms"), t => new DataTerms(t.Choice<TermsOfUse>("adaptedText"), t.Choice<TermsOfUse>("trainedWeights"), t.Choice<TermsOfUse>("commercialUse"), t.Text("note"))),
            Acquisition = Whole(f.Object("acquisition"), a => new Acquisition(a.Choice<AcquisitionMethod>("method"), a.Text("instructions"))),
            Files = f.List("files", MaxFiles, ReadFile),
            Generator = f.OptionalObject("generator") is { } g ? Whole(g, x => new GeneratorDefaults(x.Text("name"), x.Whole("count") ?? 10_000, (ulong)(x.Whole("seed") ?? 17))) : null,
            Split = Whole(f.Object("split"), ReadSplit),
            Notes = f.Texts("notes", MaxEntries),
        };
    }

    private static DataFile ReadFile(ManifestFields f)
    {
        var file = new DataFile
        {
            Path = f.Text("path"),
            Role = f.Text("role"),
            Format = f.Text("format"),
            Folder = f.Flag("folder"),
            Optional = f.Flag("optional"),
            Url = f.OptionalText("url"),
            Digests = f.List("digests", MaxEntries, d => new NamedDigest(d.Text("name"), d.Hex("sha256", 64), d.Hex("md5", 32), d.Whole("bytes"), d.Whole("records"))),
            Columns = f.List("columns", MaxEntries, c => new DataColumn(c.Text("name"), c.OptionalText("role"), c.Text("meaning"))),
            Constants = f.Pairs("constants"),
        };
        if (file.Path.Split('/').Any(p => p is "" or "." or "..") || file.Path.Contains('\\') || file.Path.Contains(':'))
            throw f.Error("path", "must stay below the data folder: names with / between them, no .. and no drive");
        if (file.Url is { } url && !(Uri.TryCreate(url, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))))
            throw f.Error("url", "must be an https address");
        if (file.Digests.Count == 0) throw f.Error("digests", "must name at least one state of the file, e.g. { \"name\": \"full\" } where the source publishes no digest");
        if (file.Digests.Select(d => d.Name).Distinct(StringComparer.Ordinal).Count() < file.Digests.Count) throw f.Error("digests", "must have different names");
        if (file.Folder && file.Digests.Any(d => d.Md5 is not null)) throw f.Error("digests", $"of a folder are sha256 only: {DataFile.DigestOfFolder}");
        foreach (string role in file.Columns.Select(c => c.Role).OfType<string>().Concat(file.Constants.Keys))
            if (!ColumnRoles.All.Contains(role)) throw f.Error("columns", $"or constants use the role \"{role}\"; roles: {string.Join(", ", ColumnRoles.All)}");
        if (file.Columns.Where(c => c.Role is not null).GroupBy(c => c.Role).FirstOrDefault(g => g.Count() > 1) is { } twice) throw f.Error("columns", $"give the role \"{twice.Key}\" twice; keep one");
        return file;
    }

    private static SplitRule ReadSplit(ManifestFields f)
    {
        var by = f.Choice<SplitBy>("by");
        var rule = new SplitRule(by, f.Share("train") ?? 0, f.Share("validation") ?? 0, f.Share("test") ?? 0, f.Text("note"));
        if (by != SplitBy.Given && Math.Abs(rule.Train + rule.Validation + rule.Test - 1) > 1e-9) throw f.Error("train", "and validation and test must add up to 1");
        return rule;
    }

    private static void Check(DataManifest m, string file)
    {
        if (m.Id.Length > 64 || !m.Id.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') || m.Id.StartsWith('-'))
            throw new DataFormatException($"{file}: id must be lower-case letters, digits and hyphens, at most 64");
        if (!file.Equals(m.Id + ".json", StringComparison.Ordinal)) throw new DataFormatException($"{file}: id is {m.Id}, so the file must be called {m.Id}.json");
        if (m.Acquisition.Method == AcquisitionMethod.Generated != (m.Generator is not null))
            throw new DataFormatException($"{file}: generator must be given exactly where acquisition.method is generated");
        if (m.Generator is null && m.Files.Count == 0) throw new DataFormatException($"{file}: files must name at least one file");
        if (m.Acquisition.Method == AcquisitionMethod.Download && !m.Files.Any(x => x.Url is not null))
            throw new DataFormatException($"{file}: acquisition.method is download, but no file has a url");
        if (m.Files.Select(x => x.Path).Distinct(StringComparer.Ordinal).Count() < m.Files.Count) throw new DataFormatException($"{file}: files name a path twice; keep one");
    }

    private static T Whole<T>(ManifestFields fields, Func<ManifestFields, T> read)
    {
        T value = read(fields);
        fields.End();
        return value;
    }
}
