using System.Globalization;

namespace RadLab.Radiology;

/// <summary>One entity of a generated report as a row of a table.</summary>
public sealed record EntityRow(string Entity, string Status, string Organ, string Place, string Side, string Severity, string SizeMm, string Change, string Attributes, string StatedIn)
{
    /// <summary>The row in one line, without what is empty.</summary>
    internal string Summary => string.Join(" · ", new[] { Entity, Status, Place, Side, Severity, SizeMm.Length > 0 ? SizeMm + " mm" : "", Change, Attributes }.Where(s => s.Length > 0));

    public static EntityRow Of(SyntheticEntity e) => new(
        e.Name,
        e.Negated ? "absent" : e.Certainty switch { EntityCertainty.Certain => "present", EntityCertainty.Probable => "probable", _ => "possible" },
        e.Organ,
        e.Place,
        e.Side == EntitySide.None ? "" : e.Side.ToString().ToLowerInvariant(),
        e.Severity,
        Size(e.SizeMm) + (e.PriorSizeMm.Count > 0 ? $" (was {Size(e.PriorSizeMm)})" : ""),
        e.Change == EntityChange.NotCompared ? "" : e.Change.ToString().ToLowerInvariant(),
        string.Join(", ", e.Attributes.Select(a => $"{a.Key} {a.Value}")),
        e switch { { Findings: not null, Impression: not null } => "both", { Findings: not null } => "findings", _ => "impression" });

    private static string Size(IReadOnlyList<int> mm) => string.Join(" x ", mm.Select(s => s.ToString(CultureInfo.InvariantCulture)));
}
