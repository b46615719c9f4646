using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

public sealed class SweepTrialsTests
{
    [Fact]
    public void A_grid_has_every_combination_with_every_seed_and_changes_nothing_else()
    {
        var trials = Of("seed=1,2", "lora.rank,lora.alpha=4:8,8:16", "learning_rate=1e-3,2e-3").Trials();
        Assert.Equal(8, trials.Count);
        Assert.Equal((4, 8.0, 1e-3, 1UL), Key(trials[0]));
        Assert.Equal((4, 8.0, 1e-3, 2UL), Key(trials[1]));
        Assert.Equal((4, 8.0, 2e-3, 1UL), Key(trials[2]));
        Assert.Equal((8, 16.0, 2e-3, 2UL), Key(trials[7]));
        Assert.Equal(4, trials.Select(t => t.Group).Distinct().Count());
        Assert.Equal("lora.rank,lora.alpha=8:16, learning_rate=2e-3", trials[7].Group);
        Assert.Equal(Recipes.TinyImpression.Batch, trials[7].Recipe.Batch);
        Assert.Equal(["trial-001", "trial-008"], [trials[0].Name, trials[7].Name]);
    }

    [Fact]
    public void Settings_under_which_losses_are_of_other_texts_cannot_choose()
    {
        using var scratch = new ScratchFolder();
        Assert.Equal("--over through_problems=true,false: through_problems cannot be swept: trials would not be comparable by their validation loss; change it with --set, or make several sweeps.",
            Assert.Throws<RecipeException>(() => Of("through_problems=true,false").Trials()).Message);
        Sweep Lengths(string lengths) => new() { Name = "s", Recipe = PreparedTiny.Recipe with { Run = PreparedTiny.Recipe.Run with { EvaluateTexts = 64 } }, Over = [SweptSetting.Parse($"batch.sequence_length={lengths}")] };
        Assert.StartsWith($"--over: {PreparedTiny.Model} with batch.sequence_length=160 reads other validation tokens than {PreparedTiny.Model} with 1024 (",
            Assert.Throws<RecipeException>(() => SweepRun.Create(Lengths("1024,160"), scratch.Path, DateTime.UnixEpoch)).Message, StringComparison.Ordinal);
        SweepRun.Create(Lengths("1024,1000"), scratch.Path, DateTime.UnixEpoch);
    }

