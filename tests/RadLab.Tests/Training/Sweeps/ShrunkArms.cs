using RadLab.Training;

namespace RadLab.Tests.Training;

/// <summary>A comparison of arms with every part of the usual one, at sizes that train in moments.</summary>
internal static class ShrunkArms
{
    public static ArmsRecipe Whole
    {
        get
        {
            var usual = new ArmsRecipe();
            return usual with
            {
                Sizes = [new ModelSize("a", 64, 128, 2, 2, 1), new ModelSize("b", 128, 128, 2, 4, 2)], Seeds = [17, 18], TestItems = 2, PretrainingTokens = 512,
                Recipe = usual.Recipe with { Data = PreparedTiny.Data, Steps = 2, Batch = new BatchSettings { MicroBatch = 1, SequenceLength = 320 }, Run = new RunSchedule { EvaluateEvery = 2, EvaluateTexts = 2, SaveEvery = 1, Samples = 0 } },
                Arms = [.. usual.Arms.Select(a => a with { Over = a.Name == ArmsRecipe.Full ? ["learning_rate=1e-4,3e-4"] : ["learning_rate=1e-3"] })],
                Pretraining = usual.Pretraining with { Data = PreparedTiny.Data, Batch = new BatchSettings { MicroBatch = 1, SequenceLength = 256, Packing = true }, Run = new RunSchedule { EvaluateTexts = 2, SaveEvery = 1, Samples = 0 } },
            };
        }
    }

    // one size, one seed, two arms of one setting each
    public static ArmsRecipe Smallest => Whole with
    {
        Sizes = [Whole.Sizes[0]], Seeds = [17], TestItems = 1, PretrainingTokens = 256,
        Arms = [.. Whole.Arms.Where(a => a.Name != ArmsRecipe.Lora).Select(a => a with { Over = ["learning_rate=1e-3"] })],
    };

    public sealed class Direct(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
