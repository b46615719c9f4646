using RadLab.Compute;
using RadLab.Models;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

public sealed class ParameterGroupTests
{
    private static readonly Recipe s_full = TinyTraining.Recipe with { Mode = TrainingMode.Full, Optimizer = new OptimizerSettings { WeightDecay = 100 } };

    [Fact]
    public void Norms_are_a_group_of_their_own_where_they_do_not_decay()
    {
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        using var together = TrainingSubject.Create(engine, s_full, TinyTraining.Base);
        Assert.Equal((together.Model.Parameters.Count, null), (Assert.Single(together.Groups).Parameters.Count, together.Groups[0].WeightDecay));
        using var apart = TrainingSubject.Create(engine, s_full with { Optimizer = s_full.Optimizer with { DecayNorms = false } }, TinyTraining.Base);
        Assert.Equal([("weights", null), ("norms", 0.0)], apart.Groups.Select(g => (g.Name, g.WeightDecay)));
        Assert.All(apart.Groups[0].Parameters, p => Assert.DoesNotContain("norm", p.Name, StringComparison.Ordinal));
        Assert.Equal(2 * TinyTraining.Config.Layers + 1, apart.Groups[1].Parameters.Count(p => p.Name.Contains("norm", StringComparison.Ordinal)));
        Assert.Equal(apart.Model.Parameters.Count, apart.Groups.Sum(g => g.Parameters.Count));
    }

    [Theory, InlineData(true, 0.9), InlineData(false, 1)]
    public void One_step_pulls_at_norms_only_where_they_decay(bool decays, double norm)
    {
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        using var subject = TrainingSubject.Create(engine, s_full with { Optimizer = s_full.Optimizer with { DecayNorms = decays } }, TinyTraining.Base);
        using var optimizer = Optimizer.Create(engine, subject.Groups, s_full.Optimizer);
        using var loop = new TrainingLoop(subject, new BatchPlan(TinyTraining.Texts(8), s_full.Batch, 1), optimizer, s_full.Batch.Accumulate);
        double size = Size(subject.Model.Head!.Weight!);
        loop.Step(0, 1e-3);   // decays by 1e-3 * 100, and steps by at most 1e-3
        Assert.All(subject.Model.Norm.Weight.Value.ToFloats(), w => Assert.InRange(w, norm - 0.0011, norm + 0.0011));
        Assert.InRange(Size(subject.Model.Head!.Weight!) / size, 0.85, 0.95);

        static double Size(Parameter p) => Math.Sqrt(p.Value.ToFloats().Sum(w => (double)w * w));
    }

    [Fact]
    public void The_published_full_fine_tuning_leaves_norms_alone_and_pretraining_keeps_its_bits()
    {
        Assert.Equal((false, true), (Recipes.Llama3_70BImpressionFull.Optimizer.DecayNorms, Recipes.PretrainTiny.Optimizer.DecayNorms));
        Assert.False(RecipeJson.Set(Recipes.PretrainTiny, "optimizer.decay_norms=false").Optimizer.DecayNorms);
    }
}
