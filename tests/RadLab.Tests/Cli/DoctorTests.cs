using System.Text.Json;

namespace RadLab.Tests;

public sealed class DoctorTests
{
    [Fact]
    public async Task It_describes_the_machine_in_lines()
    {
        var result = await Cli.RunAsync(AppContext.BaseDirectory, ["doctor"]);
        Assert.Equal(0, result.ExitCode);
        Assert.Empty(result.Error);
        foreach (string start in new[] { "processor", "instructions", "engine path", "memory", "system", "runtime", "CUDA driver", "NVRTC", "cuBLASLt", "NCCL", "MPI" })
            Assert.Contains($"\n  {start,-14} ", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Environment.UserName == "root" ? "/root" : Environment.UserName, result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_is_one_object_and_agrees_with_the_runtime()
    {
        var result = await Cli.RunAsync(AppContext.BaseDirectory, ["doctor", "--json"]);
        using var json = JsonDocument.Parse(result.Output);
        var machine = json.RootElement.GetProperty("machine");
        Assert.Equal(Environment.ProcessorCount, machine.GetProperty("cores").GetInt32());
        int bits = System.Runtime.Intrinsics.Vector512.IsHardwareAccelerated ? 512 : System.Runtime.Intrinsics.Vector256.IsHardwareAccelerated ? 256 : System.Runtime.Intrinsics.Vector128.IsHardwareAccelerated ? 128 : 0;
        Assert.Equal(bits, machine.GetProperty("vectorBits").GetInt32());
        Assert.InRange(machine.GetProperty("availableBytes").GetInt64(), 1, machine.GetProperty("memoryBytes").GetInt64());
        Assert.Equal(5, json.RootElement.GetProperty("nativeLibraries").GetArrayLength());
    }

    [Fact]
    public async Task The_engine_path_follows_the_instruction_sets_that_are_switched_on()
    {
        var result = await Cli.RunAsync(AppContext.BaseDirectory, ["doctor"], new Dictionary<string, string> { ["DOTNET_EnableHWIntrinsic"] = "0" });
        Assert.Contains("engine path    no vector instructions, 16 lanes one after the other", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forced_library_that_does_not_load_is_named_by_its_variable()
    {
        var result = await Cli.RunAsync(AppContext.BaseDirectory, ["doctor"], new Dictionary<string, string> { ["RADLAB_LIBCUDA"] = "/nowhere/libcuda.so" });
        Assert.Contains("CUDA driver    missing  RADLAB_LIBCUDA is set but the file it names does not load; no NVIDIA driver: everything is computed on the CPU", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_verb_shows_the_help_and_an_unknown_one_is_wrong_usage()
    {
        var help = await Cli.RunAsync(AppContext.BaseDirectory, []);
        Assert.Equal(0, help.ExitCode);
        Assert.Contains("notebooks", help.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("run-one", (await Cli.RunAsync(AppContext.BaseDirectory, ["notebooks", "--help"])).Output, StringComparison.Ordinal);
        var unknown = await Cli.RunAsync(AppContext.BaseDirectory, ["frobnicate"]);
        Assert.Equal(2, unknown.ExitCode);
        Assert.Contains("frobnicate", unknown.Error, StringComparison.Ordinal);
        Assert.Empty(unknown.Output);
    }
}
