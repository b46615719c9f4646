using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Text.Json;
using System.Xml.Linq;

namespace RadLab.Notebooks;

/// <summary>
/// <c>#r "nuget: Name, Version"</c>: restores with the .NET SDK into the user's ordinary package cache, all packages of the
/// session together so that they agree on versions, and shows what was installed.
/// </summary>
internal sealed class PackageRestore(string folder) : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, PackageRequest> _wanted = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _sources = [];
    private readonly List<string> _files = [];
    private readonly Dictionary<string, string> _native = new(StringComparer.OrdinalIgnoreCase);
    private bool _listening;

    /// <summary>The libraries of all packages so far: each language makes those known to its cells that it has not yet.</summary>
    public IReadOnlyList<string> Libraries => _files;

    /// <summary>Adds packages to those of the session.</summary>
    /// <exception cref="UnsupportedCellException">A package cannot be had; the message is NuGet's.</exception>
    public async Task RestoreAsync(IReadOnlyList<PackageRequest> packages, IReadOnlyList<string> sources, CancellationToken cancellation)
    {
        _sources.AddRange(sources.Except(_sources));
        var added = packages.Where(p => !_wanted.TryGetValue(p.Name, out var known) || p.Version is not null && p.Version != known.Version).ToList();
        if (added.Count == 0) return;
        var before = new Dictionary<string, PackageRequest>(_wanted, StringComparer.OrdinalIgnoreCase);
        foreach (var package in added)
        {
            if (_wanted.TryGetValue(package.Name, out var known) && _files.Count > 0)
                throw new UnsupportedCellException($"#r \"nuget: {package.Name}, {package.Version}\": version {known.Version ?? "(newest)"} is loaded already; restart the kernel to change it", package.Line);
            _wanted[package.Name] = package;
        }
        var shown = CellOutput.Current is null ? null : Cells.display(new RawContent("text/plain", $"Installing {string.Join(", ", added.Select(p => p.Name))} ..."));
        try
        {
            var restored = await RunAsync(added[0].Line, cancellation).ConfigureAwait(false);
            shown?.Update(new Installed([.. _wanted.Keys.Select(k => restored.Versions.First(v => v.Name.Equals(k, StringComparison.OrdinalIgnoreCase)))]));
            Listen(restored.Native);
            _files.AddRange(restored.Files.Except(_files, StringComparer.Ordinal).ToArray());
        }
        catch
        {
            // a package that cannot be had must not spoil the restores after it
            _wanted.Clear();
            foreach (var (name, package) in before) _wanted[name] = package;
            throw;
        }
    }

    public void Dispose()
    {
        if (_listening) AssemblyLoadContext.Default.ResolvingUnmanagedDll -= Resolve;
    }

    [TypeFormatterSource(typeof(InstalledFormatters), PreferredMimeTypes = ["text/html", "text/plain"])]
    private sealed record Installed(IReadOnlyList<(string Name, string Version)> Packages);

    private sealed class InstalledFormatters
    {
        public IEnumerable<object> CreateTypeFormatters() => [new ValueFormatter<Installed>("text/html", i => Table(i).ToHtml()), new ValueFormatter<Installed>("text/plain", i => Table(i).ToText())];

        private static HtmlTable Table(Installed i)
        {
            var rows = i.Packages.Select(p => new { package = p.Name, version = p.Version });
            return HtmlTable.OfRows(rows, new { package = "", version = "" }.GetType());
        }
    }

    private sealed record Restored(IReadOnlyList<(string Name, string Version)> Versions, IReadOnlyList<string> Files, IReadOnlyList<string> Native);

    private async Task<Restored> RunAsync(int line, CancellationToken cancellation)
    {
        string work = Directory.CreateTempSubdirectory("radlab-restore-").FullName;
        try
        {
            // empty files end the search for settings of folders above
            foreach (string name in new[] { "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props" }) await File.WriteAllTextAsync(Path.Combine(work, name), "<Project/>", cancellation).ConfigureAwait(false);
            string project = Path.Combine(work, "cell.csproj");
            await File.WriteAllTextAsync(project, Project(), cancellation).ConfigureAwait(false);
            string output = await RestoreAsync(project, line, cancellation).ConfigureAwait(false);
            string assets = Path.Combine(work, "obj", "project.assets.json");
            if (!File.Exists(assets)) throw new UnsupportedCellException($"the packages could not be restored: {Reason(output)}", line);
            return Read(await File.ReadAllBytesAsync(assets, cancellation).ConfigureAwait(false));
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private string Project()
    {
        var packages = _wanted.Values.Select(p => new XElement("PackageReference", new XAttribute("Include", p.Name), new XAttribute("Version", p.Version ?? "*")));
        return new XElement("Project", new XAttribute("Sdk", "Microsoft.NET.Sdk"),
            new XElement("PropertyGroup",
                new XElement("TargetFramework", $"net{Environment.Version.Major}.{Environment.Version.Minor}"),
                new XElement("RuntimeIdentifier", RuntimeInformation.RuntimeIdentifier), new XElement("SelfContained", "false"), new XElement("UseAppHost", "false"),
                new XElement("ManagePackageVersionsCentrally", "false"), new XElement("NuGetAudit", "false"), new XElement("RestoreAdditionalProjectSources", string.Join(';', _sources))),
            new XElement("ItemGroup", packages)).ToString();
    }

    private async Task<string> RestoreAsync(string project, int line, CancellationToken cancellation)
    {
        // in the notebook's folder, so that a nuget.config there counts
        var start = new ProcessStartInfo("dotnet", ["restore", project, "--nologo", "-v:q"]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        using var process = Start(start, line);
        using var watch = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        watch.CancelAfter(s_limit);
        try
        {
            var errors = process.StandardError.ReadToEndAsync(watch.Token);
            string output = await process.StandardOutput.ReadToEndAsync(watch.Token).ConfigureAwait(false) + await errors.ConfigureAwait(false);
            await process.WaitForExitAsync(watch.Token).ConfigureAwait(false);
            return process.ExitCode == 0 ? output : throw new UnsupportedCellException($"the packages could not be restored: {Reason(output)}", line);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellation.ThrowIfCancellationRequested();
            throw new UnsupportedCellException($"the packages could not be restored within {s_limit.TotalMinutes:0} minutes; is a package source out of reach?", line);
        }
    }

    private static Process Start(ProcessStartInfo start, int line)
    {
        try
        {
            return Process.Start(start) ?? throw new UnsupportedCellException("packages need the .NET SDK: the program dotnet did not start", line);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new UnsupportedCellException($"packages need the .NET SDK: the program dotnet did not start ({e.Message})", line);
        }
    }

    private static string Reason(string output)
    {
        string line = output.Split('\n').FirstOrDefault(l => l.Contains(": error ", StringComparison.Ordinal)) ?? output;
        int at = line.IndexOf(": error ", StringComparison.Ordinal);
        line = (at >= 0 ? line[(at + 8)..] : line).Trim();
        int project = line.LastIndexOf(" [", StringComparison.Ordinal);   // MSBuild's own project, which is ours and means nothing to the reader
        return project > 0 ? line[..project] : line;
    }

    private static Restored Read(byte[] assets)
    {
        using var json = JsonDocument.Parse(assets, new JsonDocumentOptions { MaxDepth = 32 });
        var root = json.RootElement;
        string[] caches = [.. root.GetProperty("packageFolders").EnumerateObject().Select(f => f.Name)];
        var target = root.GetProperty("targets").EnumerateObject().Last().Value;   // with the machine's own native files
        var (versions, files, native) = (new List<(string, string)>(), new List<string>(), new List<string>());
        foreach (var library in target.EnumerateObject())
        {
            if (library.Value.GetProperty("type").GetString() != "package") continue;
            string[] id = library.Name.Split('/');
            versions.Add((id[0], id[1]));
            string path = root.GetProperty("libraries").GetProperty(library.Name).GetProperty("path").GetString()!;
            files.AddRange(Files(library.Value, "runtime", path, caches).Where(f => f.EndsWith(".dll", StringComparison.OrdinalIgnoreCase)));
            native.AddRange(Files(library.Value, "native", path, caches));
        }
        return new Restored(versions, files, native);
    }

    private static IEnumerable<string> Files(JsonElement library, string kind, string path, string[] caches)
    {
        if (!library.TryGetProperty(kind, out var listed)) yield break;
        foreach (var file in listed.EnumerateObject())
        {
            if (file.Name.EndsWith("/_._", StringComparison.Ordinal)) continue;
            foreach (string cache in caches)
                if (Path.Combine(cache, path, file.Name) is var full && File.Exists(full))
                {
                    yield return full;
                    break;
                }
        }
    }

    private void Listen(IReadOnlyList<string> native)
    {
        foreach (string file in native) _native[Path.GetFileNameWithoutExtension(file)] = file;
        if (_listening || _native.Count == 0) return;
        AssemblyLoadContext.Default.ResolvingUnmanagedDll += Resolve;
        _listening = true;
    }

    private nint Resolve(Assembly assembly, string name)
    {
        string stem = Path.GetFileNameWithoutExtension(name);
        return _native.TryGetValue(stem, out string? file) || _native.TryGetValue("lib" + stem, out file) ? NativeLibrary.Load(file) : 0;
    }
}
