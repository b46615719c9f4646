namespace RadLab.Radiology;

/// <summary>
/// Real pairs of indication and examination from MTSamples as provider notes: the names of its examinations in the words of <see cref="ProtocolRules.Labels"/>. Where a name leaves
/// contrast or vessels open, every label that it may mean is admissible; an examination without a label of its own is left out and counted.
/// </summary>
public static class MtSamplesProtocols
{
    public const string DataSet = "mtsamples-radiology";

    private const string AbdomenPelvis = "CT Abdomen and Pelvis with Contrast", Chest = "XR Chest 2 Views";

    /// <summary>Name of the examination, as the data set has it, to labels; the preferred one first.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Table { get; } = new Dictionary<string, IReadOnlyList<string>>(StringComparer.OrdinalIgnoreCase)
    {
        ["Carotid Ultrasound"] = ["US Carotid"],
        ["Coronary CT Angiography (CCTA)"] = ["Coronary CTA"],
        ["CT Abdomen & Pelvis"] = [AbdomenPelvis],
        ["CT Abdomen & Pelvis - OB-GYN"] = [AbdomenPelvis],
        ["CT C-Spine"] = ["CT Cervical Spine without Contrast"],
        ["CT Chest"] = ["CT Chest with Contrast", "CT Chest without Contrast"],
        ["CT Head"] = ["CT Head without Contrast"],
        ["CT Lumbar Spine"] = ["CT Lumbar Spine without Contrast"],
        ["CT of Facial Wones w/o Contrast"] = ["CT Maxillofacial without Contrast"],   // the source's spelling
        ["CT Stone Protocol"] = ["CT Stone Protocol"],
        ["Five views of the right knee."] = ["XR Knee 3 Views"],
        ["Lower Extremity Venous Doppler"] = ["US Lower Extremity Venous"],
        ["MRI Ankle"] = ["MRI Ankle without Contrast"],
        ["MRI Cervical Spine"] = ["MRI Cervical Spine without Contrast"],
        ["MRI Knee"] = ["MRI Knee without Contrast"],
        ["MRI of Brain w/o Contrast."] = ["MRI Brain without Contrast"],
        ["MRI of Lumbar Spine w/o Contrast"] = ["MRI Lumbar Spine without Contrast"],
        ["MRI Shoulder"] = ["MRI Shoulder without Contrast"],
        ["Renal Ultrasound"] = ["US Renal"],
        ["Single Frontal View - Chest - Pediatric"] = [Chest],
        ["Single Frontal View of Chest"] = [Chest],
        ["Testicular Ultrasound"] = ["US Scrotum"],
        ["Ultrasound - Kidney"] = ["US Renal"],
        ["Ultrasound - Lower Extremity"] = ["US Lower Extremity Venous", "US Lower Extremity Arterial"],
        ["Ultrasound OB"] = ["US Obstetric"],
        ["Biophysical Profile"] = ["US Obstetric"],
        ["X-RAY - Neck Soft Tissues"] = ["XR Neck Soft Tissue"],
    };

    /// <summary>The data set's notes, where its file is here.</summary>
    /// <param name="Notes">Indications with the labels of their examinations.</param>
    /// <param name="Unmapped">Indications whose examination has no label.</param>
    public sealed record Pairs(IReadOnlyList<ProtocolNote> Notes, int Unmapped);

    /// <summary>Null where the file is not here.</summary>
    public static Pairs? Find(DataFolders folders)
    {
        ArgumentNullException.ThrowIfNull(folders);
        var file = ManifestCatalog.Find(DataSet).Files[0];
        return folders.Find(file) is { } path ? Of(DataReaders.Reports(path, file, DataSet).Select(r => r.Value).OfType<Report>()) : null;
    }

    /// <summary>Reports without an indication count nowhere.</summary>
    public static Pairs Of(IEnumerable<Report> reports)
    {
        ArgumentNullException.ThrowIfNull(reports);
        var notes = new List<ProtocolNote>();
        int unmapped = 0;
        foreach (var report in reports.Where(r => !string.IsNullOrWhiteSpace(r.Indication)))
        {
            if (Table.TryGetValue(report.Exam.Trim(), out var labels)) notes.Add(new ProtocolNote { Id = report.Id, Source = DataSet, Note = report.Indication, Protocols = labels });
            else unmapped++;
        }
        return new Pairs(notes, unmapped);
    }
}
