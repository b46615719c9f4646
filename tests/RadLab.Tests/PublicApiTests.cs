using System.Text;
using RadLab.Notebooks;

namespace RadLab.Tests;

/// <summary>The public API of each library is recorded in <c>environment/public-api</c>, so that a change of it is seen in review and never an accident.</summary>
public sealed class PublicApiTests
{
    private const string Record = "RADLAB_RECORD_API";
    private const string Refresh = Record + "=1 dotnet test -c Release --filter PublicApiTests";

    public static TheoryData<string> Libraries => [.. Session.Libraries().Select(a => a.GetName().Name!)];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void The_public_api_is_the_recorded_one(string library)
    {
        var now = PublicApi.Of(Session.Libraries().Single(a => a.GetName().Name == library));
        Assert.NotEmpty(now);
        string file = Path.Combine(StructureTests.RepositoryRoot, "environment", "public-api", library + ".txt");
        if (Environment.GetEnvironmentVariable(Record) == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, string.Concat(now.Select(l => l + "\n")), new UTF8Encoding(false));
        }
        string[] recorded = File.Exists(file) ? File.ReadAllLines(file) : [];
        var (added, gone) = (WithType(now).Except(WithType(recorded)).ToList(), WithType(recorded).Except(WithType(now)).ToList());
        Assert.True(added.Count + gone.Count == 0 && now.Count == recorded.Length,
            $"the public API of {library} is not what environment/public-api/{library}.txt records.\n{string.Join("\n", gone.Select(l => "- " + l).Concat(added.Select(l => "+ " + l)).Take(40))}\nIf this is meant, record it: {Refresh}");
    }

    [Fact]
    public void Every_kind_of_member_has_its_line()
    {
        var lines = PublicApi.Of(typeof(PublicApiTests).Assembly);
        string[] own = [.. lines.SkipWhile(l => !l.Contains("ApiSample", StringComparison.Ordinal)).TakeWhile((l, i) => i == 0 || l.StartsWith(' '))];
        Assert.Equal(
        [
            "abstract class RadLab.Tests.ApiSample<T> : IDisposable",
            "  Int32 Count { get; init; }",
            "  String Item[Int32 index] { get; }",
            "  T Parse<TOther>(ReadOnlySpan<Byte> text, out Int32?[] rest)",
            "  const Double Limit = 0.5",
            "  event Action<T> Changed",
            "  protected .ctor(Int32 count = 3, String name = \"a\")",
            "  protected abstract Void Close(params Object[] all)",
            "  virtual Void Dispose()",
        ], own);
    }

    // A member's line means something only with its type's.
    private static IEnumerable<string> WithType(IEnumerable<string> lines)
    {
        string type = "";
        foreach (string line in lines)
        {
            if (!line.StartsWith(' ')) type = line;
            yield return line.StartsWith(' ') ? $"{type} |{line}" : line;
        }
    }
}

/// <summary>One member of each kind, for <see cref="PublicApiTests"/>.</summary>
public abstract class ApiSample<T>(int count = 3, string name = "a") : IDisposable
{
    public const double Limit = 0.5;

    public event Action<T>? Changed;

    public int Count { get; init; } = count;

    public string this[int index] => name[index..];

    public T Parse<TOther>(ReadOnlySpan<byte> text, out int?[] rest)
    {
        rest = [text.Length];
        Changed?.Invoke(default!);
        return default!;
    }

    public virtual void Dispose() => GC.SuppressFinalize(this);

    protected abstract void Close(params object[] all);

    internal void Hidden() => Close(Count);
}
