using System.Globalization;

namespace RadLab.Radiology;

/// <summary>What was made of a data set: every step's counts, the terms that travel, the files. Written beside the files as JSON, HTML and an SVG flow chart.</summary>
[TypeFormatterSource(typeof(DataCardFormatters))]
public sealed record DataCard
{
    public const string JsonName = "data-card.json", HtmlName = "data-card.html", FlowName = "flow.svg";

    public required DataProvenance Provenance { get; init; }

    /// <summary><c>impression</c> or <c>protocol</c>.</summary>
    public required string Task { get; init; }

    public required long Read { get; init; }

    public required long Kept { get; init; }

    public required long Dropped { get; init; }

    public required long Rejected { get; init; }

    /// <summary>In their order.</summary>
    public required IReadOnlyList<StepCount> Steps { get; init; }

    public required IReadOnlyList<SplitCount> Splits { get; init; }

    /// <summary>The prepared files with their digests.</summary>
    public IReadOnlyList<PreparedFile> Files { get; init; } = [];

    /// <summary>What the gate found.</summary>
    public required string Leakage { get; init; }

    public IReadOnlyList<KeyValuePair<string, string>> Settings { get; init; } = [];

    /// <summary>Nothing is lost silently: read = kept + dropped + rejected, and every step hands on what it did not drop.</summary>
    internal void Check()
    {
        long drops = Steps.Sum(s => s.Dropped.Sum(d => d.Count));
        bool chained = Steps.Count == 0 || (Steps[0].In == Read - Rejected && Steps[^1].Out == Kept && Steps.Zip(Steps.Skip(1)).All(p => p.First.Out == p.Second.In) && Steps.All(s => s.In - s.Out == s.Dropped.Sum(d => d.Count)));
        if (Read != Kept + Dropped + Rejected || drops != Dropped || !chained || Splits.Sum(s => s.Records) != Kept)
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture,
                $"preparation: {Read} records read, but {Kept} kept, {Dropped} dropped ({drops} by reason) and {Rejected} rejected; the run is not trusted and nothing was written"));
    }

    /// <summary>The counts of every step, the sides and the terms, as text.</summary>
    public string Summary() => DataCardPage.PlainText(this);

    /// <summary>As the file <see cref="JsonName"/> holds it.</summary>
    public System.Text.Json.Nodes.JsonObject ToJson() => DataCardFiles.ToJson(this);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Provenance.DataSet}: {Read} read, {Kept} kept, {Dropped} dropped, {Rejected} rejected");
}

/// <param name="Done">What the step did to records that it kept.</param>
public sealed record StepCount(string Step, long In, long Out, IReadOnlyList<DropCount> Dropped, IReadOnlyList<DoneCount> Done);

public sealed record DropCount(string Reason, string Meaning, long Count);

public sealed record DoneCount(string What, long Count);

public sealed record SplitCount(string Split, long Records, long Groups);

public sealed record PreparedFile(string Name, string Sha256, long Bytes, long Records);
