namespace RadLab.Radiology;

/// <summary>
/// One data set: where it comes from, under which terms, which files with which digests, how it is split. A JSON file of <c>data-manifests/</c>;
/// <see cref="ManifestReader"/> reads and checks it.
/// </summary>
public sealed record DataManifest
{
    /// <summary>Lower-case words joined by hyphens; the name of its file.</summary>
    public required string Id { get; init; }

    public required string Title { get; init; }

    public required DataKind Kind { get; init; }

    public required DataLicence Licence { get; init; }

    /// <summary>What to cite.</summary>
    public required string Citation { get; init; }

    /// <summary>The source's own page.</summary>
    public required string Home { get; init; }

    public required PhiStatement Phi { get; init; }

    public required DataTerms Terms { get; init; }

    public required Acquisition Acquisition { get; init; }

    public IReadOnlyList<DataFile> Files { get; init; } = [];

    /// <summary>For generated data: what a plain <c>prepare</c> makes.</summary>
    public GeneratorDefaults? Generator { get; init; }

    public required SplitRule Split { get; init; }

    /// <summary>Notes on use.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Must not be written where it would be published by accident: credentialed, or adapted text or commercial use forbidden.</summary>
    public bool IsRestricted => Restricts(Phi, Terms);

    internal static bool Restricts(PhiStatement phi, DataTerms terms) =>
        phi.Class is PhiClass.CredentialedDeidentified or PhiClass.ContainsPhi || terms.AdaptedText == TermsOfUse.Forbidden || terms.CommercialUse == TermsOfUse.Forbidden;

    /// <summary>Record ids could lead to a person: they leave the pipeline as salted hashes only.</summary>
    public bool HidesIds => Phi.Class is PhiClass.CredentialedDeidentified or PhiClass.ContainsPhi;

    public override string ToString() => $"{Id}: {Title}";
}

public enum DataKind
{
    Reports,
    ProtocolNotes,
    Questions,
    Images,
}

/// <param name="Spdx">SPDX identifier, where the licence has one.</param>
/// <param name="Text">What the licence says in one or two sentences, or its name where there is no SPDX identifier.</param>
public sealed record DataLicence(string? Spdx, string Text, string Url)
{
    public override string ToString() => Spdx ?? Text;
}

/// <summary>How far the data can lead to a person.</summary>
public enum PhiClass
{
    /// <summary>Describes nobody (generated).</summary>
    None,

    /// <summary>De-identified at the source and public.</summary>
    PublicDeidentified,

    /// <summary>De-identified at the source, open to credentialed people only.</summary>
    CredentialedDeidentified,

    /// <summary>Holds protected health information.</summary>
    ContainsPhi,
}

public sealed record PhiStatement(PhiClass Class, string Note);

public enum TermsOfUse
{
    Allowed,
    Forbidden,

    /// <summary>The licence does not say: ask before relying on it.</summary>
    Unclear,
}

/// <summary>What may be done with what is made from the data.</summary>
/// <param name="AdaptedText">Sharing changed or prepared texts.</param>
/// <param name="TrainedWeights">Sharing weights trained on them.</param>
/// <param name="CommercialUse">Using either commercially.</param>
public sealed record DataTerms(TermsOfUse AdaptedText, TermsOfUse TrainedWeights, TermsOfUse CommercialUse, string Note);

public enum AcquisitionMethod
{
    /// <summary>Its files have addresses: <c>radlab data get</c> fetches them.</summary>
    Download,

    /// <summary>Open to credentialed people only: they fetch it themselves.</summary>
    Credentialed,

    /// <summary>No address serves the file as it is used here.</summary>
    ByHand,

    /// <summary>Made by a generator of RadLab.</summary>
    Generated,
}

public sealed record Acquisition(AcquisitionMethod Method, string Instructions);

public sealed record GeneratorDefaults(string Name, long Count, ulong Seed);

public enum SplitBy
{
    /// <summary>Salted hash of the patient; a record without one counts as its duplicate group.</summary>
    Patient,

    /// <summary>Groups of equal and nearly equal findings.</summary>
    DuplicateFindings,

    /// <summary>Groups of equal and nearly equal notes.</summary>
    DuplicateNotes,

    /// <summary>All records of an image on one side.</summary>
    Image,

    /// <summary>Train and validation from the generator's kept templates and vocabulary, test from its held-out ones.</summary>
    GeneratorParts,

    /// <summary>The source's own split.</summary>
    Given,
}

/// <summary>Shares add up to one, unless the source gives the split.</summary>
public sealed record SplitRule(SplitBy By, double Train, double Validation, double Test, string Note);
