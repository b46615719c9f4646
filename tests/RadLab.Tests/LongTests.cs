using Xunit;

namespace RadLab.Tests;

/// <summary>Tests of many processes or whole runs: <c>RADLAB_LONG=1 dotnet test -c Release --filter Category=Long</c>, as <c>.ci/run</c> does. The default run shows them as skipped.</summary>
internal static class LongTests
{
    public const string Category = "Category", Long = "Long";

    public static bool AreAsked { get; } = Environment.GetEnvironmentVariable("RADLAB_LONG") == "1";

    public static void SkipUnlessAsked() => Skip.IfNot(AreAsked, "takes many seconds: set RADLAB_LONG=1 and --filter Category=Long");
}
