using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Text.Json.Nodes;

namespace RadLab.Compute;

/// <summary>The machine as far as results and timings depend on it. Names no host, no user and no folder.</summary>
/// <param name="Cores">Logical processors this process may use.</param>
/// <param name="MemoryBytes">Installed, or what the container allows if that is less.</param>
/// <param name="AvailableBytes">What a new allocation can hope for at the moment.</param>
public sealed record Machine(
    string Cpu, IReadOnlyList<string> InstructionSets, int VectorBits, int Cores, long MemoryBytes, long AvailableBytes,
    string OperatingSystem, string Architecture, string Runtime)
{
    public static Machine Describe()
    {
        long limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        long total = ProcValue("/proc/meminfo", "MemTotal") ?? limit;
        long available = ProcValue("/proc/meminfo", "MemAvailable") ?? limit;
        return new Machine(
            CpuModel(), [.. Supported()], WidestAccelerated(), Environment.ProcessorCount,
            Math.Min(total, limit), Math.Min(available, limit),
            RuntimeInformation.OSDescription, RuntimeInformation.ProcessArchitecture.ToString(), RuntimeInformation.FrameworkDescription);
    }

    /// <summary>How the kernels' 16 lanes map to this processor's registers. Results have the same bits on every path.</summary>
    public string EnginePath => VectorBits switch
    {
        512 => "512-bit vectors, 16 lanes in one register",
        256 => "256-bit vectors, 16 lanes in two registers",
        128 => "128-bit vectors, 16 lanes in four registers",
        _ => "no vector instructions, 16 lanes one after the other",
    };

    public JsonObject ToJson() => new()
    {
        ["cpu"] = Cpu,
        ["instructionSets"] = new JsonArray([.. InstructionSets.Select(s => (JsonNode)s)]),
        ["vectorBits"] = VectorBits,
        ["cores"] = Cores,
        ["memoryBytes"] = MemoryBytes,
        ["operatingSystem"] = OperatingSystem,
        ["architecture"] = Architecture,
        ["runtime"] = Runtime,
    };

    // The runtime's own answer, which is not the widest set the processor has: on some processors 512-bit code lowers the
    // clock and .NET stays with 256 bits.
    private static int WidestAccelerated() =>
        Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : Vector128.IsHardwareAccelerated ? 128 : 0;

    private static IEnumerable<string> Supported()
    {
        if (Avx512F.IsSupported) yield return "AVX-512";
        if (Avx512BW.IsSupported) yield return "AVX-512BW";
        if (Avx2.IsSupported) yield return "AVX2";
        if (Fma.IsSupported) yield return "FMA";
        if (AdvSimd.IsSupported) yield return "AdvSimd";
    }

    private static string CpuModel()
    {
        if (FirstLine("/proc/cpuinfo", "model name") is { Length: > 0 } model) return model;
        if (Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") is { Length: > 0 } identifier) return identifier;
        return $"{RuntimeInformation.ProcessArchitecture} processor";
    }

    private static long? ProcValue(string file, string key) =>
        FirstLine(file, key) is { } text && text.EndsWith(" kB", StringComparison.Ordinal)
        && long.TryParse(text.AsSpan(0, text.Length - 3).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long kib) ? kib << 10 : null;

    private static string? FirstLine(string file, string key)
    {
        if (!File.Exists(file)) return null;
        foreach (string line in File.ReadLines(file))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && line.AsSpan(0, colon).Trim().SequenceEqual(key)) return line[(colon + 1)..].Trim();
        }
        return null;
    }
}
