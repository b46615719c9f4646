using RadLab.Radiology;
using RadLab.Training;

namespace RadLab.Tests.Training;

public sealed class SharingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-sharing-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Run => Path.Combine(_folder, "run");

    [Theory]
    [InlineData("synthetic-reports", true)]
    [InlineData("openi-chest-xray", false)]
    [InlineData("mimic-cxr", false)]
    public void Samples_and_weights_of_restricted_data_leave_only_when_named(string dataSet, bool free)
    {
        RunData[] data = [FinishedRun.Record(dataSet).Data];
        Assert.Equal(new Sharing(free, free), Sharing.Of(data, [], []));
        Assert.Equal(new Sharing(free, free), Sharing.Of(data, ["another-set"], ["another-set"]));
        Assert.Equal(new Sharing(true, free), Sharing.Of(data, [dataSet], []));
        Assert.Equal(new Sharing(free, true), Sharing.Of(data, [], [dataSet]));
    }

    [Fact]
    public void What_the_base_was_trained_on_holds_a_run_on_free_data_back()
    {
        RunData[] trainedOn = [FinishedRun.Record("synthetic-reports").Data, FinishedRun.Record("mimic-cxr").Data, FinishedRun.Record("openi-chest-xray").Data];
        Assert.Equal(new Sharing(false, false), Sharing.Of(trainedOn, ["synthetic-reports"], ["synthetic-reports", "mimic-cxr"]));
        Assert.Equal(new Sharing(false, true), Sharing.Of(trainedOn, ["mimic-cxr"], ["mimic-cxr", "openi-chest-xray"]));
        Assert.Equal(["openi-chest-xray"], Sharing.SamplesHeldBy(trainedOn, ["mimic-cxr"]));
        // weights that must not be shared although the texts may
        var terms = trainedOn[0].Provenance.Terms with { TrainedWeights = TermsOfUse.Forbidden };
        RunData[] kept = [trainedOn[0] with { Provenance = trainedOn[0].Provenance with { Terms = terms } }];
        Assert.Equal(new Sharing(true, false), Sharing.Of(kept, [], []));
    }

    [Fact]
    public void A_run_on_a_base_of_restricted_data_stays_out_of_git_work_trees()
    {
        string @base = Path.Combine(_folder, "base"), repo = Path.Combine(_folder, "repo");
        Directory.CreateDirectory(@base);
        Directory.CreateDirectory(Path.Combine(repo, ".git"));
        foreach (string file in Directory.EnumerateFiles(PreparedTiny.Model)) File.Copy(file, Path.Combine(@base, Path.GetFileName(file)));
        AdapterProvenance.Write(@base, FinishedRun.Record("mimic-cxr").Data);
        var setup = RunSetup.New(PreparedTiny.Recipe with { Model = @base }, DateTime.UnixEpoch);
        Assert.Equal(["synthetic-reports", "mimic-cxr"], setup.TrainedOn.Select(d => d.Provenance.DataSet));
        var e = Assert.Throws<DataRefusedException>(() => setup.CheckPlace(repo, allowInGit: false));
        Assert.EndsWith("samples would be published by an ordinary commit; choose a folder outside with --runs, or give --allow-in-git mimic-cxr", e.Message, StringComparison.Ordinal);
        setup.CheckPlace(repo, allowInGit: true);
        setup.CheckPlace(_folder, allowInGit: false);
    }

    [Fact]
    public void An_export_that_the_terms_forbid_is_refused_with_the_term_and_writes_nothing()
    {
        FinishedRun.Write(Run, "openi-chest-xray");
        var e = Assert.Throws<DataRefusedException>(() => AdapterExport.Write(Run, Path.Combine(_folder, "out"), false, DateTime.UnixEpoch));
        Assert.StartsWith($"{Run}: export refused: it was trained on openi-chest-xray (", e.Message, StringComparison.Ordinal);
        Assert.EndsWith("), and adaptedText is forbidden: no derivatives; commercialUse is forbidden: non-commercial; nothing was written: give --acknowledge if you answer for where it goes.", e.Message, StringComparison.Ordinal);
        Assert.Equal(["run"], Directory.EnumerateFileSystemEntries(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public void An_acknowledged_export_carries_its_terms_and_what_was_acknowledged()
    {
        var record = FinishedRun.Write(Run, "mimic-cxr");
        string target = Path.Combine(_folder, "out");
        var note = Assert.Single(AdapterExport.Write(Run, target, true, DateTime.UnixEpoch));
        Assert.StartsWith("mimic-cxr: its licence does not say whether weights trained on it may be shared: ", note, StringComparison.Ordinal);
        Assert.Equal(["adapter_config.json", "adapter_model.safetensors", "data-provenance.json", "export.json", "radlab.json"], Directory.EnumerateFiles(target).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal("weights", File.ReadAllText(Path.Combine(target, "adapter_model.safetensors")));
        var carried = AdapterProvenance.Load(target)!;
        Assert.Equal((PhiClass.CredentialedDeidentified, true), (carried.Provenance.Phi.Class, carried.IsRestricted));
        Assert.Equal(record.Data.Sha256, carried.Sha256);
        string export = File.ReadAllText(Path.Combine(target, "export.json"));
        Assert.Contains("\"it is open to credentialed people only\"", export, StringComparison.Ordinal);
        Assert.Contains("\"adaptedText is forbidden: no derivatives\"", export, StringComparison.Ordinal);
        var e = Assert.Throws<RecipeException>(() => AdapterExport.Write(Run, target, true, DateTime.UnixEpoch));
        Assert.Equal($"--out {target}: must be new or an empty folder; choose another one.", e.Message);
    }

    [Fact]
    public void An_unfinished_run_has_nothing_to_export()
    {
        FinishedRun.Write(Run);
        Directory.Delete(Path.Combine(Run, "adapter"), recursive: true);
        var e = Assert.Throws<RecipeException>(() => AdapterExport.Write(Run, Path.Combine(_folder, "out"), false, DateTime.UnixEpoch));
        Assert.Equal($"{Run}: has neither adapter nor model: the run is not finished; go on with 'radlab train --resume {Run}'.", e.Message);
    }
}
