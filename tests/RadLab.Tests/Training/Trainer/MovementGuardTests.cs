using RadLab.Compute;
using RadLab.Models;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

public sealed class MovementGuardTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 1 });
    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-guard-").FullName;

    public void Dispose()
    {
        _engine.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory, InlineData(WeightFormat.F32), InlineData(WeightFormat.BF16)]
    public void A_full_run_with_a_long_warm_up_trains_on(WeightFormat format)
    {
        // the first rates are 1e-9 and 2e-9: norms, which begin with 1, cannot move by less than 3e-8
        var recipe = TinyTraining.Recipe with
        {
            Mode = TrainingMode.Full, LearningRate = 1e-5, Schedule = new LearningRateSchedule { WarmupSteps = 10_000 }, Steps = 12,
            Storage = new LlamaStorage { Linears = format }, Optimizer = new OptimizerSettings { WeightDecay = 0 },
        };
        Assert.Equal(RunEnd.Finished, Train(recipe).End);
    }

    [Fact]
    public void A_rate_that_no_number_feels_stops_the_run_at_once()
    {
        var e = Assert.Throws<TrainingGuardException>(() => Train(TinyTraining.Recipe with { LearningRate = 1e-30, Mode = TrainingMode.Full }));
        Assert.Matches("^model\\.embed_tokens\\.weight and [0-9]+ more: should train but has not moved in 3 steps: it does not take part in the loss, its gradient is 0, or the learning rate is too small for its storage; check targets and learning_rate\\.$", e.Message);
    }

    [Fact]
    public void Weights_without_a_gradient_stop_the_run_though_weight_decay_moves_them()
    {
        // so small a scale that B gets a gradient and A, whose is B's times the scale once more, none
        var recipe = TinyTraining.Recipe with { Lora = TinyTraining.Recipe.Lora with { Alpha = 1e-30, Dropout = 0 }, Optimizer = new OptimizerSettings { WeightDecay = 0.1 } };
        Assert.Equal("model.layers.0.self_attn.q_proj.lora_A.weight and 13 more: should train but has had a gradient of 0 in 3 steps: it does not take part in the loss; check lora.targets and lora.alpha.",
            Assert.Throws<TrainingGuardException>(() => Train(recipe)).Message);
    }

    [Fact]
    public void What_lies_still_is_wrong_as_soon_as_three_steps_could_have_moved_it()
    {
        using var norm = new Parameter("norm", _engine.From(Enumerable.Repeat(1f, 64).ToArray(), [64]), trainable: true);
        var guard = Guard(norm, peak: 1e-5);
        for (int i = 0; i < 100; i++) guard.AfterStep(1e-9);
        guard.AfterStep(0);
        guard.AfterStep(1e-5);
        guard.AfterStep(1e-5);
        Assert.StartsWith("norm: should train but has not moved in 103 steps: ", Assert.Throws<TrainingGuardException>(() => guard.AfterStep(1e-5)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_has_moved_once_is_let_go()
    {
        using var norm = new Parameter("norm", _engine.From(Enumerable.Repeat(1f, 64).ToArray(), [64]), trainable: true);
        var guard = Guard(norm, peak: 1e-5);
        for (int i = 0; i < 100; i++) guard.AfterStep(1e-9);
        norm.Value.AsSpan<float>()[7] = 1.1f;
        for (int i = 0; i < 10; i++) guard.AfterStep(1e-5);
    }

    [Fact]
    public void The_end_of_a_resumed_run_has_rates_that_move_nothing_and_is_right()
    {
        using var norm = new Parameter("norm", _engine.From(Enumerable.Repeat(1f, 64).ToArray(), [64]), trainable: true);
        var guard = Guard(norm, peak: 1e-3);
        for (int i = 0; i < 50; i++) guard.AfterStep(1e-12);
    }

    [Fact]
    public void A_group_that_learns_slower_is_given_longer()
    {
        using var norm = new Parameter("norm", _engine.From(Enumerable.Repeat(1f, 64).ToArray(), [64]), trainable: true);
        var guard = new MovementGuard([new ParameterGroup("slow", [norm]) { LearningRateFactor = 1e-3 }], 1e-2, () => null);
        for (int i = 0; i < 5; i++) guard.AfterStep(1e-4);   // times the factor 1e-7, which 1 does not surely feel
        for (int i = 0; i < 2; i++) guard.AfterStep(1e-2);
        Assert.Throws<TrainingGuardException>(() => guard.AfterStep(1e-2));
    }

    [Fact]
    public void A_BF16_weight_may_lie_still_until_the_steps_of_its_master_copy_reach_the_next_number()
    {
        var values = _engine.Empty([64], DType.BF16);
        values.CopyFrom(Enumerable.Repeat(0.02f, 64).ToArray());
        using var weight = new Parameter("weight", values, trainable: true);
        var guard = Guard(weight, peak: 1e-3);
        // neighbours of 0.02 lie 2^-13 = 1.2e-4 apart; sixteen times that are 20 steps of 1e-4
        for (int i = 0; i < 19; i++) guard.AfterStep(1e-4);
        Assert.StartsWith("weight: should train but has not moved in 20 steps: ", Assert.Throws<TrainingGuardException>(() => guard.AfterStep(1e-4)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Frozen_weights_that_move_stop_the_run()
    {
        var run = new TrainingRun(_engine, TinyTraining.Input(), _folder) { AfterEvaluation = (subject, _) => subject.Model.Norm.Weight.Value.AsSpan<float>()[3] += 1e-6f };
        Assert.Equal("the base's weights: are frozen but have changed; the run's results are worthless: please report this.", Assert.Throws<TrainingGuardException>(() => run.Train()).Message);
        Assert.False(TrainingSubject.HasResult(_folder));
    }

    private static MovementGuard Guard(Parameter parameter, double peak) => new([new ParameterGroup("all", [parameter])], peak, () => null);

    private TrainingResult Train(Recipe recipe) => new TrainingRun(_engine, TinyTraining.Input(recipe), _folder).Train();
}
