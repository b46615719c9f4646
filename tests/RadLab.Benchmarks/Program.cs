namespace RadLab.Benchmarks;

internal static class Program
{
    /// <summary><c>fingerprint</c>: the bits of every op, for comparison between instruction sets, thread counts and machines.</summary>
    private static int Main(string[] args)
    {
        if (args is ["fingerprint"]) return Fingerprint.Run();
        Console.Error.WriteLine("benchmarks: the one verb here is 'fingerprint'; timings are measured by 'radlab bench'");
        return 2;
    }
}
