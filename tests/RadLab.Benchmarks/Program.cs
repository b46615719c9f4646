namespace RadLab.Benchmarks; internal static class Program { private static void Main() { } }
