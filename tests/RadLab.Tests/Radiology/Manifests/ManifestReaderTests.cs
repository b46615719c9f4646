using System.Text;
using System.Text.Json.Nodes;
using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class ManifestReaderTests
{
    private static JsonObject Good() => JsonNode.Parse("""
        {
          "id": "mine", "title": "My reports", "kind": "reports",
          "licence": { "text": "All rights reserved", "url": "https://example.org/licence" },
          "citation": "Nobody 2026", "home": "https://example.org",
          "phi": { "class": "contains-phi", "note": "real" },
          "terms": { "adaptedText": "forbidden", "trainedWeights": "unclear", "commercialUse": "forbidden", "note": "mine alone" },
          "acquisition": { "method": "by-hand", "instructions": "ask me" },
          "files": [ { "path": "mine/reports.csv", "role": "reports", "format": "csv", "digests": [ { "name": "full" } ],
                       "columns": [ { "name": "n", "role": "id", "meaning": "number" } ] } ],
          "split": { "by": "patient", "train": 0.8, "validation": 0.1, "test": 0.1, "note": "by folder" }
        }
        """)!.AsObject();

    private static DataManifest Parse(JsonObject json, string file = "mine.json") => ManifestReader.Parse(Encoding.UTF8.GetBytes(json.ToJsonString()), file);

    private static string Error(Action<JsonObject> change, string file = "mine.json")
    {
        var json = Good();
        change(json);
        return Assert.Throws<DataFormatException>(() => Parse(json, file)).Message;
    }

    [Fact]
    public void A_manifest_gives_every_field()
    {
        var m = Parse(Good());
        Assert.Equal(("mine", DataKind.Reports, PhiClass.ContainsPhi, TermsOfUse.Unclear), (m.Id, m.Kind, m.Phi.Class, m.Terms.TrainedWeights));
        Assert.True(m.IsRestricted && m.HidesIds);
        var file = Assert.Single(m.Files);
        Assert.True(Assert.Single(file.Digests).IsRecordedAtFirstDownload);
        Assert.Equal(("n", "id"), (file.Columns[0].Name, file.Columns[0].Role));
        Assert.Equal((SplitBy.Patient, 0.8), (m.Split.By, m.Split.Train));
    }

    [Fact]
    public void Every_mistake_is_named_with_its_file_and_field()
    {
        Assert.Equal("mine.json: citation is missing; a manifest must give it", Error(j => j.Remove("citation")));
        Assert.Equal("mine.json: licence.url is missing; a manifest must give it", Error(j => j["licence"]!.AsObject().Remove("url")));
        Assert.Equal("mine.json: title must be a text that is not empty, got number", Error(j => j["title"] = 3));
        Assert.Equal("mine.json: unknown field phi.clas; fields here: class, note", Error(j => j["phi"]!["clas"] = "none"));
        Assert.Equal("mine.json: phi.class must be one of none, public-deidentified, credentialed-deidentified, contains-phi, got \"public\"", Error(j => j["phi"]!["class"] = "public"));
        Assert.Equal("mine.json: split.train and validation and test must add up to 1", Error(j => j["split"]!["train"] = 0.9));
        Assert.Equal("mine.json: split.test must be a number from 0 to 1, got number", Error(j => j["split"]!["test"] = 7));
        Assert.Equal("other.json: id is mine, so the file must be called mine.json", Error(_ => { }, "other.json"));
        Assert.Equal("mine.json: id must be lower-case letters, digits and hyphens, at most 64", Error(j => j["id"] = "My Set"));
        Assert.Equal("mine.json: files[0].digests[0].sha256 must be 64 lower-case hexadecimal digits, got 3 characters", Error(j => j["files"]![0]!["digests"]![0]!["sha256"] = "abc"));
        Assert.Equal("mine.json: files[0].digests must name at least one state of the file, e.g. { \"name\": \"full\" } where the source publishes no digest", Error(j => j["files"]![0]!["digests"] = new JsonArray()));
        Assert.Equal("mine.json: files[0].columns or constants use the role \"finding\"; roles: id, patient, modality, exam, indication, technique, comparison, findings, impression, text, note, protocol", Error(j => j["files"]![0]!["columns"]![0]!["role"] = "finding"));
        Assert.Equal("mine.json: files[0].url must be an https address", Error(j => j["files"]![0]!["url"] = "http://example.org/x"));
        Assert.Equal("mine.json: acquisition.method is download, but no file has a url", Error(j => j["acquisition"]!["method"] = "download"));
        Assert.Equal("mine.json: generator must be given exactly where acquisition.method is generated", Error(j => j["acquisition"]!["method"] = "generated"));
        Assert.Equal("mine.json: notes must hold texts only, got number", Error(j => j["notes"] = new JsonArray(1)));
    }

    [Theory]
    [InlineData("../secret.csv")]
    [InlineData("/etc/passwd")]
    [InlineData("a/../../b")]
    [InlineData("c:/x")]
    [InlineData("a\\b")]
    public void A_path_cannot_leave_the_data_folder(string path) =>
        Assert.Equal("mine.json: files[0].path must stay below the data folder: names with / between them, no .. and no drive", Error(j => j["files"]![0]!["path"] = path));

    [Fact]
    public void What_is_no_manifest_is_refused_before_it_costs_anything()
    {
        Assert.Equal("x.json:2: is not JSON; correct the line", Assert.Throws<DataFormatException>(() => ManifestReader.Parse("{\n ["u8.ToArray(), "x.json")).Message);
        Assert.StartsWith("x.json: is longer than 1 MiB", Assert.Throws<DataFormatException>(() => ManifestReader.Parse(new byte[(1 << 20) + 1], "x.json")).Message);
        Assert.Equal("x.json:1: is not JSON; correct the line", Assert.Throws<DataFormatException>(() => ManifestReader.Parse(Encoding.UTF8.GetBytes(new string('[', 100)), "x.json")).Message);
        Assert.Equal("mine.json: title stands twice; keep one", Assert.Throws<DataFormatException>(() => ManifestReader.Parse("{\"title\":\"a\",\"title\":\"b\"}"u8.ToArray(), "mine.json")).Message);
    }

    [Fact]
    public void The_shipped_manifests_are_the_nine_and_say_what_may_be_done()
    {
        Assert.Equal(["adrenal-mnist3d", "mimic-cxr", "mtsamples-radiology", "openi-chest-xray", "pneumonia-mnist", "synthetic-problem-lists", "synthetic-protocols", "synthetic-reports", "vqa-rad"], ManifestCatalog.Shipped.Select(m => m.Id));
        foreach (var m in ManifestCatalog.Shipped)
        {
            Assert.True(m.Generator is not null || m.Files.Count > 0, m.Id);
            Assert.True(m.Kind is DataKind.Images or DataKind.Questions || m.Generator is not null || m.Files.Any(f => DataReaders.Formats.Contains(f.Format)), m.Id);
        }
        Assert.Equal(["mimic-cxr", "openi-chest-xray"], ManifestCatalog.Shipped.Where(m => m.IsRestricted).Select(m => m.Id));
        Assert.Contains("CITI", ManifestCatalog.Find("mimic-cxr").Acquisition.Instructions, StringComparison.Ordinal);
        Assert.StartsWith("nothing-here: there is no such data set; there are adrenal-mnist3d, ", Assert.Throws<DataFormatException>(() => ManifestCatalog.Find("nothing-here")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Licence_phi_class_and_terms_survive_the_way_into_an_artefact()
    {
        var provenance = DataProvenance.Of(ManifestCatalog.Find("openi-chest-xray"), [new FileProvenance("a/b.csv", "dev-subset", new string('a', 64), 12)]);
        using var json = System.Text.Json.JsonDocument.Parse(provenance.ToJson().ToJsonString());
        var back = DataProvenance.Read(new ManifestFields("card", "", json.RootElement));
        Assert.Equal(provenance with { Files = [] }, back with { Files = [] });
        Assert.Equal(provenance.Files, back.Files);
        Assert.Equal(TermsOfUse.Forbidden, back.Terms.CommercialUse);
    }
}
