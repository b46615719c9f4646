using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class MtSamplesProtocolsTests
{
    [Fact]
    public void The_table_speaks_of_labels_that_the_rules_give() =>
        Assert.All(MtSamplesProtocols.Table.Values.SelectMany(l => l), l => Assert.Contains(l, ProtocolRules.Labels));

    [Fact]
    public void Indications_get_the_labels_of_their_examination_and_the_rest_is_counted()
    {
        static Report Of(string exam, string indication) => new() { Id = exam, Source = MtSamplesProtocols.DataSet, Exam = exam, Indication = indication };
        var pairs = MtSamplesProtocols.Of([Of("CT Chest", "Cough."), Of("Mayoview", "Reflux."), Of("MRI Knee ", "Locking."), Of("CT Head", " ")]);
        Assert.Equal(["CT Chest with Contrast|CT Chest without Contrast", "MRI Knee without Contrast"], pairs.Notes.Select(n => string.Join('|', n.Protocols)));
        Assert.Equal(1, pairs.Unmapped);
    }

    [SkippableFact]
    public void The_real_file_has_pairs()
    {
        string mirror = Path.GetDirectoryName(SharedData.Require("MANIFEST.csv"))!;
        var pairs = MtSamplesProtocols.Find(new DataFolders(mirror, Path.Combine(mirror, "none")))!;
        Assert.Equal(101, pairs.Notes.Count + pairs.Unmapped);
        Assert.InRange(pairs.Notes.Count, 40, 60);
    }
}
