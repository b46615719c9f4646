using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

public sealed class CheckpointStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-checkpoints-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_latest_whole_one_is_found()
    {
        var store = Store();
        Write(store, 10);
        Write(store, 20);
        var latest = store.Latest(out var notes)!;
        Assert.Equal(20, latest.Step);
        Assert.Equal("weights of 20", File.ReadAllText(Path.Combine(latest.Folder, "inner", "weights")));
        Assert.Empty(notes);
    }

    [Theory]
    [InlineData("cut", "inner/weights is not what was written")]
    [InlineData("missing", "without inner/weights")]
    [InlineData("no manifest", "without manifest")]
    [InlineData("half manifest", "manifest unreadable")]
    [InlineData("other step", "manifest of another step")]
    [InlineData("outside", "manifest names a file outside of it")]
    public void A_damaged_one_is_passed_over_and_said(string damage, string problem)
    {
        var store = Store();
        Write(store, 10);
        string folder = Write(store, 20).Folder, manifest = Path.Combine(folder, "manifest.json"), weights = Path.Combine(folder, "inner", "weights");
        switch (damage)
        {
            case "cut": File.WriteAllText(weights, "weights of 2"); break;
            case "missing": File.Delete(weights); break;
            case "no manifest": File.Delete(manifest); break;
            case "half manifest": File.WriteAllText(manifest, File.ReadAllText(manifest)[..20]); break;
            case "other step": File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("\"step\":20", "\"step\":21", StringComparison.Ordinal)); break;
            default: File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("inner/weights", "../../secret", StringComparison.Ordinal)); break;
        }
        Assert.Equal(10, store.Latest(out var notes)!.Step);
        Assert.Equal([$"step-00000020: {problem}, ignored."], notes);
    }

    [Fact]
    public void A_full_disk_leaves_the_last_one_whole()
    {
        var store = Store();
        Write(store, 10);
        var e = Assert.Throws<IOException>(() => store.Write(20, folder =>
        {
            File.WriteAllText(Path.Combine(folder, "weights"), "half");
            throw new IOException("No space left on device");
        }));
        Assert.Contains("the checkpoint of step 20 could not be written (No space left on device); earlier ones are whole", e.Message, StringComparison.Ordinal);
        Assert.Equal(10, store.Latest(out var notes)!.Step);
        Assert.Empty(notes);
    }

    [Fact]
    public void An_unfinished_folder_is_ignored_said_and_later_removed()
    {
        var store = Store();
        Write(store, 10);
        string partial = Path.Combine(_folder, "step-00000020.partial");
        Directory.CreateDirectory(partial);
        Assert.Equal(10, store.Latest(out var notes)!.Step);
        Assert.Equal(["step-00000020.partial: unfinished, ignored."], notes);
        store.Prune(2, null, present: 10);
        Assert.False(Directory.Exists(partial));
    }

    [Fact]
    public void Pruning_keeps_the_newest_and_the_best()
    {
        var store = Store();
        foreach (long step in (long[])[1, 2, 3, 4, 5]) Write(store, step);
        store.Prune(2, best: 1, present: 5);
        Assert.Equal(["step-00000001", "step-00000004", "step-00000005"], Names());
    }

    [Fact]
    public void Those_above_the_present_step_go_first()
    {
        var store = Store();
        foreach (long step in (long[])[1, 2, 3, 8, 9]) Write(store, step);
        store.Prune(2, best: 1, present: 3);
        Assert.Equal(["step-00000001", "step-00000002", "step-00000003"], Names());
    }

    [Fact]
    public void A_damaged_one_takes_the_place_of_no_whole_one()
    {
        foreach (long step in (long[])[2, 4, 5]) Write(Store(), step);
        File.WriteAllText(Path.Combine(_folder, "step-00000005", "inner", "weights"), "torn");
        var store = Store();
        Assert.Equal(4, store.Latest(out _)!.Step);
        Write(store, 6);
        store.Prune(2, best: null, present: 6);
        Assert.Equal(["step-00000004", "step-00000006"], Names());
    }

    [Fact]
    public void Whatever_goes_wrong_while_one_is_written_leaves_nothing_half()
    {
        var store = Store();
        Assert.Throws<InvalidOperationException>(() => store.Write(20, folder =>
        {
            File.WriteAllText(Path.Combine(folder, "weights"), "half");
            throw new InvalidOperationException("no number");
        }));
        Assert.Empty(Names());
    }

    [Fact]
    public void One_of_another_recipe_is_refused_with_both_hashes()
    {
        Write(Store(), 10);
        var e = Assert.Throws<RecipeException>(() => new CheckpointStore(_folder, "b").Latest(out _));
        Assert.Equal("step-00000010: belongs to recipe, base and data with the hash a, but these have b: something changed since; undo the change, or begin a new run.", e.Message);
    }

    private IEnumerable<string?> Names() => Directory.EnumerateDirectories(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    private CheckpointStore Store() => new(_folder, "a");

    private static Checkpoint Write(CheckpointStore store, long step) => store.Write(step, folder =>
    {
        Directory.CreateDirectory(Path.Combine(folder, "inner"));
        File.WriteAllText(Path.Combine(folder, "inner", "weights"), $"weights of {step}");
    });
}
