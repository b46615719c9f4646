using System.Globalization;
using RadLab.Compute;
using RadLab.Training;

namespace RadLab.Tests;

/// <summary>What the system says is resident of a paged state, while steps run.</summary>
public sealed class PagedBudgetTests
{
    private const long Budget = 2 << 20;

    [SkippableTheory, InlineData(OptimizerKind.AdamW), InlineData(OptimizerKind.AdamW8Bit)]
    public void A_state_of_four_budgets_stays_resident_within_one(OptimizerKind kind)
    {
        Skip.IfNot(File.Exists("/proc/self/smaps"), "only Linux lists resident bytes by mapping (/proc/self/smaps)");
        // 8 or 2.03 bytes for each number, over many small tensors and a large one
        int rows = kind == OptimizerKind.AdamW ? 1 : 4;
        int[][] shapes = [.. Enumerable.Repeat<int[]>([rows * 40, 64], 20), [rows * 1024, 1024]];
        using var fixture = new OptimizerFixture(shapes: shapes);
        using var optimizer = fixture.New(new OptimizerSettings { Kind = kind, StateBudgetBytes = Budget });
        Assert.InRange(optimizer.StateBytes, 4 * Budget, 6 * Budget);
        string file = optimizer.Pages!.FileName;

        long most = Resident(file);
        bool done = false;
        var watcher = new Thread(() =>
        {
            while (!Volatile.Read(ref done))
            {
                // smaps is read in pieces: one reading may find a block at its old and at its new address, two in a row do not
                most = Math.Max(most, Math.Min(Resident(file), Resident(file)));
                Thread.Sleep(1);
            }
        });
        watcher.Start();
        try
        {
            for (int step = 0; step < 3; step++)
            {
                fixture.Backward(step);
                optimizer.Step(0.01);
                most = Math.Max(most, Resident(file));
            }
            optimizer.Save(Path.Combine(fixture.Folder, "state"));
        }
        finally
        {
            Volatile.Write(ref done, true);
            watcher.Join();
        }
        Assert.InRange(most, Budget / 4, Budget + Budget / 10);
        Assert.InRange(optimizer.Pages.PeakMappedBytes, Budget / 4, Budget);
    }

    private static long Resident(string file)
    {
        long bytes = 0;
        bool ours = false;
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            // a mapping's own line begins with its addresses, those that follow with a word and a colon
            if (line.Contains('-') && !line.Split(' ')[0].EndsWith(':')) ours = line.Contains(file, StringComparison.Ordinal);
            else if (ours && line.StartsWith("Rss:", StringComparison.Ordinal)) bytes += 1024 * long.Parse(line.AsSpan(4, line.Length - 7), CultureInfo.InvariantCulture);
        }
        return bytes;
    }
}
