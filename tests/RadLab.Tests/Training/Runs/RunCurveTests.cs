using RadLab.Compute;
using RadLab.Training;

namespace RadLab.Tests.Training;

public sealed class RunCurveTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-curve-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_run_is_read_back_with_what_it_took()
    {
        var reported = new List<TrainingProgress>();
        using (var engine = new Engine())
            new TrainingRun(engine, TinyTraining.Input(), _folder).Train(new Direct(reported.Add));
        var curve = RunCurve.Read(_folder);
        Assert.Equal(reported.Select(p => (p.Step, p.Loss, p.LearningRate)), curve.Steps.Select(s => (s.Step, s.Loss, s.LearningRate)));
        Assert.Equal(reported.Where(p => p.ValidationLoss is not null).Select(p => (p.Step, p.ValidationLoss!.Value)), curve.Evaluations.Select(e => (e.Step, e.Loss)));
        Assert.All(curve.Steps, s => Assert.True(s.ProcessorSeconds > 0 && s.Seconds > 0 && s.LiveBytes > 0 && s.PeakBytes >= s.LiveBytes));
        Assert.Equal(curve.Steps.Max(s => s.PeakBytes), curve.PeakBytes);
        Assert.InRange(curve.PeakBytes!.Value, 1, reported[^1].PeakBytes);
        Assert.Equal(["training", "validation"], curve.Loss().Series.Select(s => s.Name));
        Assert.Equal(curve.Steps.Select(s => s.LearningRate), curve.LearningRate().Series[0].Y);
    }

    [Fact]
    public void Lines_of_earlier_versions_and_a_cut_one_are_understood()
    {
        File.WriteAllText(Path.Combine(_folder, "metrics.jsonl"), "{\"step\":1,\"kind\":\"train\",\"loss\":2,\"learning_rate\":0.1,\"tokens\":10,\"seconds\":0.5}\n{\"step\":2,\"kind\":\"train\",\"loss\":null}\n{\"step\":2,\"kind\":\"validation\",\"loss\":null}\n{\"step\":3,\"ki");
        var curve = RunCurve.Read(_folder);
        Assert.Equal([1L, 2L], curve.Steps.Select(s => s.Step));
        Assert.Equal((0.5, 10.0, null, null), (curve.Seconds, curve.Tokens, curve.ProcessorSeconds, curve.PeakBytes));
        Assert.Equal([2.0], Assert.Single(curve.Loss().Series).Y);
        Assert.Empty(RunCurve.Read(Path.Combine(_folder, "none")).Steps);
    }

    private sealed class Direct(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
