using System.Diagnostics;
using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;
using RadLab.Notebooks;

namespace RadLab.Tests;

/// <summary>The packages that <c>dotnet pack</c> makes of this build, and the installed command.</summary>
public sealed class PackageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    [Trait(LongTests.Category, LongTests.Long)]
    public async Task The_packages_are_complete_and_the_installed_command_runs_a_notebook()
    {
        LongTests.SkipUnlessAsked();
        string packages = Path.Combine(_folder.Path, "packages"), tools = Path.Combine(_folder.Path, "tools");
        string configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        await Dotnet("pack", Path.Combine(StructureTests.RepositoryRoot, "RadLab.sln"), "--no-build", "-c", configuration, "-o", packages);

        foreach (string library in Session.Libraries().Select(a => a.GetName().Name!))
        {
            using var package = ZipFile.OpenRead(Directory.GetFiles(packages, library + ".?.?.?.nupkg").Single());
            CheckDescription(package, library);
            Assert.NotNull(package.GetEntry($"lib/net10.0/{library}.xml"));
            Assert.Empty(MachinePaths(package.GetEntry($"lib/net10.0/{library}.dll")!));
            using var symbols = ZipFile.OpenRead(Directory.GetFiles(packages, library + ".*.snupkg").Single());
            Assert.Empty(SourcesOutside(symbols.GetEntry($"lib/net10.0/{library}.pdb")!));
            if (library == "RadLab.Models") Assert.NotNull(package.GetEntry("radlab-tiny/model.safetensors"));
        }
        using (var tool = ZipFile.OpenRead(Directory.GetFiles(packages, "radlab.?.?.?.nupkg").Single(f => Path.GetFileName(f).StartsWith("radlab.", StringComparison.Ordinal))))
        {
            CheckDescription(tool, "radlab");
            var natives = tool.Entries.Where(e => e.FullName.Contains("/native/", StringComparison.Ordinal)).Select(e => e.FullName.Split("/runtimes/")[1].Split('/')[0]).Distinct().Order(StringComparer.Ordinal);
            Assert.Equal(["linux-arm64", "linux-musl-x64", "linux-x64", "osx-arm64", "osx-x64", "win-arm64", "win-x64"], natives);
        }

        // Nothing but this folder: the command must not need packages that are not in it.
        _folder.Write("nuget.config", $"<configuration><packageSources><clear /><add key=\"local\" value=\"{packages}\" /></packageSources></configuration>");
        await Dotnet("tool", "install", "radlab", "--tool-path", tools, "--configfile", Path.Combine(_folder.Path, "nuget.config"));
        string radlab = Path.Combine(tools, OperatingSystem.IsWindows() ? "radlab.exe" : "radlab");

        Assert.Contains("processor", await Output(radlab, "doctor"), StringComparison.Ordinal);
        Assert.Contains("openi-chest-xray", await Output(radlab, "data", "list"), StringComparison.Ordinal);
        string notebook = _folder.Write("one.ipynb", NotebookFiles.Code("var engine = new Engine();\nvar model = RadLabTiny.Load(engine);\nmodel.Config.Layers == RadLabTiny.Config.Layers"));
        Assert.Contains("1 of 1 passed", await Output(radlab, "notebooks", "run", notebook), StringComparison.Ordinal);
        Assert.Contains("True", File.ReadAllText(Path.Combine(_folder.Path, ".out", "one.ipynb")), StringComparison.Ordinal);

        string sql = _folder.Write("sql.ipynb", NotebookFiles.Code("#!sql\nselect 20 + 3 as sum"));
        Assert.Contains("1 of 1 passed", await Output(radlab, "notebooks", "run", sql), StringComparison.Ordinal);
        Assert.Contains("23", File.ReadAllText(Path.Combine(_folder.Path, ".out", "sql.ipynb")), StringComparison.Ordinal);

        // as on a platform that the package has no library for
        foreach (string native in Directory.GetDirectories(tools, "native", SearchOption.AllDirectories)) Directory.Delete(native, recursive: true);
        await Run(1, radlab, "notebooks", "run", sql);
        Assert.Contains($"SQL cells: SQLite's library e_sqlite3 is not there for {System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier}", File.ReadAllText(Path.Combine(_folder.Path, ".out", "sql.ipynb")), StringComparison.Ordinal);
    }

    private static void CheckDescription(ZipArchive package, string id)
    {
        using var stream = package.Entries.Single(e => e.FullName == id + ".nuspec").Open();
        var metadata = XDocument.Load(stream).Root!.Elements().First();
        string Value(string name) => metadata.Elements().SingleOrDefault(e => e.Name.LocalName == name)?.Value ?? "";
        Assert.Equal(id, Value("id"));
        Assert.Equal("MIT", Value("license"));
        Assert.Equal("README.md", Value("readme"));
        Assert.True(Value("description").Length > 40, $"{id}: description '{Value("description")}'");
        Assert.NotNull(package.GetEntry("README.md"));
    }

    private static IEnumerable<string> MachinePaths(ZipArchiveEntry assembly)
    {
        using var reader = new PEReader(new MemoryStream(Bytes(assembly)));
        return [.. reader.ReadDebugDirectory().Where(e => e.Type == DebugDirectoryEntryType.CodeView).Select(e => reader.ReadCodeViewDebugDirectoryData(e).Path).Where(p => p.Contains(StructureTests.RepositoryRoot.TrimEnd('/', '\\'), StringComparison.Ordinal))];
    }

    private static IEnumerable<string> SourcesOutside(ZipArchiveEntry symbols)
    {
        using var provider = MetadataReaderProvider.FromPortablePdbStream(new MemoryStream(Bytes(symbols)));
        var reader = provider.GetMetadataReader();
        string[] names = [.. reader.Documents.Select(d => reader.GetString(reader.GetDocument(d).Name))];
        Assert.NotEmpty(names);
        return names.Where(n => !n.StartsWith("/_/", StringComparison.Ordinal));
    }

    private static byte[] Bytes(ZipArchiveEntry entry)
    {
        using var stream = entry.Open();
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    private static string Host => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? (Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet");

    private Task<string> Dotnet(params string[] arguments) => Output(Host, arguments);

    private Task<string> Output(string program, params string[] arguments) => Run(0, program, arguments);

    private async Task<string> Run(int exitCode, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder.Path, RedirectStandardOutput = true, RedirectStandardError = true };
        // the installed command looks for the runtime there
        if (Path.IsPathRooted(Host)) start.Environment["DOTNET_ROOT"] = Path.GetDirectoryName(Host);
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == exitCode, $"{Path.GetFileName(program)} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await error} {await output}");
        return await output;
    }
}
