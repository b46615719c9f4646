using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Xml.Linq;
using RadLab.Compute;

namespace RadLab.Tests;

/// <summary>The rules of the layout that the compiler does not enforce.</summary>
public sealed class StructureTests
{
    // project -> the projects it may reference. Reading order is top to bottom; no arrow points down.
    private static readonly Dictionary<string, string[]> s_allowed = new()
    {
        ["RadLab.Compute"] = [],
        ["RadLab.Radiology"] = [],
        ["RadLab.Models"] = ["RadLab.Compute"],
        ["RadLab.Training"] = ["RadLab.Compute", "RadLab.Models", "RadLab.Radiology"],
        ["RadLab.Notebooks"] = ["RadLab.Compute", "RadLab.Models", "RadLab.Radiology", "RadLab.Training"],
        ["RadLab.Cli"] = ["RadLab.Compute", "RadLab.Models", "RadLab.Radiology", "RadLab.Training", "RadLab.Notebooks"],
    };

    private static readonly string[] s_topLevel = ["notebooks", "lib", "tests", "data-manifests", "environment", "RadLab.sln", "README.md", "LICENSE"];

    private static readonly string[] s_forbiddenPackages = ["TorchSharp", "Microsoft.DotNet.Interactive", "Microsoft.Data.Analysis", "Plotly.NET", "Microsoft.ML.Tokenizers"];

    private static readonly string[] s_forbiddenFolders = ["Utils", "Util", "Helpers", "Common", "Core", "Interfaces", "Abstractions"];

    private static readonly string s_root = Root();

    /// <summary>The folder of RadLab.sln.</summary>
    internal static string RepositoryRoot => s_root;

    private static readonly Lazy<string[]> s_files = new(Committed);

