using RadLab.Compute;
using RadLab.Radiology;
using RadLab.Training;

namespace RadLab.Tests.Training;

public sealed class AdapterPromptingTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_protocol_run_leaves_its_labels_beside_the_adapter()
    {
        var recipe = PreparedTiny.Recipe with { Task = TrainingTask.Protocol, Data = PreparedTiny.Protocols, Steps = 1, Run = new RunSchedule { Samples = 0, EvaluateTexts = 1 } };
        var setup = RunSetup.New(recipe, DateTime.UnixEpoch);
        string run = setup.CreateFolder(_folder.Path);
        using (var engine = new Engine(new EngineOptions { Threads = 1 })) setup.Run(engine, run).Train();
        string[] labels = LabelSet.Of(PreparedFolder.Open(PreparedTiny.Protocols).Read(DataSplit.Train));
        Assert.True(labels.Length > 1);
        Assert.Equal(labels, AdapterPrompting.Load(Path.Combine(run, "adapter"))!.Labels);
    }

    [Fact]
    public void What_is_no_short_list_of_short_labels_is_neither_written_nor_read()
    {
        var recipe = PreparedTiny.Recipe with { Task = TrainingTask.Protocol };
        Assert.Equal(["a", "b"], AdapterPrompting.Of(recipe, labels: ["a", "b"]).Labels);
        foreach (string[] labels in (string[][])[["a"], ["a", "a"], ["a", ""], ["a", "b\nc"], ["a", new string('x', 501)], [.. Enumerable.Range(0, 10_001).Select(i => $"label {i}")]])
        {
            Assert.Null(AdapterPrompting.Of(recipe, labels: labels).Labels);
            (AdapterPrompting.Of(recipe) with { Labels = labels }).Write(_folder.Path);
            Assert.Equal($"{_folder.File("prompting.json")}: is not what RadLab writes; restore it from the run's folder.", Assert.Throws<RecipeException>(() => AdapterPrompting.Load(_folder.Path)).Message);
        }
        (AdapterPrompting.Of(recipe) with { Labels = ["CT Chest", "XR Chest"] }).Write(_folder.Path);
        Assert.Equal(["CT Chest", "XR Chest"], AdapterPrompting.Load(_folder.Path)!.Labels);
    }
}
