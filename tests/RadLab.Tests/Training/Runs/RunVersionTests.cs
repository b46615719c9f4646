using RadLab.Compute;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

public sealed class RunVersionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-version-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_run_that_another_version_began_says_so_when_it_goes_on()
    {
        var setup = RunSetup.New(PreparedTiny.Recipe, DateTime.UnixEpoch);
        setup.Record.Save(_folder);
        Assert.Empty(Notes());
        (setup.Record with { Version = "0.1.0+abc" }).Save(_folder);
        Assert.Equal([$"begun by version 0.1.0+abc, gone on with by {RunRecord.PresentVersion}: results may differ in their last bits"], Notes());
    }

    private IEnumerable<string> Notes()
    {
        var notes = new List<string>();
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        RunSetup.Resume(_folder).Run(engine, _folder, notes.Add);
        return notes.Where(n => n.StartsWith("begun by", StringComparison.Ordinal));
    }
}
