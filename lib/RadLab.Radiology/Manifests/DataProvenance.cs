using System.Text.Json;
using System.Text.Json.Nodes;

namespace RadLab.Radiology;

/// <summary>
/// What travels from a manifest into everything made from the data (prepared files, runs, adapters, pages): where the texts come from, how far they can
/// lead to a person, and what may be done with the result.
/// </summary>
public sealed record DataProvenance
{
    public required string DataSet { get; init; }

    public required string Title { get; init; }

    public required DataLicence Licence { get; init; }

    public required string Citation { get; init; }

    public required string Home { get; init; }

    public required PhiStatement Phi { get; init; }

    public required DataTerms Terms { get; init; }

    /// <summary>The files that were read, each with the name of the digest that matched.</summary>
    public IReadOnlyList<FileProvenance> Files { get; init; } = [];

    /// <summary>Must not be written where it would be published by accident; see <see cref="DataManifest.IsRestricted"/>.</summary>
    public bool IsRestricted => DataManifest.Restricts(Phi, Terms);

    public static DataProvenance Of(DataManifest manifest, IReadOnlyList<FileProvenance> files) => Noted(new()
    {
        DataSet = manifest.Id, Title = manifest.Title, Licence = manifest.Licence, Citation = manifest.Citation, Home = manifest.Home, Phi = manifest.Phi, Terms = manifest.Terms, Files = files,
    });

    /// <summary>Of what is made from several sets: everything is named, and of PHI classes and terms the strictest hold.</summary>
    public static DataProvenance Combine(IReadOnlyList<DataProvenance> all)
    {
        ArgumentNullException.ThrowIfNull(all);
        if (all.Count == 0) throw new ArgumentException("DataProvenance.Combine: needs at least one data set.", nameof(all));
        if (all.Count == 1) return all[0];
        DataProvenance[] sets = [.. all.DistinctBy(p => p.DataSet)];
        string? spdx = sets.Select(p => p.Licence.Spdx).Distinct().Count() == 1 ? sets[0].Licence.Spdx : null;
        return new DataProvenance
        {
            DataSet = Join("+", p => p.DataSet),
            Title = Join("; ", p => p.Title),
            Licence = new DataLicence(spdx, Join(" ", p => p.Licence.Text), Join(" ", p => p.Licence.Url)),
            Citation = Join("; ", p => p.Citation),
            Home = Join("; ", p => p.Home),
            Phi = new PhiStatement(sets.Max(p => p.Phi.Class), Join(" ", p => p.Phi.Note)),
            Terms = new DataTerms(Strictest(p => p.Terms.AdaptedText), Strictest(p => p.Terms.TrainedWeights), Strictest(p => p.Terms.CommercialUse), Join(" ", p => p.Terms.Note)),
            Files = [.. sets.SelectMany(p => p.Files)],
        };

        string Join(string between, Func<DataProvenance, string> part) => string.Join(between, sets.Select(part).Distinct());

        TermsOfUse Strictest(Func<DataProvenance, TermsOfUse> term) => sets.Select(term).MaxBy(t => t switch { TermsOfUse.Forbidden => 2, TermsOfUse.Unclear => 1, _ => 0 });
    }

    public JsonObject ToJson() => new()
    {
        ["dataSet"] = DataSet,
        ["title"] = Title,
        ["licence"] = new JsonObject { ["spdx"] = Licence.Spdx, ["text"] = Licence.Text, ["url"] = Licence.Url },
        ["citation"] = Citation,
        ["home"] = Home,
        ["phi"] = new JsonObject { ["class"] = ManifestFields.Kebab(Phi.Class.ToString()), ["note"] = Phi.Note },
        ["terms"] = new JsonObject
        {
            ["adaptedText"] = ManifestFields.Kebab(Terms.AdaptedText.ToString()),
            ["trainedWeights"] = ManifestFields.Kebab(Terms.TrainedWeights.ToString()),
            ["commercialUse"] = ManifestFields.Kebab(Terms.CommercialUse.ToString()),
            ["note"] = Terms.Note,
        },
        ["files"] = new JsonArray([.. Files.Select(f => (JsonNode)new JsonObject { ["path"] = f.Path, ["digest"] = f.Digest, ["sha256"] = f.Sha256, ["bytes"] = f.Bytes })]),
    };

    /// <summary>Reads what <see cref="ToJson"/> wrote; used by whatever carries the terms on.</summary>
    /// <param name="file">What messages call it.</param>
    /// <exception cref="DataFormatException">A field is missing or wrong.</exception>
    public static DataProvenance FromJson(JsonElement element, string file) => Read(new ManifestFields(file, "provenance", element));

    internal static DataProvenance Read(ManifestFields f)
    {
        var licence = f.Object("licence");
        var phi = f.Object("phi");
        var terms = f.Object("terms");
        return Noted(new DataProvenance
        {
            DataSet = f.Text("dataSet"),
            Title = f.Text("title"),
            Licence = new DataLicence(licence.OptionalText("spdx"), licence.Text("text"), licence.Text("url")),
            Citation = f.Text("citation"),
            Home = f.Text("home"),
            Phi = new PhiStatement(phi.Choice<PhiClass>("class"), phi.Text("note")),
            Terms = new DataTerms(terms.Choice<TermsOfUse>("adaptedText"), terms.Choice<TermsOfUse>("trainedWeights"), terms.Choice<TermsOfUse>("commercialUse"), terms.Text("note")),
            Files = f.List("files", 1000, x => new FileProvenance(x.Text("path"), x.OptionalText("digest"), x.OptionalText("sha256"), x.Whole("bytes"))),
        });
    }

    // Whoever makes or reads a provenance is about to use the data, or what was made from it.
    private static DataProvenance Noted(DataProvenance provenance)
    {
        DataUse.Note(provenance);
        return provenance;
    }

    public override string ToString() => $"{DataSet} ({Licence}; PHI class {ManifestFields.Kebab(Phi.Class.ToString())})";
}

/// <param name="Path">As the manifest names it.</param>
/// <param name="Digest">Name of the digest that matched; <c>recorded</c> for one of the lock file; null for a local copy that nothing vouches for.</param>
public sealed record FileProvenance(string Path, string? Digest, string? Sha256, long? Bytes);