    [Fact]
    public void Projects_reference_only_what_the_layout_allows()
    {
        var projects = Files("lib/", ".csproj").ToList();
        Assert.Equal(s_allowed.Keys.Order(), projects.Select(Path.GetFileNameWithoutExtension).Order());
        foreach (string csproj in projects)
        {
            string project = Path.GetFileNameWithoutExtension(csproj);
            var used = References(csproj, "ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Replace('\\', '/')));
            None($"{project} must not reference", used.Except(s_allowed[project]));
        }
    }

    [Fact]
    public void Every_op_has_a_test_class_named_after_it()
    {
        var tests = typeof(StructureTests).Assembly.GetTypes().Select(t => t.Name).ToHashSet();
        var ops = typeof(Ops).GetMethods(BindingFlags.Public | BindingFlags.Static).Select(m => m.Name).Distinct().ToList();
        Assert.NotEmpty(ops);
        None("ops without a test class", ops.Where(op => !tests.Contains(op + "Tests")));
    }

    [Fact]
    public void No_project_uses_a_forbidden_package()
    {
        var named = Files("", ".csproj").SelectMany(f => References(f, "PackageReference"))
            .Concat(Files("", ".props").SelectMany(f => References(f, "PackageVersion"))).ToList();
        Assert.NotEmpty(named);
        None("forbidden packages", named.Where(p => s_forbiddenPackages.Any(f => p.Equals(f, StringComparison.OrdinalIgnoreCase) || p.StartsWith(f + ".", StringComparison.OrdinalIgnoreCase) || p.StartsWith(f + "-", StringComparison.OrdinalIgnoreCase))));
    }

    [Fact]
    public void Package_versions_stand_in_one_file_only()
    {
        var packages = Files("", ".csproj").SelectMany(f => XDocument.Load(Path.Combine(s_root, f)).Descendants("PackageReference").Where(r => r.Attribute("Version") is not null).Select(r => $"{f}: {r.Attribute("Include")?.Value}"));
        None("versions outside environment/Packages.props", packages);
    }

    [Fact]
    public void No_folder_has_a_name_that_says_nothing() =>
        None("folders", s_files.Value.SelectMany(f => f.Split('/')[..^1]).Distinct().Where(d => s_forbiddenFolders.Contains(d, StringComparer.OrdinalIgnoreCase)));

    [Fact]
    public void No_file_of_the_library_is_longer_than_400_lines() =>
        None("files over 400 lines", Files("lib/", ".cs").Concat(Files("lib/", ".cu")).Select(f => (f, n: File.ReadLines(Path.Combine(s_root, f)).Count())).Where(x => x.n > 400).Select(x => $"{x.f} ({x.n})"));

    [Fact]
    public void The_top_level_holds_only_what_belongs_there()
    {
        var entries = s_files.Value.Select(f => f.Split('/')[0]).Distinct();
        None("top-level entries", entries.Where(e => !e.StartsWith('.') && !s_topLevel.Contains(e)));
    }

    [Fact]
    public void No_committed_text_names_a_path_of_somebodys_machine()
    {
        // put together here, so that this file does not find itself
        string[] paths = [.. new[] { "work", "root" }.Select(d => "/" + d + "/")];
        var found = new List<string>();
        foreach (string file in s_files.Value)
        {
            byte[] bytes = File.ReadAllBytes(Path.Combine(s_root, file));
            if (bytes.AsSpan(0, Math.Min(bytes.Length, 8000)).Contains((byte)0)) continue;   // not text
            string text = Encoding.UTF8.GetString(bytes);
            foreach (string path in paths)
                for (int at = text.IndexOf(path, StringComparison.Ordinal); at >= 0; at = text.IndexOf(path, at + 1, StringComparison.Ordinal))
                    // a folder of that name inside another path is nobody's machine
                    if (at == 0 || !(char.IsLetterOrDigit(text[at - 1]) || text[at - 1] is '_' or '-' or '.' or '}' or ')'))
                        found.Add($"{file}: {text[at..Math.Min(text.Length, at + 30)].ReplaceLineEndings(" ")}");
        }
        None("paths", found);
    }

    [Fact]
    public void Every_source_file_has_a_file_scoped_namespace_and_no_region()
    {
        None("files with a region", Files("", ".cs").Where(f => File.ReadLines(Path.Combine(s_root, f)).Any(l => l.TrimStart().StartsWith('#' + "region", StringComparison.Ordinal))));
        None("files without a namespace line of their project", Files("lib/", ".cs").Where(f =>
            Path.GetFileName(f) is not ("Program.cs" or "GlobalUsings.cs" or "AssemblyInfo.cs")
            && !File.ReadLines(Path.Combine(s_root, f)).Any(l => l.StartsWith($"namespace {f.Split('/')[1]};", StringComparison.Ordinal))));
    }

    private static void None(string what, IEnumerable<string?> found)
    {
        string[] all = [.. found.Select(f => f ?? "")];
        Assert.True(all.Length == 0, $"{what}: {string.Join(", ", all)}");
    }

    private static IEnumerable<string> References(string file, string element) =>
        XDocument.Load(Path.Combine(s_root, file)).Descendants(element).Select(r => r.Attribute("Include")?.Value ?? "");

    private static IEnumerable<string> Files(string under, string extension) =>
        s_files.Value.Where(f => f.StartsWith(under, StringComparison.Ordinal) && f.EndsWith(extension, StringComparison.Ordinal));

    /// <summary>Files that git knows or would add, with / between folders; where git is missing, every file outside build output.</summary>
    private static string[] Committed()
    {
        try
        {
            using var git = Process.Start(new ProcessStartInfo("git", ["-c", "core.quotePath=false", "ls-files", "--cached", "--others", "--exclude-standard"]) { WorkingDirectory = s_root, RedirectStandardOutput = true, RedirectStandardError = true })!;
            var errors = git.StandardError.ReadToEndAsync();
            string[] files = [.. git.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(f => File.Exists(Path.Combine(s_root, f))).Distinct()];
            git.WaitForExit();
            _ = errors.Result;
            if (git.ExitCode == 0 && files.Length > 0) return files;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // no git on this machine: the folder itself is the list
        }
        return [.. Directory.EnumerateFiles(s_root, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(s_root, f).Replace('\\', '/'))
            .Where(f => !f.Split('/').Any(d => d is ".git" or ".artifacts" or "bin" or "obj" or ".out"))];
    }

    private static string Root([CallerFilePath] string here = "")
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "RadLab.sln"))) folder = Path.GetDirectoryName(folder);
        return folder ?? Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../.."));
    }
}
