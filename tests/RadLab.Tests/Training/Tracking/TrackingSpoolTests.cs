using RadLab.Training;

namespace RadLab.Tests.Training;

public sealed class TrackingSpoolTests : IDisposable
{
    private static readonly TrackingTarget s_target = new("https://host", true);

    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-spool-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string File => Path.Combine(_folder, "tracking", "spool.jsonl");

    [Fact]
    public void Every_event_reads_back_as_it_was_told()
    {
        var tags = new Dictionary<string, string> { ["a"] = "b\n„c\"" };
        TrackingEvent[] events =
        [
            new TrackingBegin(new TrackedRun("e", "n", "k", 5, tags, tags)), new TrackingPoint(3, 4, new Dictionary<string, double> { ["loss"] = 0.1, ["rate"] = 1e-300 }), new TrackingTagsSet(tags),
            new TrackingArtifact("adapter/x", "adapter/x"), new TrackingState(TrackedStatus.Killed, 7), new TrackingState(TrackedStatus.Running, null), new TrackingRegistration("m", "adapter", null, tags),
            new TrackingRegistration("m", "model", "a", tags) { Files = ["x", "y/z"], Stage = "Staging", Registry = "/r" }, new TrackingVersionChange("m", 3, null, "Archived", "/r"),
        ];
        using var spool = TrackingSpool.Open(_folder, s_target);
        foreach (var e in events) spool.Add(e);
        Assert.Equal(events.Select(TrackingEvent.ToLine), spool.ReadFrom(0).Select(r => TrackingEvent.ToLine(r.Event)));
        Assert.Equal(spool.Length, spool.ReadFrom(0).Last().End);
        Assert.Equal(events[^1].GetType(), Assert.Single(spool.ReadFrom(spool.ReadFrom(0).ElementAt(7).End)).Event.GetType());
    }

    [Fact]
    public void Tracking_that_was_ended_goes_nowhere_until_it_is_asked_for_anew_and_then_all_of_it()
    {
        TrackingSpool.End(_folder);   // of a run that was never tracked
        Assert.False(Directory.Exists(Path.Combine(_folder, "tracking")));
        using (var spool = TrackingSpool.Open(_folder, s_target))
        {
            spool.Add(Point(1));
            spool.Position = new SpoolPosition(spool.Length, new TrackedId("4", "5", "a"));
        }
        TrackingSpool.End(_folder);
        Assert.Null(TrackingSpool.TargetOf(_folder));
        using var other = TrackingSpool.Open(_folder, new TrackingTarget("https://other", true));
        Assert.Equal(new SpoolPosition(0, null), other.Position);
        Assert.Single(other.ReadFrom(0));
    }

    [Theory]
    [InlineData("{\"event\":\"metrics\",\"step\":3,\"ti")]
    [InlineData("nonsense\n{\"event\":\"tags\",\"tags\":{}}\n")]
    public void What_a_crash_has_cut_is_removed_and_the_rest_goes_on(string rubbish)
    {
        using (var spool = TrackingSpool.Open(_folder, s_target)) spool.Add(Point(1));
        System.IO.File.AppendAllText(File, rubbish);
        using (var spool = TrackingSpool.Open(_folder, s_target)) spool.Add(Point(2));
        using var last = TrackingSpool.Open(_folder, s_target);
        Assert.Equal([1L, 2L], last.ReadFrom(0).Select(r => ((TrackingPoint)r.Event).Step));
        Assert.Equal(new FileInfo(File).Length, last.Length);
    }

    [Fact]
    public void Steps_that_are_there_are_not_told_again_but_new_figures_of_them_are()
    {
        using (var spool = TrackingSpool.Open(_folder, s_target))
            for (long step = 1; step <= 3; step++) spool.Add(Point(step));
        using var again = TrackingSpool.Open(_folder, s_target);
        again.Add(Point(2));
        again.Add(new TrackingPoint(3, 9, new Dictionary<string, double> { ["loss"] = 1, ["validation_loss"] = 2, ["bad"] = double.PositiveInfinity }));
        again.Add(Point(4));
        var points = again.ReadFrom(0).Select(r => (TrackingPoint)r.Event).ToList();
        Assert.Equal([1L, 2L, 3L, 3L, 4L], points.Select(p => p.Step));
        Assert.Equal(["validation_loss"], points[3].Values.Keys);
    }

    [Fact]
    public void A_run_is_tracked_in_one_place_by_one_process()
    {
        using (var spool = TrackingSpool.Open(_folder, s_target))
        {
            var held = Assert.Throws<RecipeException>(() => TrackingSpool.Open(_folder, s_target));
            Assert.Equal($"{_folder}: another process is sending this run's tracking; let it end, then try again.", held.Message);
        }
        var e = Assert.Throws<RecipeException>(() => TrackingSpool.Open(_folder, new TrackingTarget("https://other", true)));
        Assert.Equal($"{_folder}: is tracked at https://host, not at https://other; leave the option out to go on there.", e.Message);
        Assert.Equal(s_target, TrackingSpool.TargetOf(_folder));
        TrackingSpool.Open(_folder, s_target).Dispose();
    }

    private static TrackingPoint Point(long step) => new(step, 1, new Dictionary<string, double> { ["loss"] = 1 });
}
