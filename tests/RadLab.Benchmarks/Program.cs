using BenchmarkDotNet.Running;

namespace RadLab.Benchmarks;

internal static class Program
{
    // fingerprint: the bits of every op, for comparison between machines; anything else goes to BenchmarkDotNet (--list flat, --filter '*')
    private static int Main(string[] args)
    {
        if (args is ["fingerprint"]) return Fingerprint.Run();
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
        return 0;
    }
}
