using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using RadLab.Compute;

namespace RadLab.Benchmarks;

/// <summary><c>fingerprint</c>: one line for each result and gradient of every op, and before them what the process may use of the machine.</summary>
internal static class Fingerprint
{
    public static int Run()
    {
        using var engine = new Engine();
        Console.WriteLine($"# threads {engine.Threads}");
        Console.WriteLine($"# vectors {(Vector128.IsHardwareAccelerated ? 128 : 0)} {(Avx2.IsSupported ? 256 : 0)} {(Avx512F.IsSupported ? 512 : 0)}");
        foreach (var call in OpCases.All)
        {
            using var inputs = new OpInputs(engine, call);
            foreach (string line in call.Fingerprint(engine, inputs)) Console.WriteLine(line);
        }
        return 0;
    }
}
