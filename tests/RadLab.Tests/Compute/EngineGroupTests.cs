using RadLab.Compute;

namespace RadLab.Tests;

public sealed class EngineGroupTests
{
    private static Engine Make() => new(new EngineOptions { Threads = 1 });

    [Fact]
    public async Task Engines_made_in_the_scope_and_in_its_tasks_belong_to_the_group()
    {
        var group = new EngineGroup();
        using var before = Make();
        Engine inside, task;
        using (group.Begin())
        {
            inside = Make();
            task = await Task.Run(Make);
        }
        using var after = Make();
        Assert.Equal(2, group.Count);
        group.Interrupt();
        using var t = after.From([1f], [1]);
        t.Clear();
        using var u = inside.From([1f], [1]);
        Assert.Throws<OperationCanceledException>(() => u.Clear());
        u.Clear();
        group.ForgetInterrupt();
        using (var v = task.From([1f], [1])) v.Clear();
        task.Dispose();
        Assert.Equal(1, group.Count);
        inside.Dispose();
    }

    [Fact]
    public void A_poisoned_engine_refuses_every_op_also_behind_a_shield()
    {
        using var engine = Make();
        using var t = engine.From([1f], [1]);
        engine.Poison("an op was aborted; restart.");
        engine.ForgetInterrupt();
        for (int i = 0; i < 2; i++) Assert.Equal("Engine: an op was aborted; restart.", Assert.Throws<EnginePoisonedException>(() => t.Clear()).Message);
        Assert.Throws<EnginePoisonedException>(() =>
        {
            using var shield = engine.DeferInterrupts();
            t.Clear();
        });
    }
}
