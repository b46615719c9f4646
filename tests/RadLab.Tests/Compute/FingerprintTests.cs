using System.Diagnostics;
using System.Runtime.Intrinsics;
using RadLab.Benchmarks;

namespace RadLab.Tests;

/// <summary>
/// The same bits on every instruction set and for every number of threads: each runs all ops in a process of its own, since a process cannot change what it may use.
/// </summary>
public sealed class FingerprintTests
{
    private static readonly Lazy<List<string>> s_reference = new(() => Run(1));

    [SkippableTheory, Trait(LongTests.Category, LongTests.Long)]
    [InlineData("DOTNET_EnableAVX512", 512)]
    [InlineData("DOTNET_EnableAVX2", 256)]
    [InlineData("DOTNET_EnableHWIntrinsic", 128)]
    public void Every_op_gives_the_same_bits_without(string instructionSet, int width)
    {
        LongTests.SkipUnlessAsked();
        var lines = Run(1, instructionSet);
        string vectors = Assert.Single(lines, l => l.StartsWith("# vectors", StringComparison.Ordinal));
        Assert.DoesNotContain($" {width}", vectors, StringComparison.Ordinal);   // the switch has worked
        if (width == 512 && Vector512.IsHardwareAccelerated) Assert.Contains(" 512", Assert.Single(s_reference.Value, l => l.StartsWith("# vectors", StringComparison.Ordinal)), StringComparison.Ordinal);
        Same(lines);
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(4)]
    public void Every_op_gives_the_same_bits_on_threads(int threads)
    {
        var lines = Run(threads);
        Assert.Contains($"# threads {threads}", lines);
        Same(lines);
    }

    private static void Same(List<string> lines)
    {
        var expected = Results(s_reference.Value);
        Assert.True(expected.Count > OpCases.All.Count(), "the reference has fewer lines than ops");
        Assert.Equal(expected, Results(lines));

        static List<string> Results(List<string> all) => [.. all.Where(l => !l.StartsWith('#'))];
    }

    private static List<string> Run(int threads, string? without = null)
    {
        // .artifacts/bin/RadLab.Tests/release/ -> .artifacts/bin/RadLab.Benchmarks/release/
        string own = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        string program = Path.Combine(own, "../../RadLab.Benchmarks", Path.GetFileName(own), "RadLab.Benchmarks.dll");
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", program, "fingerprint"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in new[] { "DOTNET_EnableAVX512", "DOTNET_EnableAVX2", "DOTNET_EnableHWIntrinsic" }) start.Environment.Remove(name);
        if (without is not null) start.Environment[without] = "0";
        start.Environment["RADLAB_THREADS"] = threads.ToString(System.Globalization.CultureInfo.InvariantCulture);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        List<string> lines = [.. process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"fingerprint ended with {process.ExitCode}: {errors.Result}");
        return lines;
    }
}
