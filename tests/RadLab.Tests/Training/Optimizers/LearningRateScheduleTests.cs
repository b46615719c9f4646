using RadLab.Training;

namespace RadLab.Tests;

public sealed class LearningRateScheduleTests
{
    [Theory]
    [InlineData(LearningRateKind.Constant), InlineData(LearningRateKind.Linear), InlineData(LearningRateKind.Cosine)]
    public void Every_step_follows_the_definition(LearningRateKind kind)
    {
        const long total = 103, warmup = 11;
        const double peak = 2e-4, least = 0.1;
        var schedule = new LearningRateSchedule { Kind = kind, WarmupSteps = warmup, MinimumFactor = least };
        for (long step = 0; step < total + 20; step++)
        {
            double x = Math.Min(1, (step - warmup) / (double)(total - warmup));
            double factor = step < warmup ? (step + 1) / (double)warmup : kind switch
            {
                LearningRateKind.Linear => least + (1 - least) * (1 - x),
                LearningRateKind.Cosine => least + (1 - least) * (1 + Math.Cos(Math.PI * x)) / 2,
                _ => 1,
            };
            Assert.Equal(peak * factor, schedule.At(peak, step, total), 1e-15 * peak * 10);
        }
    }

    [Fact]
    public void The_first_step_moves_the_peak_is_reached_and_the_end_is_the_minimum()
    {
        var schedule = new LearningRateSchedule { Kind = LearningRateKind.Cosine, WarmupRatio = 0.03 };
        Assert.Equal(0.25, schedule.At(1, 0, 101));   // ceil(3.03) = 4 steps
        Assert.Equal(1, schedule.At(1, 3, 101));
        Assert.Equal(1, schedule.At(1, 4, 101));
        Assert.InRange(schedule.At(1, 100, 101), 1e-5, 1e-3);
        Assert.Equal(0, schedule.At(1, 101, 101), 1e-15);
        Assert.Equal(1, new LearningRateSchedule().At(1, 0, 1));
        Assert.Equal(0.5, new LearningRateSchedule { Kind = LearningRateKind.Linear, WarmupSteps = 9, MinimumFactor = 0.5 }.At(1, 9, 9));
    }

    // bits that came out when this was written: another machine must give them too
    [Fact]
    public void The_cosine_has_the_same_bits_everywhere()
    {
        var schedule = new LearningRateSchedule { Kind = LearningRateKind.Cosine, WarmupSteps = 2 };
        long hash = 0;
        for (long step = 0; step < 1000; step++) hash = hash * 31 + BitConverter.DoubleToInt64Bits(schedule.At(3e-4, step, 1000));
        Assert.Equal(5876143666383522327, hash);
    }

    [Fact]
    public void Wrong_settings_are_reported()
    {
        var s = new LearningRateSchedule();
        Assert.Equal("LearningRateSchedule: Kind must be Constant, Linear or Cosine, got 7.", Message(s with { Kind = (LearningRateKind)7 }));
        Assert.Equal("LearningRateSchedule: WarmupSteps must be 0 or more, got -1.", Message(s with { WarmupSteps = -1 }));
        Assert.Equal("LearningRateSchedule: WarmupRatio must be from 0 to 1, got 1.5.", Message(s with { WarmupRatio = 1.5 }));
        Assert.Equal("LearningRateSchedule: WarmupSteps must be 0 beside a warm-up ratio of 0.1, got 3.", Message(s with { WarmupSteps = 3, WarmupRatio = 0.1 }));
        Assert.Equal("LearningRateSchedule: MinimumFactor must be from 0 to 1, got NaN.", Message(s with { MinimumFactor = double.NaN }));
        Assert.Equal("LearningRateSchedule: step must be 0 or more, got -1.", Message(s, step: -1));
        Assert.Equal("LearningRateSchedule: totalSteps must be 1 or more, got 0.", Message(s, total: 0));

        static string Message(LearningRateSchedule s, long step = 0, long total = 1) => Assert.Throws<ArgumentException>(() => s.At(1, step, total)).Message;
    }
}
