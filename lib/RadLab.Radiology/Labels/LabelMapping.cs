namespace RadLab.Radiology;

/// <summary>How a label of ChestX-ray14 relates to CheXpert's.</summary>
public enum LabelRelation
{
    /// <summary>The same observation under either name.</summary>
    Same,

    /// <summary>CheXpert's label covers it together with others.</summary>
    PartOf,

    /// <summary>CheXpert has no label for it; it only forbids "No Finding".</summary>
    None,
}

/// <summary>
/// One row of the table that ties ChestX-ray14's labels (and so Open-i's gold labels) to CheXpert's. Only the seven rows marked Same may be compared between
/// the sets.
/// <list type="table">
/// <listheader><term>ChestX-ray14</term><description>CheXpert</description></listheader>
/// <item><term>Atelectasis</term><description>Atelectasis (same)</description></item>
/// <item><term>Cardiomegaly</term><description>Cardiomegaly (same)</description></item>
/// <item><term>Consolidation</term><description>Consolidation (same)</description></item>
/// <item><term>Edema</term><description>Edema (same)</description></item>
/// <item><term>Effusion</term><description>Pleural Effusion (same)</description></item>
/// <item><term>Pneumonia</term><description>Pneumonia (same)</description></item>
/// <item><term>Pneumothorax</term><description>Pneumothorax (same)</description></item>
/// <item><term>Infiltration</term><description>Lung Opacity (part of)</description></item>
/// <item><term>Mass</term><description>Lung Lesion (part of)</description></item>
/// <item><term>Nodule</term><description>Lung Lesion (part of)</description></item>
/// <item><term>Fibrosis</term><description>Pleural Other (part of: CheXpert's labeller files fibrosis there)</description></item>
/// <item><term>Pleural_Thickening</term><description>Pleural Other (part of)</description></item>
/// <item><term>Emphysema</term><description>none</description></item>
/// <item><term>Hernia</term><description>none</description></item>
/// </list>
/// CheXpert's Enlarged Cardiomediastinum, Fracture, Support Devices and No Finding have no counterpart in ChestX-ray14.
/// </summary>
public sealed record LabelMapping(string ChestXray14, string? CheXpert, LabelRelation Relation)
{
    /// <summary>All 14 rows, in the order of ChestX-ray14.</summary>
    public static IReadOnlyList<LabelMapping> All { get; } =
    [
        new("Atelectasis", "Atelectasis", LabelRelation.Same),
        new("Cardiomegaly", "Cardiomegaly", LabelRelation.Same),
        new("Effusion", "Pleural Effusion", LabelRelation.Same),
        new("Infiltration", "Lung Opacity", LabelRelation.PartOf),
        new("Mass", "Lung Lesion", LabelRelation.PartOf),
        new("Nodule", "Lung Lesion", LabelRelation.PartOf),
        new("Pneumonia", "Pneumonia", LabelRelation.Same),
        new("Pneumothorax", "Pneumothorax", LabelRelation.Same),
        new("Consolidation", "Consolidation", LabelRelation.Same),
        new("Edema", "Edema", LabelRelation.Same),
        new("Emphysema", null, LabelRelation.None),
        new("Fibrosis", "Pleural Other", LabelRelation.PartOf),
        new("Pleural_Thickening", "Pleural Other", LabelRelation.PartOf),
        new("Hernia", null, LabelRelation.None),
    ];

    /// <summary>The seven labels that both sets have.</summary>
    public static IReadOnlyList<LabelMapping> Shared { get; } = [.. All.Where(m => m.Relation == LabelRelation.Same)];
}