    [Theory]
    [InlineData(0, 0, "")]
    [InlineData(2, 2, "\n2 validation items are too long to be answered and left out\n")]
    [InlineData(0, 3, "\n0 to 3 validation items are too long to be answered and left out, as the trial's length is: their ROUGE-L is not of the same items\n")]
    public void Items_that_were_too_long_are_told_of_all_trials(int first, int second, string told)
    {
        var sweep = Of("batch.sequence_length=320,384");
        var trials = sweep.Trials().Zip((int[])[first, second], (t, left) => new TrialResult(t, TrialStatus.Finished, t.Name, 4, 1, new TrialScore(AnswerScoring.RougeL, 0.5, 0.4, 0.6, 9, 5, 0.2) { LeftOut = left }, 1, 1, 1, 1, null)).ToList();
        string text = SweepReport.ToText(SweepResult.Of(sweep, trials));
        Assert.Equal(told.Length > 0, text.Contains("too long to be answered", StringComparison.Ordinal));
        Assert.Contains(told, text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(59.94, "59.9 s")]
    [InlineData(3599, "59:59")]
    [InlineData(86400, "24:00:00")]
    [InlineData(363_661, "101:01:01")]
    public void Times_of_more_than_a_day_are_told_in_hours(double seconds, string text) => Assert.Equal(text, SweepReport.Time(seconds));

    [Fact]
    public void Random_draws_are_different_repeatable_and_cross_the_seeds()
    {
        var sweep = Of("learning_rate=1e-4..1e-2", "lora.rank=4,8,16", "seed=1,2") with { Random = 6 };
        var trials = sweep.Trials();
        Assert.Equal(12, trials.Count);
        Assert.Equal(6, trials.Select(t => t.Group).Distinct().Count());
        Assert.Equal(trials.Select(t => t.Group), sweep.Trials().Select(t => t.Group));
        Assert.NotEqual(trials.Select(t => t.Group), (sweep with { Seed = 18 }).Trials().Select(t => t.Group));
        Assert.All(trials, t => Assert.InRange(t.Recipe.LearningRate, 1e-4, 1e-2));
        // a finite grid is exhausted without repetition
        Assert.Equal(["4", "8", "16"], (Of("lora.rank=4,8,16") with { Random = 3 }).Trials().Select(t => t.Settings.Single().Value).OrderBy(int.Parse));
    }

    [Fact]
    public void Halving_evaluates_at_every_rung()
    {
        var sweep = Of("learning_rate=1e-3,2e-3,3e-3,4e-3,5e-3,6e-3,7e-3,8e-3,9e-3") with { Halving = 3 };
        sweep = sweep with { Recipe = sweep.Recipe with { Steps = 100, Run = new RunSchedule { EvaluateEvery = 50 } } };
        Assert.All(sweep.Trials(), t => Assert.Equal(11, t.Recipe.Run.EvaluateEvery));   // 100 / 9
        sweep = sweep with { Recipe = sweep.Recipe with { Steps = 90, Run = new RunSchedule { EvaluateEvery = 5 } } };
        Assert.All(sweep.Trials(), t => Assert.Equal(5, t.Recipe.Run.EvaluateEvery));
    }

    [Theory]
    [InlineData(27, 3, 180, "step 6: 9 go on, step 18: 3 go on, step 54: 1 go on", 180)]   // 180 / 27 = 6
    [InlineData(4, 2, 8, "step 2: 2 go on, step 4: 1 go on", 8)]
    [InlineData(10, 3, 100, "step 11: 3 go on, step 33: 1 go on", 100)]
    [InlineData(2, 3, 100, "", 100)]
    [InlineData(9, 3, 5, "step 1: 3 go on", 5)]
    public void The_rungs_are_those_of_successive_halving(int groups, int eta, long steps, string rungs, long end)
    {
        var plan = HalvingPlan.Of(groups, eta, steps);
        Assert.Equal(rungs, plan.ToString());
        Assert.Equal(end, plan.Rungs[^1].Step);
    }

    [Theory]
    [InlineData("lora.rnak=4,8", "--over lora.rnak: there is no setting 'rnak'; here are rank,")]
    [InlineData("lora.rank=0,8", "lora.rank: must be from 1 to 4096, got 0.")]
    [InlineData("data=a,b", "--over data=a,b: data cannot be swept: trials would not be comparable by their validation loss;")]
    [InlineData("run.evaluate_texts=1,2", "--over run.evaluate_texts=1,2: run.evaluate_texts cannot be swept:")]
    [InlineData("learning_rate=1e-4..1e-2", "--over learning_rate=1e-4..1e-2: a range needs --random N;")]
    [InlineData("seed=1..5", "--over seed: must be a list, such as seed=17,18,19.")]
    [InlineData("seed,lora.rank=1:2,2:3", "--over seed,lora.rank=1:2,2:3: seed must stand alone.")]
    public void Axes_that_cannot_be_are_refused(string axis, string message) => Assert.StartsWith(message, Assert.Throws<RecipeException>(() => Of(axis).Trials()).Message, StringComparison.Ordinal);

    [Fact]
    public void Sweeps_that_cannot_be_are_refused()
    {
        Assert.StartsWith("sweep: needs at least one --over", Message(Of()), StringComparison.Ordinal);
        Assert.Equal("--over lora.rank: is swept twice; give all its values in one --over.", Message(Of("lora.rank=1,2", "lora.rank=3")));
        Assert.Equal("--random 5: the axes have only about 2 combinations; ask for fewer, or leave --random out for all of them.", Message(Of("lora.rank=1,2") with { Random = 5 }));
        Assert.Equal("--halving: needs a number of steps; give --set steps=200.", Message(Of("lora.rank=1,2") with { Halving = 2 }));
        Assert.Equal("--halving: must be from 2 to 16, got 1.", Message(Of("lora.rank=1,2") with { Halving = 1 }));
        Assert.Equal("--over steps=5,6: steps cannot be swept with --halving, which stops trials by their steps.", Message(Of("steps=5,6") with { Halving = 2 }));
        string many = string.Join(',', Enumerable.Range(1, 40));
        Assert.Equal("sweep: must have at most 1000 trials, got 1600; give fewer values, or --random N.", Message(Of($"lora.rank={many}", $"lora.alpha={many}")));

        static string Message(Sweep sweep) => Assert.Throws<RecipeException>(sweep.Trials).Message;
    }

    private static Sweep Of(params string[] over) => new() { Name = "s", Recipe = Recipes.TinyImpression, Over = [.. over.Select(SweptSetting.Parse)] };

    private static (int, double, double, ulong) Key(SweepTrial t) => (t.Recipe.Lora.Rank, t.Recipe.Lora.Alpha, t.Recipe.LearningRate, t.Recipe.Seed);
}
