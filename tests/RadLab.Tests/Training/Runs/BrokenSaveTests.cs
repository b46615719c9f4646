using System.Security.Cryptography;
using RadLab.Compute;
using RadLab.Models;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

/// <summary>A save that ends after its first, second, third... file operation: each time the checkpoint before it is whole, and the run goes on from there to the same bits.</summary>
public sealed class BrokenSaveTests : IDisposable
{
    private sealed class EndOfProcess : Exception;

    // operations of the last saves stand under other names
    private const string BrokenStep = "step-00000002";

    private static readonly Recipe s_recipe = TinyTraining.Recipe with
    {
        Steps = 3, Lora = new Lora { Rank = 4, Targets = ["q_proj"], Layers = [1] }, Batch = new BatchSettings { MicroBatch = 1, SequenceLength = 128 }, Run = new RunSchedule { SaveEvery = 1, Samples = 0 },
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-broken-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableTheory, Trait(LongTests.Category, LongTests.Long)]
    [InlineData(false)]
    [InlineData(true)]
    public void After_any_operation_the_run_goes_on_to_the_same_bits(bool diskError)
    {
        LongTests.SkipUnlessAsked();
        string whole = Run("whole"), begun = Run("begun", s_recipe with { Steps = 1 });
        int operations = 0;
        // s_recipe with fewer steps is the same run, stopped: neither order nor schedule look ahead here
        Listen(_ => operations++, () => Resume(begun, "counted"));
        Assert.InRange(operations, 30, 200);
        var found = new HashSet<long>();
        for (int n = 1; n <= operations; n++)
        {
            int left = n;
            string run = Copy(begun, $"broken-{n}");
            Listen(_ => { if (--left == 0) throw diskError ? new IOException("No space left on device") : new EndOfProcess(); },
                () => Assert.IsType(diskError ? typeof(IOException) : typeof(EndOfProcess), Record.Exception(() => Train(run, s_recipe))));
            var latest = new CheckpointStore(Path.Combine(run, "checkpoints"), "identity").Latest(out var notes);
            Assert.All(notes, note => Assert.Equal($"{BrokenStep}.partial: unfinished, ignored.", note));
            found.Add(latest!.Step);
            Train(run, s_recipe);
            Assert.Equal(Hash(whole), Hash(run));
            Directory.Delete(run, recursive: true);
        }
        // before the rename the first step's is the latest, after it the second's
        Assert.Equal([1, 2], found.Order());
    }

    private string Run(string name, Recipe? recipe = null)
    {
        string run = Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
        Train(run, recipe ?? s_recipe);
        return run;
    }

    private void Resume(string from, string name) => Train(Copy(from, name), s_recipe);

    private static void Train(string run, Recipe recipe)
    {
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        new TrainingRun(engine, TinyTraining.Input(recipe, texts: 4) with { Validation = [] }, run).Train();
    }

    private static void Listen(Action<string> operation, Action work)
    {
        void Heard(string path)
        {
            if (path.Contains(BrokenStep, StringComparison.Ordinal)) operation(path);
        }
        (FileOperations.Listener, Durable.Listener) = (Heard, Heard);
        try
        {
            work();
        }
        finally
        {
            (FileOperations.Listener, Durable.Listener) = (null, null);
        }
    }

    private string Copy(string from, string name)
    {
        string to = Path.Combine(_folder, name);
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
        return to;
    }

    private static string Hash(string run) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(run, "adapter", "adapter_model.safetensors"))));
}
