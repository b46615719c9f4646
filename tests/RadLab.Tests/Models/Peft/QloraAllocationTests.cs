using RadLab.Compute;
using RadLab.Models;
using RadLab.Training;

namespace RadLab.Tests;

/// <summary>Counts what the whole process allocates, so no other test may run beside it.</summary>
[Collection("process-wide")]
public sealed class QloraAllocationTests
{
    [Theory, InlineData(false, false), InlineData(true, false), InlineData(false, true)]
    public void A_warm_step_allocates_at_most_64_KB_and_returns_all_memory(bool checkpointing, bool dora)
    {
        using var engine = new Engine(new EngineOptions { Threads = 2 });
        using var model = LlamaModel.Random(engine, TinyLlama.Config, seed: 3, TinyLlama.Nf4);
        model.GradientCheckpointing = checkpointing;
        var adapters = (TinyLlama.AllLinear with { UseDora = dora, Dropout = 0.1f }).Attach(model, seed: 1);
        using var optimizer = new AdamW(adapters.Parameters, new AdamWSettings(LearningRate: 1e-2), maxGradientNorm: 0.3);
        var (tokens, labels) = TinyLlama.Batch(engine);
        using var tape = engine.Tape();
        for (int i = 0; i < 4; i++) Step();

        long least = long.MaxValue, live = engine.Memory.LiveBytes;
        for (int i = 0; i < 5; i++)
        {
            // the test host writes its reports at the same time; the least of several steps is the step's own
            long before = GC.GetTotalAllocatedBytes(precise: true);
            Step();
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
            Assert.Equal(live, engine.Memory.LiveBytes);
        }
        Assert.InRange(least, 0, 64 * 1024);

        // and next to nothing on this thread
        Assert.InRange(Allocations.Least(Step), 0, 1024);

        void Step()
        {
            adapters.Step++;
            tape.Backward(model.Loss(tape, tokens, labels));
            optimizer.Step();
            tape.Reset();
        }
    }
}
